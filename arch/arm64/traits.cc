#include <cstdint>

#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {

const ArchTraits& Arm64::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeVfio, uapi::kDevTypeArmVgicV2,
                                                   uapi::kDevTypeArmVgicV3,
                                                   uapi::kDevTypeArmVgicIts};
  static constexpr ArchTraits kTraits = {
      .name = "arm64",
      .ioctl_arch = uapi::IoctlArch::kArm64,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kEINVAL,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 48,
      .device_types = kDeviceTypes,
      .has_vcpu_enable_cap = false,
  };
  return kTraits;
}

std::uint64_t Arm64::MaxVcpus(const Host& host, const VmType&) const {
  return arm64::FactsOf(host).default_max_vcpus;
}

std::uint64_t Arm64::MaxVcpuIds(const Host&) const { return arm64::kVgicV3MaxCpus; }

std::uint64_t Arm64::DirtyLogManualCaps(const Host&, const Trail&) const {
  return uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet;
}

}  // namespace kvm_model
