#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/powerpc/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::GuestMemfdSymbol;
using generic::Never;
using generic::Number;
using generic::PrivateMemSymbol;
using generic::Switch;
using generic::Symbol;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 16};
constexpr std::int64_t kThreads[] = {1, 2, 4, 8};

// The defaults are a usual distribution's kernel on a POWER10 without a hypervisor below it
// (powernv), where its HV module makes VMs.
std::int64_t On(const Draft&) { return 1; }
std::int64_t Off(const Draft&) { return 0; }

bool IsE500(const Draft& host) {
  return host["CONFIG_KVM_E500V2"] != 0 || host["CONFIG_KVM_E500MC"] != 0;
}
bool IsBook3s64(const Draft& host) { return host["CONFIG_KVM_BOOK3S_64"] != 0; }
std::int64_t OnBook3s64(const Draft& host) { return host["CONFIG_KVM_BOOK3S_64"]; }
std::int64_t OnE500(const Draft& host) { return IsE500(host) ? 1 : 0; }
std::int64_t WithArch300(const Draft& host) { return host["hw.arch_300"]; }

// What Kconfig proposes.
std::int64_t DefaultNrCpus(const Draft& host) {
  if (host["CONFIG_KVM_BOOK3S_32"] != 0) return 1;
  if (host["CONFIG_KVM_E500V2"] != 0) return 4;
  if (host["CONFIG_KVM_E500MC"] != 0) return 32;
  return 2048;
}

constexpr Setting kNested = {
    .name = "kvm_hv.nested",
    .value = On,
    .meaning = "guests may be hypervisors themselves",
    .exists = [](const Draft& host) { return host["CONFIG_KVM_BOOK3S_64_HV"] != 0; },
    .absent_because = "it is a parameter of the module that CONFIG_KVM_BOOK3S_64_HV loads",
};

constexpr Setting kSettings[] = {
    Switch("CONFIG_KVM_E500V2", Off, "KVM for E500v2 processors"),
    Switch("CONFIG_KVM_E500MC", Off, "KVM for E500MC, E5500 and E6500 processors"),
    Switch("CONFIG_KVM_BOOK3S_32", Off, "KVM for 32-bit Book3S processors"),
    Switch(
        "CONFIG_KVM_BOOK3S_64",
        [](const Draft& host) -> std::int64_t {
          return IsE500(host) || host["CONFIG_KVM_BOOK3S_32"] != 0 ? 0 : 1;
        },
        "KVM for 64-bit Book3S processors: POWER"),
    Symbol("CONFIG_BOOKE", OnE500, "CONFIG_KVM_E500V2 and CONFIG_KVM_E500MC are Book E"),
    Symbol(
        "CONFIG_KVM_BOOKE_HV", [](const Draft& host) { return host["CONFIG_KVM_E500MC"]; },
        "CONFIG_KVM_E500MC selects it"),
    Symbol("CONFIG_PPC_BOOK3S_64", OnBook3s64, "CONFIG_KVM_BOOK3S_64 depends on it"),
    Number(
        "CONFIG_PAGE_SHIFT",
        [](const Draft& host) -> std::int64_t { return IsBook3s64(host) ? 16 : 12; },
        "4 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Number(
        "hw.present_cpus", [](const Draft& host) { return host["hw.cpus"]; },
        "CPUs that are there, online or not: with HV, threads of a core stay offline"),
    Number("CONFIG_NR_CPUS", DefaultNrCpus, "the most CPUs that the kernel is built for"),
    Switch("CONFIG_KVM_BOOK3S_64_HV", OnBook3s64,
           "the module for VMs under the hypervisor mode, loaded"),
    Switch("CONFIG_KVM_BOOK3S_64_PR", Off, "the module for VMs in problem state, loaded"),
    Switch(
        "CONFIG_KVM_BOOK3S_HV_POSSIBLE",
        [](const Draft& host) { return host["CONFIG_KVM_BOOK3S_64_HV"]; },
        "the kernel is built with the HV module, loaded or not"),
    Symbol(
        "CONFIG_KVM_BOOK3S_PR_POSSIBLE",
        [](const Draft& host) -> std::int64_t {
          return host["CONFIG_KVM_BOOK3S_32"] != 0 || host["CONFIG_KVM_BOOK3S_64_PR"] != 0 ||
                 (IsBook3s64(host) && host["CONFIG_KVM_BOOK3S_HV_POSSIBLE"] == 0);
        },
        "CONFIG_KVM_BOOK3S_32 and CONFIG_KVM_BOOK3S_64_PR select it, and CONFIG_KVM_BOOK3S_64 "
        "without CONFIG_KVM_BOOK3S_HV_POSSIBLE"),
    Switch("CONFIG_KVM_MPIC", OnE500, "the MPIC interrupt controller in the kernel"),
    Switch("CONFIG_KVM_XICS", OnBook3s64, "the XICS interrupt controller in the kernel"),
    Symbol(
        "CONFIG_KVM_XIVE",
        [](const Draft& host) -> std::int64_t {
          return host["CONFIG_KVM_XICS"] != 0 && host["CONFIG_KVM_BOOK3S_HV_POSSIBLE"] != 0;
        },
        "it is on with CONFIG_KVM_XICS and CONFIG_KVM_BOOK3S_HV_POSSIBLE"),
    Switch("CONFIG_PPC_TRANSACTIONAL_MEM", OnBook3s64, "transactional memory"),
    Switch("hw.arch_207s", OnBook3s64, "the processor follows ISA 2.07: POWER8 and later"),
    Switch(
        "hw.arch_300", [](const Draft& host) { return host["hw.arch_207s"]; },
        "the processor follows ISA 3.0: POWER9 and later"),
    Switch("hw.pseries", Off, "the host is itself a guest, of PowerVM or KVM"),
    Switch(
        "hw.hvmode",
        [](const Draft& host) -> std::int64_t {
          return IsBook3s64(host) && host["hw.pseries"] == 0;
        },
        "the host runs in hypervisor mode"),
    Switch(
        "hw.radix",
        [](const Draft& host) -> std::int64_t {
          return host["hw.arch_300"] != 0 && host["CONFIG_KVM_BOOK3S_64_PR"] == 0;
        },
        "the host translates addresses by radix trees"),
    Switch(
        "hw.hash_v3",
        [](const Draft& host) -> std::int64_t {
          return host["hw.arch_300"] != 0 && host["hw.hvmode"] != 0;
        },
        "guests may translate addresses by ISA 3.0's hash tables"),
    Number(
        "hw.threads_per_subcore", [](const Draft&) -> std::int64_t { return 8; },
        "threads of a core, or of a part when POWER8's cores are split", kThreads),
    Switch(
        "hw.hwrng", [](const Draft& host) { return host["hw.hvmode"]; },
        "the platform has a random number generator"),
    Switch("hw.xive", WithArch300, "the host uses the XIVE interrupt controller"),
    Switch(
        "hw.native_xive",
        [](const Draft& host) -> std::int64_t {
          return host["hw.xive"] != 0 && host["hw.hvmode"] != 0;
        },
        "the firmware saves and restores the state of XIVE's queues"),
    kNested,
    Switch("hw.nestedv2", Off, "the host's own hypervisor keeps the state of nested guests"),
    Switch("hw.svm", Off, "an ultravisor with secure memory runs below the host"),
    Switch("hw.dawr1", WithArch300, "a second watchpoint register: POWER10 and later"),
    Switch("hw.htm", Off, "programs may use transactional memory: POWER8 and some POWER9"),
    Switch("hw.p9_tm_hv_assist", Off, "POWER9's transactional memory, with the hypervisor's help"),
    Switch("hw.p9_radix_prefetch_bug", Off, "POWER9 prefetches with another guest's translation"),
    Switch(
        "hw.reloc_on_exc", [](const Draft& host) { return host["hw.pseries"]; },
        "the host's hypervisor gives it interrupts with address translation on"),
    Switch(
        "hw.emb_hv", [](const Draft& host) { return host["CONFIG_KVM_E500MC"]; },
        "the embedded hypervisor category"),
    Symbol(
        "CONFIG_HAVE_KVM_MSI", [](const Draft& host) { return host["CONFIG_KVM_MPIC"]; },
        "CONFIG_KVM_MPIC selects it"),
    Symbol(
        "CONFIG_HAVE_KVM_IRQCHIP",
        [](const Draft& host) -> std::int64_t {
          return host["CONFIG_KVM_MPIC"] != 0 || host["CONFIG_KVM_XICS"] != 0;
        },
        "CONFIG_KVM_MPIC and CONFIG_KVM_XICS select it"),
    Symbol(
        "CONFIG_HAVE_KVM_IRQ_ROUTING", [](const Draft& host) { return host["CONFIG_KVM_MPIC"]; },
        "CONFIG_KVM_MPIC selects it"),
    Symbol(
        "CONFIG_KVM_MMIO",
        [](const Draft& host) -> std::int64_t {
          return IsE500(host) || host["CONFIG_KVM_BOOK3S_PR_POSSIBLE"] != 0;
        },
        "CONFIG_KVM_E500V2, CONFIG_KVM_E500MC and CONFIG_KVM_BOOK3S_PR_POSSIBLE select it"),
    Never("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Never("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
};

}  // namespace

std::span<const Setting> Powerpc::settings() const { return kSettings; }

}  // namespace kvm_model
