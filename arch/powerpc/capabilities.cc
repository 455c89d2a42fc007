// kvm_vm_ioctl_check_extension() of powerpc (linux-7.0).
#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/powerpc/arch.h"
#include "arch/powerpc/facts.h"
#include "arch/powerpc/hv_ops.h"
#include "arch/powerpc/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"

namespace kvm_model {
namespace {

using powerpc::Facts;
using powerpc::FactsOf;
using powerpc::SmtMode;
using powerpc::StateOf;
using uapi::Cap;

// Any of 1, 2, 4 and 8 threads: a bit for each.
constexpr std::int64_t kAnySmtMode = 15;

// hv_enabled: on /dev/kvm whether VMs are made under the hypervisor mode, on a VM whether it was.
bool HvEnabled(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (vm == nullptr) return trail.If("kvmppc_hv_ops", facts.hv_ops);
  return trail.If("is_kvmppc_hv_enabled(kvm)", StateOf(*vm).hv());
}

bool HvPossible(const Facts& facts, const Trail& trail) {
  return trail.If("CONFIG_KVM_BOOK3S_HV_POSSIBLE", facts.book3s_hv_possible);
}

bool Book3s64(const Facts& facts, const Trail& trail) {
  return trail.If("CONFIG_PPC_BOOK3S_64", facts.book3s_64);
}

bool Arch300(const Facts& facts, const Trail& trail) {
  return trail.If("cpu_has_feature(CPU_FTR_ARCH_300)", facts.arch_300);
}

bool HasXive(const Facts& facts, const Trail& trail) {
  return Book3s64(facts, trail) && trail.If("CONFIG_KVM_XIVE", facts.xive) &&
         trail.If("xive_enabled()", facts.xive_enabled) &&
         trail.If("cpu_has_feature(CPU_FTR_HVMODE)", facts.hvmode) &&
         trail.If("kvmppc_xive_native_supported()", facts.xive_native_supported);
}

std::int64_t Smt(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (!HvPossible(facts, trail)) return 0;
  if (vm != nullptr) {
    trail.Note(Certainty::kInferred, "what a new VM starts with and KVM_CAP_PPC_SMT sets");
    const SmtMode smt = StateOf(*vm).smt();
    if (trail.If("kvm->arch.emul_smt_mode > 1", smt.emulated > 1))
      return trail.Number("kvm->arch.emul_smt_mode", smt.emulated);
    return trail.Number("kvm->arch.smt_mode", smt.mode);
  }
  if (!HvEnabled(facts, vm, trail)) return 0;
  if (Arch300(facts, trail)) return 1;
  return trail.Number("threads_per_subcore", facts.threads_per_subcore);
}

std::int64_t SmtPossible(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (!HvPossible(facts, trail)) return 0;
  if (!HvEnabled(facts, vm, trail)) return 1;
  if (Arch300(facts, trail)) return kAnySmtMode;
  return 2 * trail.Number("threads_per_subcore", facts.threads_per_subcore) - 1;
}

std::int64_t RecommendedVcpus(const Host& host, const Vm* vm, const Trail& trail) {
  const Facts& facts = FactsOf(host);
  if (!HvEnabled(facts, vm, trail)) return generic::OnlineCpusUpTo(host, facts.nr_cpus, trail);
  const auto present =
      trail.Number("num_present_cpus()", static_cast<std::int64_t>(facts.present_cpus));
  return std::min(present, trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(facts.nr_cpus)));
}

bool HasTransactionalMemory(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (!trail.If("CONFIG_PPC_TRANSACTIONAL_MEM", facts.transactional_memory)) return false;
  if (trail.If("cur_cpu_spec->cpu_user_features2 & PPC_FEATURE2_HTM", facts.htm)) return true;
  return HvEnabled(facts, vm, trail) &&
         trail.If("cpu_has_feature(CPU_FTR_P9_TM_HV_ASSIST)", facts.p9_tm_hv_assist);
}

// Interrupts of guests with address translation on.
bool HasAilMode3(const Facts& facts, const Vm* vm, const Trail& trail) {
  if (!HvEnabled(facts, vm, trail)) return false;
  if (trail.If("kvmhv_on_pseries()", facts.pseries))
    return trail.If("pseries_reloc_on_exception()", facts.reloc_on_exc);
  return trail.If("cpu_has_feature(CPU_FTR_ARCH_207S)", facts.arch_207s) &&
         !trail.If("cpu_has_feature(CPU_FTR_P9_RADIX_PREFETCH_BUG)", facts.p9_radix_prefetch_bug);
}

bool HvPossibleAndEnabled(const Facts& facts, const Vm* vm, const Trail& trail) {
  return HvPossible(facts, trail) && HvEnabled(facts, vm, trail);
}

}  // namespace

CapabilityValue Powerpc::CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                        const Trail& trail) const {
  const Facts& facts = FactsOf(host);
  switch (capability) {
    case Cap("KVM_CAP_PPC_BOOKE_SREGS"):
    case Cap("KVM_CAP_PPC_BOOKE_WATCHDOG"):
    case Cap("KVM_CAP_PPC_EPR"):
      return trail.If("CONFIG_BOOKE", facts.booke) ? 1 : 0;
    case Cap("KVM_CAP_PPC_SEGSTATE"):
    case Cap("KVM_CAP_PPC_HIOR"):
    case Cap("KVM_CAP_PPC_PAPR"):
      return trail.If("CONFIG_BOOKE", facts.booke) ? 0 : 1;
    case Cap("KVM_CAP_PPC_UNSET_IRQ"):
    case Cap("KVM_CAP_PPC_IRQ_LEVEL"):
    case Cap("KVM_CAP_ENABLE_CAP"):
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
      return 1;
    case Cap("KVM_CAP_PPC_GUEST_DEBUG_SSTEP"):
    case Cap("KVM_CAP_PPC_PAIRED_SINGLES"):
    case Cap("KVM_CAP_PPC_OSI"):
    case Cap("KVM_CAP_PPC_GET_PVINFO"):
      return HvEnabled(facts, vm, trail) ? 0 : 1;
    case Cap("KVM_CAP_SW_TLB"):
      return trail.If("CONFIG_KVM_E500V2 || CONFIG_KVM_E500MC", facts.e500) &&
                     !HvEnabled(facts, vm, trail)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_IRQ_MPIC"):
      return trail.If("CONFIG_KVM_MPIC", facts.mpic) ? 1 : 0;
    case Cap("KVM_CAP_SPAPR_TCE"):
    case Cap("KVM_CAP_SPAPR_TCE_64"):
    case Cap("KVM_CAP_SPAPR_TCE_VFIO"):
    case Cap("KVM_CAP_PPC_RTAS"):
    case Cap("KVM_CAP_PPC_FIXUP_HCALL"):
    case Cap("KVM_CAP_PPC_ENABLE_HCALL"):
    case Cap("KVM_CAP_PPC_GET_CPU_CHAR"):
      return Book3s64(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_IRQ_XICS"):
      return Book3s64(facts, trail) && trail.If("CONFIG_KVM_XICS", facts.xics) ? 1 : 0;
    case Cap("KVM_CAP_PPC_IRQ_XIVE"):
      return HasXive(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_IRQFD_RESAMPLE"):
      return Book3s64(facts, trail) && trail.If("CONFIG_HAVE_KVM_IRQCHIP", host.facts().irqchip) &&
                     !trail.If("xive_enabled()", facts.xive_enabled)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_PPC_ALLOC_HTAB"):
      return Book3s64(facts, trail) && HvEnabled(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_SMT"):
      return Smt(facts, vm, trail);
    case Cap("KVM_CAP_PPC_SMT_POSSIBLE"):
      return SmtPossible(facts, vm, trail);
    case Cap("KVM_CAP_PPC_HWRNG"):
      return HvPossible(facts, trail) && trail.If("kvmppc_hwrng_present()", facts.hwrng) ? 1 : 0;
    case Cap("KVM_CAP_PPC_MMU_RADIX"):
      return HvPossibleAndEnabled(facts, vm, trail) && trail.If("radix_enabled()", facts.radix) ? 1
                                                                                                : 0;
    case Cap("KVM_CAP_PPC_MMU_HASH_V3"):
      return HvPossibleAndEnabled(facts, vm, trail) &&
                     trail.If("kvmppc_hv_ops->hash_v3_possible()", facts.hash_v3)
                 ? 1
                 : 0;
    case Cap("KVM_CAP_PPC_NESTED_HV"):
      return HvPossibleAndEnabled(facts, vm, trail) && powerpc::EnableNested(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_HTAB_FD"):
      return HvPossibleAndEnabled(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_NR_VCPUS"):
      return RecommendedVcpus(host, vm, trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
      return trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(facts.nr_cpus));
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return trail.Number("KVM_MAX_VCPU_IDS", static_cast<std::int64_t>(MaxVcpuIds(host)));
    case Cap("KVM_CAP_PPC_GET_SMMU_INFO"):
    case Cap("KVM_CAP_SPAPR_MULTITCE"):
      return Book3s64(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_SPAPR_RESIZE_HPT"):
      return Book3s64(facts, trail) && HvEnabled(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_FWNMI"):
      return HvPossibleAndEnabled(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_HTM"):
      return HasTransactionalMemory(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_SECURE_GUEST"):
      return HvPossibleAndEnabled(facts, vm, trail) && powerpc::EnableSvm(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_DAWR1"):
      return HvPossibleAndEnabled(facts, vm, trail) && powerpc::EnableDawr1(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_RPT_INVALIDATE"):
      return HvPossible(facts, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_AIL_MODE_3"):
      return HasAilMode3(facts, vm, trail) ? 1 : 0;
    case Cap("KVM_CAP_PPC_RMA"):
      return 0;
    case Cap("KVM_CAP_PPC_COMPAT_CAPS"):
      if (!host.revision().powerpc_compat_caps) break;
      return HvPossible(facts, trail) && trail.If("kvmhv_on_pseries()", facts.pseries) ? 1 : 0;
    default:
      break;
  }
  return generic::CheckEveryArchitectures(host, capability);
}

}  // namespace kvm_model
