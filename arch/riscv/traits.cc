#include <cstdint>

#include "arch/riscv/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {

const ArchTraits& Riscv::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeVfio, uapi::kDevTypeRiscvAia};
  static constexpr ArchTraits kTraits = {
      .name = "riscv",
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kEINVAL,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 47,
      .device_types = kDeviceTypes,
      .has_vcpu_enable_cap = false,
  };
  return kTraits;
}

std::uint64_t Riscv::MaxVcpus(const Host&, const VmType&) const { return 1024; }

std::uint64_t Riscv::MaxVcpuIds(const Host& host) const { return MaxVcpus(host, VmType{}); }

std::uint64_t Riscv::DirtyLogManualCaps(const Host& host, const Trail& trail) const {
  trail.Note(Certainty::kInferred, "INITIALLY_SET since 6.19, from memory of the change");
  const std::uint64_t initially_set =
      host.revision().riscv_dirty_log_initially_set ? uapi::kDirtyLogInitiallySet : 0;
  return uapi::kDirtyLogManualProtectEnable | initially_set;
}

}  // namespace kvm_model
