#include "kvm_model/vm_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "kvm_model/allocations.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/capability.h"
#include "kvm_model/dirty_log.h"
#include "kvm_model/enable_cap.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/memory_region.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/unhandled_ioctl.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

Result<std::int64_t> ZeroOr(const Result<>& result, const Trail& trail) {
  if (!result) return Failure(result.error());
  return trail.Answer(0);
}

}  // namespace

Result<std::int64_t> VmFile::Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) {
  const Trail trail = caller.trail.In("kvm_vm_ioctl");
  const Host& host = vm_->host();
  const ArchTraits& traits = host.arch().traits();
  if (trail.If("the caller's mm is not the VM's", !vm_->BelongsTo(caller.mm)))
    return trail.Fail(Errno::kEIO);
  const std::optional<uapi::IoctlId> id = uapi::FindIoctl(request, traits.ioctl_encoding);
  if (!id.has_value()) {
    return UnhandledIoctl(id, uapi::FdKind::kVm, traits, traits.unknown_vm_ioctl, trail);
  }
  switch (*id) {
    case uapi::Ioctl("KVM_CREATE_VCPU"):
      return CreateVcpu(caller, arg, trail);
    case uapi::Ioctl("KVM_ENABLE_CAP"):
      return EnableCapability(caller, arg, trail);
    case uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"):
      return SetRegion2(caller, arg, trail);
    case uapi::Ioctl("KVM_SET_USER_MEMORY_REGION"):
      return SetRegion(caller, arg, trail);
    case uapi::Ioctl("KVM_GET_DIRTY_LOG"):
      return ReadDirtyLog(caller, arg, trail);
    case uapi::Ioctl("KVM_CLEAR_DIRTY_LOG"):
      return CleanDirtyLog(caller, arg, trail);
    case uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"):
      if (!trail.If("the revision has it on a VM",
                    host.revision().memory_attributes2_cap.has_value()))
        return trail.Fail(traits.unknown_vm_ioctl);
      return SetAttributes(caller, arg, sizeof(uapi::kvm_memory_attributes2), trail);
    case uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"):
      return SetAttributes(caller, arg, sizeof(uapi::kvm_memory_attributes), trail);
    case uapi::Ioctl("KVM_CHECK_EXTENSION"):
      return CheckExtension(host, vm_.get(), static_cast<std::int64_t>(arg), trail);
    case uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"):
      return CreateGuestMemfd(caller, arg, trail);
    case uapi::Ioctl("KVM_CREATE_DEVICE"):
      return CreateDevice(caller, arg, trail);
    default:
      break;
  }
  const IoctlAnswer answer =
      host.arch().VmIoctl(*vm_, caller, *id, arg, trail.In("kvm_arch_vm_ioctl"));
  if (answer.has_value()) return *answer;
  return UnhandledIoctl(id, uapi::FdKind::kVm, traits, traits.unknown_vm_ioctl, trail);
}

Result<std::int64_t> VmFile::CreateVcpu(Caller& caller, std::uint64_t id, const Trail& outer) {
  const Trail trail = outer.In("kvm_vm_ioctl_create_vcpu");
  const Host& host = vm_->host();
  if (trail.If("id >= KVM_MAX_VCPU_IDS", id >= host.arch().MaxVcpuIds(host), {{"id", id}}))
    return trail.Fail(Errno::kEINVAL);
  MutexLock lock(vm_->state_lock());
  VmState& state = vm_->state();
  if (trail.If("created_vcpus >= max_vcpus", state.vcpu_ids.size() >= vm_->max_vcpus(),
               {{"created_vcpus", state.vcpu_ids.size()}, {"max_vcpus", vm_->max_vcpus()}}))
    return trail.Fail(Errno::kEINVAL);
  const Result<> allowed = host.arch().PrecreateVcpu(*vm_, id, trail.In("kvm_arch_vcpu_precreate"));
  if (!allowed) return Failure(allowed.error());
  Kernel& kernel = vm_->kernel();
  if (const Result<> allocated = AllocateEach(
          kernel,
          {{"memory for the vCPU is short"},
           {"memory for its run structure is short"},
           {"memory for its dirty ring is short", vm_->dirty_logging().ring_bytes.load() != 0}},
          trail);
      !allocated) {
    return Failure(allocated.error());
  }
  if (trail.If("a vCPU has that id", state.vcpu_ids.contains(id)))
    return trail.Fail(Errno::kEEXIST);
  if (trail.If("memory in the VM's array of vCPUs is short", !kernel.allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  Result<FdTable::Reservation> fd = caller.fds.Reserve(/*close_on_exec=*/true);
  if (trail.If("no free descriptor", !fd)) return trail.Fail(fd.error());
  if (trail.If("memory for the file is short", !kernel.allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  auto vcpu = std::make_shared<Vcpu>(vm_, id);
  state.vcpu_ids.insert(id);
  return trail.Answer(std::move(*fd).Install(std::move(vcpu)));
}

Result<std::int64_t> VmFile::EnableCapability(Caller& caller, std::uint64_t arg,
                                              const Trail& trail) {
  const Result<uapi::kvm_enable_cap> cap = caller.mm.CopyFromUser<uapi::kvm_enable_cap>(arg);
  if (trail.If("the argument can't be read", !cap)) return trail.Fail(cap.error());
  return EnableCap(*vm_, caller, *cap, trail);
}

// The argument is written back, with the descriptor where one was made.
Result<std::int64_t> VmFile::CreateDevice(Caller& caller, std::uint64_t arg, const Trail& outer) {
  Result<uapi::kvm_create_device> args = caller.mm.CopyFromUser<uapi::kvm_create_device>(arg);
  if (outer.If("the argument can't be read", !args)) return outer.Fail(args.error());
  const Trail trail = outer.In("kvm_ioctl_create_device");
  const bool test =
      trail.If("flags & KVM_CREATE_DEVICE_TEST", (args->flags & uapi::kCreateDeviceTest) != 0);
  const Arch& arch = vm_->host().arch();
  if (!trail.If("the type is one of the architecture's",
                std::ranges::find(arch.traits().device_types, args->type) !=
                    arch.traits().device_types.end(),
                {{"type", args->type}}))
    return trail.Fail(Errno::kENODEV);
  Result<std::shared_ptr<File>> device = arch.CreateDevice(vm_, args->type, test, trail);
  if (!device) return Failure(device.error());
  if (!test) {
    Result<FdTable::Reservation> fd = caller.fds.Reserve(/*close_on_exec=*/true);
    if (trail.If("no free descriptor", !fd)) return trail.Fail(fd.error());
    if (trail.If("memory for the file is short", !vm_->kernel().allocations().Allocate()))
      return trail.Fail(Errno::kENOMEM);
    args->fd = static_cast<std::uint32_t>(std::move(*fd).Install(*std::move(device)));
  }
  if (outer.If("the argument can't be written", !caller.mm.CopyToUser(arg, *args)))
    return outer.Fail(Errno::kEFAULT);
  return outer.Answer(0);
}

Result<std::int64_t> VmFile::SetRegion2(Caller& caller, std::uint64_t arg, const Trail& trail) {
  const auto region = caller.mm.CopyFromUser<uapi::kvm_userspace_memory_region2>(arg);
  if (trail.If("the argument can't be read", !region)) return trail.Fail(region.error());
  return ZeroOr(SetUserMemoryRegion(*vm_, *region, caller.fds, trail), trail);
}

Result<std::int64_t> VmFile::SetRegion(Caller& caller, std::uint64_t arg, const Trail& trail) {
  const auto region = caller.mm.CopyFromUser<uapi::kvm_userspace_memory_region>(arg);
  if (trail.If("the argument can't be read", !region)) return trail.Fail(region.error());
  const std::uint32_t first_form = uapi::kMemLogDirtyPages | uapi::kMemReadonly;
  if (trail.If("flags & ~(LOG_DIRTY_PAGES|READONLY)", (region->flags & ~first_form) != 0,
               {{"flags", region->flags}}))
    return trail.Fail(Errno::kEINVAL);
  uapi::kvm_userspace_memory_region2 second_form{};
  second_form.slot = region->slot;
  second_form.flags = region->flags;
  second_form.guest_phys_addr = region->guest_phys_addr;
  second_form.memory_size = region->memory_size;
  second_form.userspace_addr = region->userspace_addr;
  return ZeroOr(SetUserMemoryRegion(*vm_, second_form, caller.fds, trail), trail);
}

Result<std::int64_t> VmFile::ReadDirtyLog(Caller& caller, std::uint64_t arg, const Trail& trail) {
  const auto log = caller.mm.CopyFromUser<uapi::kvm_dirty_log>(arg);
  if (trail.If("the argument can't be read", !log)) return trail.Fail(log.error());
  return ZeroOr(GetDirtyLog(*vm_, caller.mm, *log, trail), trail);
}

Result<std::int64_t> VmFile::CleanDirtyLog(Caller& caller, std::uint64_t arg, const Trail& trail) {
  const Host& host = vm_->host();
  if (!trail.If("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT", host.facts().dirtylog_read_protect))
    return trail.Fail(host.arch().traits().unknown_vm_ioctl);
  const auto log = caller.mm.CopyFromUser<uapi::kvm_clear_dirty_log>(arg);
  if (trail.If("the argument can't be read", !log)) return trail.Fail(log.error());
  return ZeroOr(ClearDirtyLog(*vm_, caller.mm, *log, trail), trail);
}

Result<std::int64_t> VmFile::SetAttributes(Caller& caller, std::uint64_t arg, std::size_t bytes,
                                           const Trail& trail) {
  const Host& host = vm_->host();
  if (!trail.If(host.revision().vm_attributes_symbol, host.facts().vm_memory_attributes_config))
    return trail.Fail(host.arch().traits().unknown_vm_ioctl);
  if (host.revision().vm_ioctl_follows_the_switch && InPlaceConversion(host, trail))
    return trail.Fail(Errno::kENOTTY);
  // The first form fills the head of the second, whose first 32 bytes are the same; the rest is
  // zero.
  uapi::kvm_memory_attributes2 args{};
  const std::span<std::byte> head = std::as_writable_bytes(std::span(&args, 1)).first(bytes);
  if (trail.If("the argument can't be read", !caller.mm.CopyFromUser(arg, head)))
    return trail.Fail(Errno::kEFAULT);
  return ZeroOr(SetVmMemoryAttributes(*vm_, args, trail), trail);
}

Result<std::int64_t> VmFile::CreateGuestMemfd(Caller& caller, std::uint64_t arg,
                                              const Trail& trail) {
  const Host& host = vm_->host();
  if (!trail.If(host.revision().guest_memfd_symbol, host.facts().guest_memfd))
    return trail.Fail(host.arch().traits().unknown_vm_ioctl);
  const auto args = caller.mm.CopyFromUser<uapi::kvm_create_guest_memfd>(arg);
  if (trail.If("the argument can't be read", !args)) return trail.Fail(args.error());
  if (const Result<> checked = GuestMemfd::CheckCreate(*vm_, *args, trail); !checked) {
    return Failure(checked.error());
  }
  Result<FdTable::Reservation> fd = caller.fds.Reserve();
  if (trail.If("no free descriptor", !fd)) return trail.Fail(fd.error());
  Result<std::shared_ptr<GuestMemfd>> file = GuestMemfd::Create(vm_, *args, trail);
  if (!file) return Failure(file.error());
  return trail.Answer(std::move(*fd).Install(*std::move(file)));
}

}  // namespace kvm_model
