#include <cstdint>

#include "arch/powerpc/arch.h"
#include "arch/powerpc/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

const ArchTraits& Powerpc::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeFslMpic20, uapi::kDevTypeFslMpic42,
                                                   uapi::kDevTypeXics, uapi::kDevTypeVfio,
                                                   uapi::kDevTypeXive};
  static constexpr ArchTraits kTraits = {
      .name = "powerpc",
      .ioctl_encoding = uapi::Encoding::kPowerpcMips,
      .vfs_numbering = uapi::VfsNumbering::kPowerpc,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kEINVAL,
      .user_address_end = std::uint64_t{1} << 52,
      .has_readonly_mem = false,
      .device_types = kDeviceTypes,
  };
  return kTraits;
}

std::uint64_t Powerpc::MaxVcpus(const Host& host, const VmType&) const {
  return powerpc::FactsOf(host).nr_cpus;
}

// Where HV is possible, ids are spread over the threads of each core.
std::uint64_t Powerpc::MaxVcpuIds(const Host& host) const {
  const powerpc::Facts& facts = powerpc::FactsOf(host);
  return facts.nr_cpus * (facts.book3s_hv_possible ? powerpc::kMaxSmtThreads : 1);
}

// The Book E code keeps no dirty log.
Result<> Powerpc::CheckDirtyLog(const Vm& vm, const Trail& trail) const {
  if (trail.If("CONFIG_KVM_E500V2 or CONFIG_KVM_E500MC", powerpc::FactsOf(vm.host()).e500))
    return trail.Fail(uapi::Errno::kEOPNOTSUPP);
  return {};
}

}  // namespace kvm_model
