#include "tools/backends/arguments.h"

#include <cstddef>
#include <cstdint>

#include "tools/backends/backend.h"
#include "tools/scenario/call_table.h"
#include "uapi/structs.h"

namespace kvm_model::scenario {
namespace {

using A = ArgumentId;

std::uint32_t Narrow(std::uint64_t number) { return static_cast<std::uint32_t>(number); }

}  // namespace

uapi::kvm_enable_cap EnableCapArgument(const CallRequest& request) {
  uapi::kvm_enable_cap argument{};
  argument.cap = Narrow(request[A::kCap]);
  argument.flags = Narrow(request[A::kFlags]);
  for (std::size_t i = 0; i < request.list.size() && i < kMaxListValues; ++i) {
    argument.args[i] = request.list[i];
  }
  return argument;
}

uapi::kvm_create_guest_memfd CreateGuestMemfdArgument(const CallRequest& request) {
  uapi::kvm_create_guest_memfd argument{};
  argument.size = request[A::kSize];
  argument.flags = request[A::kFlags];
  argument.reserved[0] = request[A::kReserved];
  return argument;
}

uapi::kvm_userspace_memory_region MemoryRegionArgument(const CallRequest& request) {
  uapi::kvm_userspace_memory_region argument{};
  argument.slot = Narrow(request[A::kSlot]);
  argument.flags = Narrow(request[A::kFlags]);
  argument.guest_phys_addr = request[A::kGpa];
  argument.memory_size = request[A::kSize];
  argument.userspace_addr = request[A::kHva];
  return argument;
}

uapi::kvm_userspace_memory_region2 MemoryRegion2Argument(const CallRequest& request) {
  const uapi::kvm_userspace_memory_region first = MemoryRegionArgument(request);
  uapi::kvm_userspace_memory_region2 argument{};
  argument.slot = first.slot;
  argument.flags = first.flags;
  argument.guest_phys_addr = first.guest_phys_addr;
  argument.memory_size = first.memory_size;
  argument.userspace_addr = first.userspace_addr;
  argument.guest_memfd = Narrow(request[A::kGuestMemfd]);
  argument.guest_memfd_offset = request[A::kOffset];
  return argument;
}

uapi::kvm_memory_attributes MemoryAttributesArgument(const CallRequest& request) {
  uapi::kvm_memory_attributes argument{};
  argument.address = request[A::kAddress];
  argument.size = request[A::kSize];
  argument.attributes = request[A::kAttributes];
  argument.flags = request[A::kFlags];
  return argument;
}

uapi::kvm_memory_attributes2 MemoryAttributes2Argument(const CallRequest& request) {
  uapi::kvm_memory_attributes2 argument{};
  argument.offset = request[A::kOffset];
  argument.size = request[A::kSize];
  argument.attributes = request[A::kAttributes];
  argument.flags = request[A::kFlags];
  argument.error_offset = request[A::kErrorOffset];
  argument.reserved[0] = request[A::kReserved];
  return argument;
}

uapi::kvm_pre_fault_memory PreFaultArgument(const CallRequest& request) {
  uapi::kvm_pre_fault_memory argument{};
  argument.gpa = request[A::kGpa];
  argument.size = request[A::kSize];
  argument.flags = request[A::kFlags];
  return argument;
}

uapi::kvm_dirty_log DirtyLogArgument(const CallRequest& request) {
  uapi::kvm_dirty_log argument{};
  argument.slot = Narrow(request[A::kSlot]);
  return argument;
}

uapi::kvm_clear_dirty_log ClearDirtyLogArgument(const CallRequest& request) {
  uapi::kvm_clear_dirty_log argument{};
  argument.slot = Narrow(request[A::kSlot]);
  argument.first_page = request[A::kFirst];
  argument.num_pages = Narrow(request[A::kPages]);
  return argument;
}

}  // namespace kvm_model::scenario
