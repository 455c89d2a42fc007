// What must hold for a powerpc host as a whole.
#include <cstdint>
#include <span>
#include <string_view>

#include "arch/generic/settings.h"
#include "arch/powerpc/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using Draft = HostDraft;

// `setting` is off, or `needed` is on.
bool Needs(const Draft& host, std::string_view setting, std::string_view needed) {
  return host[setting] == 0 || host[needed] != 0;
}

bool IsE500(const Draft& host) {
  return host["CONFIG_KVM_E500V2"] != 0 || host["CONFIG_KVM_E500MC"] != 0;
}

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"one of CONFIG_KVM_BOOK3S_64, CONFIG_KVM_BOOK3S_32, CONFIG_KVM_E500V2 and CONFIG_KVM_E500MC "
     "must be y: a kernel is built for one family of processors",
     [](const Draft& host) {
       return host["CONFIG_KVM_BOOK3S_64"] + host["CONFIG_KVM_BOOK3S_32"] +
                  host["CONFIG_KVM_E500V2"] + host["CONFIG_KVM_E500MC"] ==
              1;
     }},
    {"CONFIG_PAGE_SHIFT=16 needs CONFIG_KVM_BOOK3S_64=y: other processors have 4 KiB pages",
     [](const Draft& host) {
       return host["CONFIG_PAGE_SHIFT"] == 12 || host["CONFIG_KVM_BOOK3S_64"] != 0;
     }},
    {"hw.present_cpus must be at least hw.cpus: a CPU that is online is there",
     [](const Draft& host) { return host["hw.present_cpus"] >= host["hw.cpus"]; }},
    {"CONFIG_NR_CPUS must be 1 to 8192",
     [](const Draft& host) {
       return host["CONFIG_NR_CPUS"] >= 1 && host["CONFIG_NR_CPUS"] <= 8192;
     }},
    {"CONFIG_KVM_BOOK3S_32 needs CONFIG_NR_CPUS=1: it depends on a kernel for one CPU",
     [](const Draft& host) {
       return host["CONFIG_KVM_BOOK3S_32"] == 0 || host["CONFIG_NR_CPUS"] == 1;
     }},
    {"CONFIG_KVM_BOOK3S_64_HV depends on CONFIG_KVM_BOOK3S_64",
     [](const Draft& host) {
       return Needs(host, "CONFIG_KVM_BOOK3S_64_HV", "CONFIG_KVM_BOOK3S_64");
     }},
    {"CONFIG_KVM_BOOK3S_64_PR depends on CONFIG_KVM_BOOK3S_64",
     [](const Draft& host) {
       return Needs(host, "CONFIG_KVM_BOOK3S_64_PR", "CONFIG_KVM_BOOK3S_64");
     }},
    {"CONFIG_KVM_BOOK3S_HV_POSSIBLE depends on CONFIG_KVM_BOOK3S_64",
     [](const Draft& host) {
       return Needs(host, "CONFIG_KVM_BOOK3S_HV_POSSIBLE", "CONFIG_KVM_BOOK3S_64");
     }},
    {"CONFIG_KVM_BOOK3S_64_HV selects CONFIG_KVM_BOOK3S_HV_POSSIBLE",
     [](const Draft& host) {
       return Needs(host, "CONFIG_KVM_BOOK3S_64_HV", "CONFIG_KVM_BOOK3S_HV_POSSIBLE");
     }},
    {"CONFIG_KVM_MPIC depends on CONFIG_KVM_E500V2 or CONFIG_KVM_E500MC",
     [](const Draft& host) { return host["CONFIG_KVM_MPIC"] == 0 || IsE500(host); }},
    {"CONFIG_KVM_XICS depends on CONFIG_KVM_BOOK3S_64",
     [](const Draft& host) { return Needs(host, "CONFIG_KVM_XICS", "CONFIG_KVM_BOOK3S_64"); }},
    {"CONFIG_PPC_TRANSACTIONAL_MEM depends on CONFIG_KVM_BOOK3S_64's processors",
     [](const Draft& host) {
       return Needs(host, "CONFIG_PPC_TRANSACTIONAL_MEM", "CONFIG_KVM_BOOK3S_64");
     }},
    {"hw.arch_207s needs CONFIG_KVM_BOOK3S_64=y: it is a POWER processor's",
     [](const Draft& host) { return Needs(host, "hw.arch_207s", "CONFIG_KVM_BOOK3S_64"); }},
    {"hw.arch_300 needs hw.arch_207s: ISA 3.0 includes ISA 2.07",
     [](const Draft& host) { return Needs(host, "hw.arch_300", "hw.arch_207s"); }},
    {"hw.pseries needs CONFIG_KVM_BOOK3S_64=y: it is a POWER platform",
     [](const Draft& host) { return Needs(host, "hw.pseries", "CONFIG_KVM_BOOK3S_64"); }},
    {"hw.hvmode needs CONFIG_KVM_BOOK3S_64=y: it is a POWER processor's mode",
     [](const Draft& host) { return Needs(host, "hw.hvmode", "CONFIG_KVM_BOOK3S_64"); }},
    {"hw.hvmode can't be had with hw.pseries: the hypervisor below the host has it",
     [](const Draft& host) { return host["hw.hvmode"] == 0 || host["hw.pseries"] == 0; }},
    {"hw.radix needs hw.arch_300: radix trees came with ISA 3.0",
     [](const Draft& host) { return Needs(host, "hw.radix", "hw.arch_300"); }},
    {"CONFIG_KVM_BOOK3S_64_HV needs hw.hvmode, or hw.pseries with hw.radix: the module doesn't "
     "load elsewhere",
     [](const Draft& host) {
       return host["CONFIG_KVM_BOOK3S_64_HV"] == 0 || host["hw.hvmode"] != 0 ||
              (host["hw.pseries"] != 0 && host["hw.radix"] != 0);
     }},
    {"CONFIG_KVM_BOOK3S_64_PR needs hw.radix off: the module works with hash tables alone",
     [](const Draft& host) {
       return host["CONFIG_KVM_BOOK3S_64_PR"] == 0 || host["hw.radix"] == 0;
     }},
    {"hw.hash_v3 needs hw.arch_300 and hw.hvmode",
     [](const Draft& host) {
       return Needs(host, "hw.hash_v3", "hw.arch_300") && Needs(host, "hw.hash_v3", "hw.hvmode");
     }},
    {"hw.hwrng needs hw.hvmode: a guest is given random numbers by its hypervisor",
     [](const Draft& host) { return Needs(host, "hw.hwrng", "hw.hvmode"); }},
    {"hw.xive needs hw.arch_300: XIVE came with POWER9",
     [](const Draft& host) { return Needs(host, "hw.xive", "hw.arch_300"); }},
    {"hw.native_xive needs hw.xive and hw.hvmode",
     [](const Draft& host) {
       return Needs(host, "hw.native_xive", "hw.xive") &&
              Needs(host, "hw.native_xive", "hw.hvmode");
     }},
    {"hw.nestedv2 needs hw.pseries and hw.arch_300: it is an interface of the hypervisor below",
     [](const Draft& host) {
       return Needs(host, "hw.nestedv2", "hw.pseries") && Needs(host, "hw.nestedv2", "hw.arch_300");
     }},
    {"hw.svm needs hw.arch_300 and hw.hvmode: an ultravisor runs below a POWER9's hypervisor",
     [](const Draft& host) {
       return Needs(host, "hw.svm", "hw.arch_300") && Needs(host, "hw.svm", "hw.hvmode");
     }},
    {"hw.dawr1 needs hw.arch_300: POWER10 brought it",
     [](const Draft& host) { return Needs(host, "hw.dawr1", "hw.arch_300"); }},
    {"hw.htm needs hw.arch_207s: transactional memory came with POWER8",
     [](const Draft& host) { return Needs(host, "hw.htm", "hw.arch_207s"); }},
    {"hw.p9_tm_hv_assist needs hw.arch_300: it is POWER9's",
     [](const Draft& host) { return Needs(host, "hw.p9_tm_hv_assist", "hw.arch_300"); }},
    {"hw.p9_radix_prefetch_bug needs hw.arch_300: it is POWER9's",
     [](const Draft& host) { return Needs(host, "hw.p9_radix_prefetch_bug", "hw.arch_300"); }},
    {"hw.reloc_on_exc needs hw.pseries: it is asked of the hypervisor below",
     [](const Draft& host) { return Needs(host, "hw.reloc_on_exc", "hw.pseries"); }},
    {"hw.emb_hv needs CONFIG_KVM_E500MC=y: E500v2 and Book3S lack it",
     [](const Draft& host) { return Needs(host, "hw.emb_hv", "CONFIG_KVM_E500MC"); }},
};

}  // namespace

std::span<const HostRule> Powerpc::rules() const { return kRules; }

}  // namespace kvm_model
