// /dev/kvm, and what a VM answers to ioctls that it doesn't have.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/program.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

// _IO(type, nr).
constexpr std::uint32_t Io(std::uint8_t type, std::uint8_t nr) {
  return uapi::Encode(uapi::Direction::kNone, type, nr, 0, uapi::Encoding::kGeneric);
}
constexpr std::uint32_t kUnknown = Io(uapi::kKvmio, 0xff);
constexpr std::uint32_t kOtherType = Io(0x12, 0x01);

ProgramRow OnDevice(std::string_view name, std::uint32_t request, std::uint64_t arg) {
  return {std::string(name),
          [=](Program& p) { return Printed(p.task().Ioctl(p.machine.kvm(), request, arg)); }};
}

ProgramRow OnVm(std::string_view name, std::uint32_t request, std::uint64_t arg) {
  return {std::string(name),
          [=](Program& p) { return Printed(p.task().Ioctl(p.vm, request, arg)); }};
}

}  // namespace

std::vector<ProgramRow> DeviceRows() {
  using uapi::RequestOf;
  std::vector<ProgramRow> rows = {
      OnDevice("GET_API_VERSION(0)", RequestOf("KVM_GET_API_VERSION"), 0),
      OnDevice("GET_API_VERSION(1)", RequestOf("KVM_GET_API_VERSION"), 1),
      OnDevice("GET_VCPU_MMAP_SIZE(1)", RequestOf("KVM_GET_VCPU_MMAP_SIZE"), 1),
      OnDevice("dev unknown ioctl 0xAEFF", kUnknown, 0),
      OnDevice("dev ioctl other type", kOtherType, 0),
      OnDevice("dev KVM_CREATE_VCPU", RequestOf("KVM_CREATE_VCPU"), 0),
      OnDevice("dev KVM_ENABLE_CAP", RequestOf("KVM_ENABLE_CAP"), 0),
      OnDevice("CHECK_EXT(-1)", RequestOf("KVM_CHECK_EXTENSION"), ~std::uint64_t{0}),
      OnDevice("CHECK_EXT(1<<32)", RequestOf("KVM_CHECK_EXTENSION"), std::uint64_t{1} << 32),
      OnDevice("CHECK_EXT(248)", RequestOf("KVM_CHECK_EXTENSION"), 248),
  };
  for (const std::uint64_t type : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 32u}) {
    rows.push_back(
        OnDevice("CREATE_VM(" + std::to_string(type) + ")", RequestOf("KVM_CREATE_VM"), type));
  }
  rows.push_back(OnDevice("CREATE_VM(1<<32)", RequestOf("KVM_CREATE_VM"), std::uint64_t{1} << 32));
  rows.push_back(OnVm("vm unknown ioctl", kUnknown, 0));
  rows.push_back(OnVm("vm other type ioctl", kOtherType, 0));
  rows.push_back(OnVm("vm KVM_GET_API_VERSION", RequestOf("KVM_GET_API_VERSION"), 0));
  rows.push_back(OnVm("vm KVM_RUN", RequestOf("KVM_RUN"), 0));
  rows.push_back({"SET_MEMORY_ATTRIBUTES", [](Program& p) {
                    uapi::kvm_memory_attributes args{};
                    args.size = Program::kPage;
                    args.attributes = uapi::kMemoryAttributePrivate;
                    return Printed(
                        p.task().Ioctl(p.vm, RequestOf("KVM_SET_MEMORY_ATTRIBUTES"), &args));
                  }});
  rows.push_back(OnVm("SET_MEMORY_ATTRIBUTES bad ptr", RequestOf("KVM_SET_MEMORY_ATTRIBUTES"),
                      Program::kBadPointer));
  return rows;
}

}  // namespace kvm_model
