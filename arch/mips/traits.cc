#include <cstdint>

#include "arch/mips/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/vm_type.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

const ArchTraits& Mips::traits() const {
  static constexpr ArchTraits kTraits = {
      .name = "mips",
      .ioctl_encoding = uapi::Encoding::kPowerpcMips,
      .vfs_numbering = uapi::VfsNumbering::kMips,
      .unknown_device_ioctl = uapi::Errno::kENOTTY,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kENOTTY,
      // With CONFIG_MIPS_VA_BITS_48.
      .user_address_end = std::uint64_t{1} << 48,
  };
  return kTraits;
}

std::uint64_t Mips::MaxVcpus(const Host&, const VmType&) const { return 16; }

std::uint64_t Mips::MaxVcpuIds(const Host& host) const { return MaxVcpus(host, VmType{}); }

}  // namespace kvm_model
