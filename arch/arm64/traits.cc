#include <cstdint>

#include "arch/arm64/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {

const ArchTraits& Arm64::traits() const {
  static constexpr ArchTraits kTraits = {
      .name = "arm64",
      .ioctl_arch = uapi::IoctlArch::kArm64,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kEINVAL,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 48,
  };
  return kTraits;
}

// The most that a GICv3 serves; without a GIC the same.
std::uint64_t Arm64::MaxVcpus(const Host&) const { return 512; }

std::uint64_t Arm64::MaxVcpuIds(const Host& host) const { return MaxVcpus(host); }

std::uint64_t Arm64::DirtyLogManualCaps(const Host&) const {
  return uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet;
}

}  // namespace kvm_model
