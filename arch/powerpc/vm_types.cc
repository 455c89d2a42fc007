#include <cstdint>
#include <memory>
#include <span>

#include "arch/powerpc/arch.h"
#include "arch/powerpc/facts.h"
#include "arch/powerpc/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = 0, .name = "DEFAULT"},
    {.number = uapi::kVmPpcHv, .name = "HV"},
    {.number = uapi::kVmPpcPr, .name = "PR"},
};

}  // namespace

std::span<const VmType> Powerpc::named_vm_types() const { return kVmTypes; }

// Type 0 takes the HV module when it is loaded, and what makes VMs in problem state otherwise.
Result<VmType> Powerpc::InitVm(const Host& host, const Privileges&, std::uint64_t type,
                               const Trail& trail) const {
  const bool hv = powerpc::FactsOf(host).hv_ops;
  const bool pr = powerpc::FactsOf(host).pr_ops;
  if (trail.If("type > KVM_VM_PPC_PR", type > uapi::kVmPpcPr, {{"type", type}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  const bool served = type == uapi::kVmPpcHv ? hv : type == uapi::kVmPpcPr ? pr : hv || pr;
  if (!trail.If("kvmppc_hv_ops or kvmppc_pr_ops serves the type", served, {{"hv", hv}, {"pr", pr}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return kVmTypes[type];
}

// kvmppc_core_init_vm(): only the HV module fills in how many threads a virtual core has.
std::unique_ptr<ArchVm> Powerpc::MakeVm(const Host& host, const VmType& type) const {
  const powerpc::Facts& facts = powerpc::FactsOf(host);
  const bool hv = type.number == uapi::kVmPpcHv || (type.number == 0 && facts.hv_ops);
  powerpc::SmtMode smt;
  if (hv) smt = {.mode = facts.arch_300 ? 1 : facts.threads_per_subcore, .emulated = 1};
  return std::make_unique<powerpc::VmState>(hv, smt);
}

}  // namespace kvm_model
