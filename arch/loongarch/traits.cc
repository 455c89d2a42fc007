#include <cstdint>

#include "arch/loongarch/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {

const ArchTraits& Loongarch::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeVfio, uapi::kDevTypeLoongarchIpi,
                                                   uapi::kDevTypeLoongarchEiointc,
                                                   uapi::kDevTypeLoongarchPchpic};
  static constexpr ArchTraits kTraits = {
      .name = "loongarch",
      .unknown_device_ioctl = uapi::Errno::kENOTTY,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kENOTTY,
      .user_address_end = std::uint64_t{1} << 47,
      .device_types = kDeviceTypes,
  };
  return kTraits;
}

std::uint64_t Loongarch::MaxVcpus(const Host&, const VmType&) const { return 256; }

std::uint64_t Loongarch::MaxVcpuIds(const Host& host) const { return MaxVcpus(host, VmType{}); }

std::uint64_t Loongarch::DirtyLogManualCaps(const Host&, const Trail&) const {
  return uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet;
}

}  // namespace kvm_model
