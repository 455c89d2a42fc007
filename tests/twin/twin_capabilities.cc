// The capabilities that say what memory can do.
#include <cstdint>
#include <memory>

#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

constexpr std::uint64_t kCapMemoryAttributes = 233;
constexpr std::uint64_t kCapGuestMemfd = 234;
constexpr std::uint64_t kCapGuestMemfdFlags = 244;
// These numbers mean something else in each revision, or nothing.
constexpr std::uint64_t kFirstDisputed = 248;
constexpr std::uint64_t kLastDisputed = 252;

constexpr std::uint64_t kBothModes =
    uapi::kSetMemoryAttributes2Zero | uapi::kSetMemoryAttributes2Preserve;

}  // namespace

bool Twin::HasCapability(std::uint64_t cap) {
  return cap == kCapMemoryAttributes || cap == kCapGuestMemfd || cap == kCapGuestMemfdFlags ||
         (cap >= kFirstDisputed && cap <= kLastDisputed);
}

// /dev/kvm answers for all VMs that there can be, a VM for itself.
Result<std::uint64_t> Twin::CheckExtension(ProcessId process, int fd, std::uint64_t cap) const {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto its_vm = std::dynamic_pointer_cast<VmFile>(*file);
  const bool is_device = std::dynamic_pointer_cast<Device>(*file) != nullptr;
  const bool is_own_vm = its_vm != nullptr && its_vm->vm->owner == process;
  if (!is_device && !is_own_vm) return Failure(UnknownIoctl(process, **file));
  const Vm* vm = its_vm != nullptr ? its_vm->vm.get() : nullptr;
  const Rules& rules = host_.rules;
  if (!HasCapability(cap)) return Failure(kENOSYS);
  if (cap == kCapGuestMemfd) {
    const bool needs_private = rules.files_are_private && vm != nullptr;
    return needs_private && !vm->has_private_memory() ? 0 : 1;
  }
  if (cap == kCapGuestMemfdFlags) return FileFlags(vm);
  if (cap == kCapMemoryAttributes || cap == rules.cap_attributes2) {
    return host_.tracked_in_vms() ? SupportedAttributes(vm) : 0;
  }
  if (cap == rules.cap_file_attributes) {
    return host_.tracked_in_files() ? SupportedAttributes(vm) : 0;
  }
  if (cap == rules.cap_content_modes) {
    if (!host_.tracked_in_files()) return 0;
    return vm != nullptr ? vm->content_modes() : kBothModes;
  }
  if (cap == rules.cap_pmu_strict && host_.arch.has_pmu_caps) return Failure(kENOSYS);
  return 0;
}

}  // namespace kvm_model::twin
