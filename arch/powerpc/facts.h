// What powerpc looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_POWERPC_FACTS_H_
#define KVM_MODEL_ARCH_POWERPC_FACTS_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::powerpc {

// MAX_SMT_THREADS: threads of a core at most.
inline constexpr std::uint64_t kMaxSmtThreads = 8;

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  bool booke = false;                 // CONFIG_BOOKE
  bool e500 = false;                  // CONFIG_KVM_E500V2 || CONFIG_KVM_E500MC
  bool booke_hv = false;              // CONFIG_KVM_BOOKE_HV
  bool book3s_64 = false;             // CONFIG_PPC_BOOK3S_64, with KVM for it
  bool book3s_hv_possible = false;    // CONFIG_KVM_BOOK3S_HV_POSSIBLE
  bool transactional_memory = false;  // CONFIG_PPC_TRANSACTIONAL_MEM
  bool mpic = false;                  // CONFIG_KVM_MPIC
  bool xics = false;                  // CONFIG_KVM_XICS
  bool xive = false;                  // CONFIG_KVM_XIVE
  std::uint64_t nr_cpus = 1;          // CONFIG_NR_CPUS

  // kvmppc_hv_ops and kvmppc_pr_ops are set: VMs can be made the one way and the other. The
  // families other than Book3S-64 have the second alone.
  bool hv_ops = false;
  bool pr_ops = false;

  // cpu_has_feature() and what the processor is.
  bool arch_207s = false;
  bool arch_300 = false;
  bool hvmode = false;
  bool emb_hv = false;
  bool dawr1 = false;
  bool htm = false;
  bool p9_tm_hv_assist = false;
  bool p9_radix_prefetch_bug = false;
  std::uint32_t threads_per_subcore = 1;
  std::uint64_t present_cpus = 1;

  bool pseries = false;
  bool reloc_on_exc = false;
  bool radix = false;
  bool hash_v3 = false;
  bool hwrng = false;
  bool xive_enabled = false;
  bool xive_native_supported = false;
  bool nested = false;  // kvm_hv.nested
  bool nestedv2 = false;
  bool uvmem = false;
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

}  // namespace kvm_model::powerpc

#endif  // KVM_MODEL_ARCH_POWERPC_FACTS_H_
