// s390's part of KVM.
#ifndef KVM_MODEL_ARCH_S390_ARCH_H_
#define KVM_MODEL_ARCH_S390_ARCH_H_

#include <cstdint>
#include <memory>
#include <span>

#include "arch/generic/generic_arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/structs.h"

namespace kvm_model {

class S390 final : public GenericArch {
 public:
  // traits.cc
  const ArchTraits& traits() const override;
  std::uint32_t UserMemSlots(const Revision& revision) const override;
  bool HasPreFaultMemory(const Revision& revision) const override;
  Result<> PreparePreFault(const Vm& vm, const Trail& trail) const override;
  std::uint64_t MaxVcpuIds(const Host& host) const override;
  std::uint64_t MaxVcpus(const Host& host, const VmType& type) const override;
  Result<> CheckDirtyLog(const Vm& vm, const Trail& trail) const override;

  // settings.cc
  std::span<const Setting> settings() const override;
  std::span<const HostRule> rules() const override;

  // facts.cc
  std::unique_ptr<const ArchFacts> MakeFacts(const HostDraft& host) const override;

  // vm_types.cc
  std::span<const VmType> named_vm_types() const override;
  Result<VmType> InitVm(const Host& host, const Privileges& privileges, std::uint64_t type,
                        const Trail& trail) const override;
  Result<> PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                               const Trail& trail) const override;

  // capabilities.cc
  CapabilityValue CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                 const Trail& trail) const override;

  // enable_cap.cc
  Result<std::int64_t> EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                 const Trail& trail) const override;
  Result<std::int64_t> EnableVcpuCap(Vcpu& vcpu, Caller& caller, const uapi::kvm_enable_cap& cap,
                                     const Trail& trail) const override;

  // content_modes.cc
  const ContentModeHooks& content_modes() const override;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_ARCH_S390_ARCH_H_
