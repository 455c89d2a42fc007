#include <cstdint>

#include "arch/riscv/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {

const ArchTraits& Riscv::traits() const {
  static constexpr ArchTraits kTraits = {
      .name = "riscv",
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kEINVAL,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 47,
  };
  return kTraits;
}

std::uint64_t Riscv::MaxVcpus(const Host&) const { return 1024; }

std::uint64_t Riscv::MaxVcpuIds(const Host& host) const { return MaxVcpus(host); }

std::uint64_t Riscv::DirtyLogManualCaps(const Host& host) const {
  const std::uint64_t initially_set =
      host.revision().riscv_dirty_log_initially_set ? uapi::kDirtyLogInitiallySet : 0;
  return uapi::kDirtyLogManualProtectEnable | initially_set;
}

}  // namespace kvm_model
