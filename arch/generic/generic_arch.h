// GenericArch: the weak defaults behind every architecture's hooks.
//
// A concrete architecture overrides what it decides itself; what it leaves is what the kernel's
// __weak functions answer.
#ifndef KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_
#define KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/structs.h"

namespace kvm_model {

class GenericArch : public Arch {
 public:
  // One address space, the manual dirty log without INITIALLY_SET, and no hardware that logs.
  int MaxAddressSpaces(const Host& host) const override;
  int AddressSpaces(const Host& host, const VmType& type) const override;
  std::uint64_t DirtyLogManualCaps(const Host& host) const override;
  std::uint32_t CpuDirtyLogSize(const Host& host) const override;

  // No capability of the architecture's own can be enabled on a VM: EINVAL.
  Result<std::int64_t> EnableCap(Vm& vm, const uapi::kvm_enable_cap& cap,
                                 const Trail& trail) const override;

  // kvm_arch_supports_gmem_init_shared(): always.
  bool SupportsGmemInitShared(const Host& host, const VmType& type,
                              const Trail& trail) const override;

  // Every region is fine.
  Result<> PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                               const Trail& trail) const override;
  bool CanPreFault(const Host& host) const override;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_
