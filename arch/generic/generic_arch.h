// GenericArch: the weak defaults behind every architecture's hooks.
//
// A concrete architecture overrides what it decides itself; what it leaves is what the kernel's
// __weak functions answer.
#ifndef KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_
#define KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_

#include <cstdint>
#include <memory>

#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {

class GenericArch : public Arch {
 public:
  // KVM keeps no memslot to itself.
  std::uint32_t UserMemSlots(const Revision& revision) const override;
  // One address space, the manual dirty log without INITIALLY_SET, and no hardware that logs.
  int MaxAddressSpaces(const Host& host) const override;
  int AddressSpaces(const Host& host, const VmType& type) const override;
  std::uint64_t DirtyLogManualCaps(const Host& host, const Trail& trail) const override;
  std::uint32_t CpuDirtyLogSize(const Host& host) const override;
  Result<> CheckDirtyLog(const Vm& vm, const Trail& trail) const override;

  // Nothing is looked up.
  std::unique_ptr<const ArchFacts> MakeFacts(const HostDraft& host) const override;

  // Nothing is kept for a VM, and every vCPU id in the range will do.
  std::unique_ptr<ArchVm> MakeVm(const Host& host, const VmType& type) const override;
  Result<> PrecreateVcpu(Vm& vm, std::uint64_t id, const Trail& trail) const override;

  // No capability of the architecture's own can be enabled, on a VM or on a vCPU: EINVAL.
  Result<std::int64_t> EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                 const Trail& trail) const override;
  Result<std::int64_t> EnableVcpuCap(Vcpu& vcpu, Caller& caller, const uapi::kvm_enable_cap& cap,
                                     const Trail& trail) const override;

  // No ioctl of the architecture's own; devices are not modelled (ENOSYS).
  IoctlAnswer VmIoctl(Vm& vm, Caller& caller, uapi::IoctlId id, std::uint64_t arg,
                      const Trail& trail) const override;
  Result<std::shared_ptr<File>> CreateDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                             bool test, const Trail& trail) const override;

  // kvm_arch_supports_gmem_init_shared(): always.
  bool SupportsGmemInitShared(const Host& host, const VmType& type,
                              const Trail& trail) const override;

  // Every region is fine.
  Result<> PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                               const Trail& trail) const override;
  // There is none.
  bool HasPreFaultMemory(const Revision& revision) const override;
  Result<> PreparePreFault(const Vm& vm, const Trail& trail) const override;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_ARCH_GENERIC_GENERIC_ARCH_H_
