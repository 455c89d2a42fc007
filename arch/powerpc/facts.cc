#include "arch/powerpc/facts.h"

#include <cstdint>
#include <memory>

#include "arch/powerpc/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model::powerpc {

Facts::Facts(const HostDraft& host)
    : booke(host["CONFIG_BOOKE"] != 0),
      e500(host["CONFIG_KVM_E500V2"] != 0 || host["CONFIG_KVM_E500MC"] != 0),
      booke_hv(host["CONFIG_KVM_BOOKE_HV"] != 0),
      book3s_64(host["CONFIG_PPC_BOOK3S_64"] != 0),
      book3s_hv_possible(host["CONFIG_KVM_BOOK3S_HV_POSSIBLE"] != 0),
      transactional_memory(host["CONFIG_PPC_TRANSACTIONAL_MEM"] != 0),
      mpic(host["CONFIG_KVM_MPIC"] != 0),
      xics(host["CONFIG_KVM_XICS"] != 0),
      xive(host["CONFIG_KVM_XIVE"] != 0),
      nr_cpus(static_cast<std::uint64_t>(host["CONFIG_NR_CPUS"])),
      hv_ops(host["CONFIG_KVM_BOOK3S_64_HV"] != 0),
      pr_ops(!book3s_64 || host["CONFIG_KVM_BOOK3S_64_PR"] != 0),
      arch_207s(host["hw.arch_207s"] != 0),
      arch_300(host["hw.arch_300"] != 0),
      hvmode(host["hw.hvmode"] != 0),
      emb_hv(host["hw.emb_hv"] != 0),
      dawr1(host["hw.dawr1"] != 0),
      htm(host["hw.htm"] != 0),
      p9_tm_hv_assist(host["hw.p9_tm_hv_assist"] != 0),
      p9_radix_prefetch_bug(host["hw.p9_radix_prefetch_bug"] != 0),
      threads_per_subcore(static_cast<std::uint32_t>(host["hw.threads_per_subcore"])),
      present_cpus(static_cast<std::uint64_t>(host["hw.present_cpus"])),
      pseries(host["hw.pseries"] != 0),
      reloc_on_exc(host["hw.reloc_on_exc"] != 0),
      radix(host["hw.radix"] != 0),
      hash_v3(host["hw.hash_v3"] != 0),
      hwrng(host["hw.hwrng"] != 0),
      xive_enabled(host["hw.xive"] != 0),
      xive_native_supported(host["hw.native_xive"] != 0),
      nested(host["kvm_hv.nested"] != 0),
      nestedv2(host["hw.nestedv2"] != 0),
      uvmem(host["hw.svm"] != 0) {}

}  // namespace kvm_model::powerpc

namespace kvm_model {

std::unique_ptr<const ArchFacts> Powerpc::MakeFacts(const HostDraft& host) const {
  return std::make_unique<powerpc::Facts>(host);
}

}  // namespace kvm_model
