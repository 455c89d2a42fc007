#include <cstdint>

#include "arch/powerpc/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

const ArchTraits& Powerpc::traits() const {
  static constexpr ArchTraits kTraits = {
      .name = "powerpc",
      .ioctl_encoding = uapi::Encoding::kPowerpcMips,
      .vfs_numbering = uapi::VfsNumbering::kPowerpc,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 52,
      .has_readonly_mem = false,
  };
  return kTraits;
}

std::uint64_t Powerpc::MaxVcpus(const Host& host) const {
  return static_cast<std::uint64_t>(host["CONFIG_NR_CPUS"]);
}

// With HV, ids are spread over the threads of each core: 8 at most.
std::uint64_t Powerpc::MaxVcpuIds(const Host& host) const {
  return MaxVcpus(host) * (host["CONFIG_KVM_BOOK3S_64_HV"] != 0 ? 8 : 1);
}

}  // namespace kvm_model
