#include "arch/generic/settings.h"

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/x86/arch.h"
#include "arch/x86/facts.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::GuestMemfdSymbol;
using generic::Never;
using generic::Number;
using generic::PrivateMemSymbol;
using generic::Switch;
using generic::Symbol;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12};

constexpr std::string_view kVendors[] = {"any", "intel", "amd", "pvm"};
using x86::kAmd;
using x86::kAny;
using x86::kIntel;
using x86::kPvm;

std::int64_t On(const Draft&) { return 1; }
std::int64_t Off(const Draft&) { return 0; }

bool IsPvm(const Draft& host) { return host["hw.vendor"] == kPvm; }
bool MayBeAmd(const Draft& host) { return host["hw.vendor"] == kAny || host["hw.vendor"] == kAmd; }
bool MayBeIntel(const Draft& host) {
  return host["hw.vendor"] == kAny || host["hw.vendor"] == kIntel;
}
// What has private memory, or is its distributor's reason to configure it: off where kvm_pvm runs,
// on elsewhere.
std::int64_t ConfidentialDefault(const Draft& host) {
  return !IsPvm(host) && host["CONFIG_64BIT"] != 0 ? 1 : 0;
}
bool AnyPrivateVmType(const Draft& host) {
  return host["CONFIG_KVM_SW_PROTECTED_VM"] != 0 || host["CONFIG_KVM_INTEL_TDX"] != 0 ||
         host["CONFIG_KVM_AMD_SEV"] != 0;
}
// What distributors configure, and processors offer; kvm_pvm's recorded host has none of it.
std::int64_t UnlessPvm(const Draft& host) { return IsPvm(host) ? 0 : 1; }
// A switch that exists only where the module kvm_intel may be loaded.
constexpr Setting IntelParameter(std::string_view name, std::int64_t (*value)(const Draft&),
                                 std::string_view meaning) {
  Setting setting = Switch(name, value, meaning);
  setting.exists = MayBeIntel;
  setting.absent_because = "only the module kvm_intel has this parameter";
  return setting;
}

constexpr Setting NestedParameter(std::string_view name, bool (*exists)(const Draft&)) {
  Setting setting = Switch(name, On, "guests may run guests of their own");
  setting.exists = exists;
  setting.absent_because = "another module's parameter, or one that no answer depends on";
  return setting;
}

constexpr std::string_view kGenericSymbol = "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES";
constexpr std::string_view kVmSymbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";

constexpr Setting kIoapic = {
    .name = "CONFIG_KVM_IOAPIC",
    .value = On,
    .meaning = "the PIC, the IOAPIC and the PIT in the kernel",
    .exists = [](const Draft& host) { return host.revision().x86_ioapic_is_optional; },
    .absent_because = "every kernel of this revision has them",
};

constexpr Setting kVendor = {
    .name = "hw.vendor",
    .type = Setting::Type::kWord,
    .words = kVendors,
    .value = [](const Draft&) -> std::int64_t { return kAny; },
    .meaning =
        "the vendor module that is loaded; any: a union in which every VM type can be created, "
        "and answers that differ follow Intel; pvm: kvm_pvm, with the configuration of the "
        "recorded kernel",
};

constexpr Setting kGenericMemoryAttributes = {
    .name = kGenericSymbol,
    .value = [](const Draft& host) -> std::int64_t { return AnyPrivateVmType(host) ? 1 : 0; },
    .meaning = "memory attributes of each VM",
    .exists =
        [](const Draft& host) { return host.revision().vm_attributes_symbol == kGenericSymbol; },
    .absent_because = "this revision calls it CONFIG_KVM_VM_MEMORY_ATTRIBUTES",
    .follows_from =
        "CONFIG_KVM_SW_PROTECTED_VM, CONFIG_KVM_INTEL_TDX and CONFIG_KVM_AMD_SEV "
        "select it, nothing else does",
};

constexpr Setting kVmMemoryAttributes = {
    .name = kVmSymbol,
    .value = [](const Draft&) -> std::int64_t { return 0; },
    .meaning = "memory attributes of each VM, deprecated in favour of each guest_memfd's own",
    .exists = [](const Draft& host) { return host.revision().vm_attributes_symbol == kVmSymbol; },
    .absent_because = "this revision calls it CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES",
};

constexpr Setting kMemoryAttributes = {
    .name = "CONFIG_KVM_MEMORY_ATTRIBUTES",
    .value = [](const Draft& host) -> std::int64_t {
      return host[kVmSymbol] != 0 || host["CONFIG_KVM_GUEST_MEMFD"] != 0;
    },
    .meaning = "what both kinds of memory attributes share",
    .exists = [](const Draft& host) { return host.revision().memory_attributes_core; },
    .absent_because = "this revision has no such symbol",
    .follows_from = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES and CONFIG_KVM_GUEST_MEMFD select it",
};

constexpr Setting kVmMemoryAttributesParameter = {
    .name = "kvm.vm_memory_attributes",
    .value = [](const Draft&) -> std::int64_t { return 1; },
    .meaning = "whether each VM tracks attributes (read-only once loaded)",
    .exists =
        [](const Draft& host) {
          return host.revision().attribute_switch == AttributeSwitch::kVmMemoryAttributes &&
                 host[kVmSymbol] != 0;
        },
    .absent_because =
        "the module has this parameter only with CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y, "
        "in revisions that know it",
};

constexpr Setting kInPlaceConversionParameter = {
    .name = "kvm.gmem_in_place_conversion",
    .value = [](const Draft&) -> std::int64_t { return 0; },
    .meaning =
        "whether each guest_memfd, and not each VM, tracks attributes (read-only once loaded)",
    .exists =
        [](const Draft& host) {
          return host.revision().attribute_switch == AttributeSwitch::kInPlaceConversion &&
                 host[kVmSymbol] != 0;
        },
    .absent_because =
        "the module has this parameter only with CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y, "
        "in revisions that know it; without that symbol, guest_memfds track attributes where "
        "there is private memory",
};

constexpr Setting kSettings[] = {
    Switch(
        "CONFIG_64BIT", [](const Draft&) -> std::int64_t { return 1; }, "a 64-bit kernel"),
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 12; }, "4 KiB pages",
        kPageShifts),
    generic::Cpus(),
    kVendor,
    Switch(
        "hw.tdp", [](const Draft& host) -> std::int64_t { return IsPvm(host) ? 0 : 1; },
        "two-dimensional page tables (EPT, NPT) are in use"),
    Number(
        "hw.maxphyaddr", [](const Draft&) -> std::int64_t { return 46; },
        "bits of a physical address"),
    Switch(
        "kvm.tdp_mmu", [](const Draft& host) { return host["CONFIG_64BIT"]; },
        "the MMU for two-dimensional page tables"),
    Switch("CONFIG_KVM_SW_PROTECTED_VM", ConfidentialDefault,
           "VMs whose private memory no hardware protects, for development"),
    Switch(
        "CONFIG_KVM_INTEL_TDX",
        [](const Draft& host) { return host.revision().x86_tdx ? ConfidentialDefault(host) : 0; },
        "Intel's trust domains"),
    Switch("CONFIG_KVM_AMD_SEV", ConfidentialDefault, "AMD's encrypted VMs"),
    Switch(
        "CONFIG_KVM_SMM", [](const Draft& host) -> std::int64_t { return IsPvm(host) ? 0 : 1; },
        "system management mode, with an address space of its own"),
    kIoapic,
    Switch("CONFIG_KVM_HYPERV", UnlessPvm, "Hyper-V's interfaces for guests"),
    Switch("CONFIG_KVM_XEN", UnlessPvm, "Xen's interfaces for guests"),
    Switch("CONFIG_X86_SGX_KVM", ConfidentialDefault, "enclaves (SGX) for guests"),
    Switch("CONFIG_SCHED_INFO", On, "the scheduler's statistics of each task"),
    Number(
        "CONFIG_KVM_MAX_NR_VCPUS", [](const Draft&) -> std::int64_t { return 1024; },
        "vCPUs of a VM"),
    GuestMemfdSymbol(Symbol(
        "CONFIG_KVM_GUEST_MEMFD", [](const Draft& host) { return host["CONFIG_64BIT"]; },
        "every 64-bit x86 kernel selects it; CONFIG_64BIT=n turns it off")),
    PrivateMemSymbol(Symbol(
        "CONFIG_KVM_PRIVATE_MEM",
        [](const Draft& host) -> std::int64_t { return AnyPrivateVmType(host) ? 1 : 0; },
        "CONFIG_KVM_SW_PROTECTED_VM and CONFIG_KVM_AMD_SEV select it, nothing else does")),
    kGenericMemoryAttributes,
    kVmMemoryAttributes,
    kMemoryAttributes,
    kVmMemoryAttributesParameter,
    kInPlaceConversionParameter,
    Switch(
        "hw.sev",
        [](const Draft& host) -> std::int64_t {
          return MayBeAmd(host) && host["hw.tdp"] != 0 ? host["CONFIG_KVM_AMD_SEV"] : 0;
        },
        "SEV VMs can be created"),
    Switch(
        "hw.sev_es", [](const Draft& host) { return host["hw.sev"]; }, "SEV-ES VMs can be created"),
    Switch(
        "hw.snp", [](const Draft& host) { return host["hw.sev_es"]; },
        "SEV-SNP VMs can be created"),
    Switch(
        "hw.tdx",
        [](const Draft& host) -> std::int64_t {
          return MayBeIntel(host) && host["hw.tdp"] != 0 && host["kvm.tdp_mmu"] != 0
                     ? host["CONFIG_KVM_INTEL_TDX"]
                     : 0;
        },
        "trust domains can be created"),
    Switch("kvm.enable_pmu", UnlessPvm, "guests have a performance monitoring unit"),
    Switch("kvm.mitigate_smt_rsb", Off,
           "exits stay on against a flaw of return prediction between threads of a core"),
    IntelParameter(
        "kvm_intel.unrestricted_guest", [](const Draft& host) { return host["hw.tdp"]; },
        "guests run in real mode without emulation"),
    IntelParameter("kvm_intel.emulate_invalid_guest_state", On,
                   "KVM emulates guests in a state that the processor can't enter"),
    IntelParameter("kvm_intel.allow_smaller_maxphyaddr", Off,
                   "guests may have fewer physical address bits than the host, although EPT is on"),
    NestedParameter(
        "kvm_intel.nested",
        [](const Draft& host) { return host.revision().x86_nesting_decides && MayBeIntel(host); }),
    NestedParameter("kvm_amd.nested",
                    [](const Draft& host) {
                      return host.revision().x86_nesting_decides && host["hw.vendor"] == kAmd;
                    }),
    Switch("hw.aperfmperf", UnlessPvm, "the processor counts its effective frequency"),
    Switch("hw.mwait", UnlessPvm, "the processor has MONITOR and MWAIT"),
    Switch("hw.arat", On, "the local APIC's timer runs in every idle state"),
    Switch("hw.bug_monitor", Off, "MONITOR of this processor can miss a write"),
    Switch("hw.xsave", On, "the processor has XSAVE"),
    Number(
        "hw.xstate_bytes",
        [](const Draft& host) -> std::int64_t { return host["hw.xsave"] != 0 ? 2696 : 0; },
        "bytes of the XSAVE area, not compacted, of what guests may use without asking"),
    Switch("hw.tsc_scaling", UnlessPvm, "the processor scales the guest's time stamp counter"),
    Switch(
        "hw.bus_lock_exit", [](const Draft& host) -> std::int64_t { return MayBeIntel(host); },
        "the processor exits after a bus lock"),
    Switch(
        "hw.notify_vmexit", [](const Draft& host) -> std::int64_t { return MayBeIntel(host); },
        "the processor exits when a guest lets no event in for too long"),
    Switch("hw.on_hyperv", Off, "KVM itself runs as a guest of Hyper-V"),
    Always("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"CONFIG_KVM_INTEL_TDX needs a revision that knows trust domains",
     [](const Draft& host) {
       return host["CONFIG_KVM_INTEL_TDX"] == 0 || host.revision().x86_tdx;
     }},
    {"CONFIG_KVM_SW_PROTECTED_VM, CONFIG_KVM_INTEL_TDX and CONFIG_KVM_AMD_SEV depend on "
     "CONFIG_64BIT=y",
     [](const Draft& host) { return host["CONFIG_64BIT"] != 0 || !AnyPrivateVmType(host); }},
    {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES depends on CONFIG_KVM_SW_PROTECTED_VM, "
     "CONFIG_KVM_INTEL_TDX or CONFIG_KVM_AMD_SEV",
     [](const Draft& host) { return host[kVmSymbol] == 0 || AnyPrivateVmType(host); }},
    {"kvm.tdp_mmu needs CONFIG_64BIT=y",
     [](const Draft& host) { return host["kvm.tdp_mmu"] == 0 || host["CONFIG_64BIT"] != 0; }},
    {"hw.vendor=pvm shadows page tables: hw.tdp must be off",
     [](const Draft& host) { return !IsPvm(host) || host["hw.tdp"] == 0; }},
    {"hw.sev, hw.sev_es and hw.snp need an AMD processor (hw.vendor=amd or any)",
     [](const Draft& host) {
       const bool wanted = host["hw.sev"] != 0 || host["hw.sev_es"] != 0 || host["hw.snp"] != 0;
       return !wanted || MayBeAmd(host);
     }},
    {"hw.sev needs CONFIG_KVM_AMD_SEV=y",
     [](const Draft& host) { return host["hw.sev"] == 0 || host["CONFIG_KVM_AMD_SEV"] != 0; }},
    {"hw.sev needs hw.tdp",
     [](const Draft& host) { return host["hw.sev"] == 0 || host["hw.tdp"] != 0; }},
    {"hw.sev_es needs hw.sev",
     [](const Draft& host) { return host["hw.sev_es"] == 0 || host["hw.sev"] != 0; }},
    {"hw.snp needs hw.sev_es",
     [](const Draft& host) { return host["hw.snp"] == 0 || host["hw.sev_es"] != 0; }},
    {"hw.tdx needs an Intel processor (hw.vendor=intel or any)",
     [](const Draft& host) { return host["hw.tdx"] == 0 || MayBeIntel(host); }},
    {"hw.tdx needs CONFIG_KVM_INTEL_TDX=y",
     [](const Draft& host) { return host["hw.tdx"] == 0 || host["CONFIG_KVM_INTEL_TDX"] != 0; }},
    {"hw.tdx needs hw.tdp and kvm.tdp_mmu",
     [](const Draft& host) {
       return host["hw.tdx"] == 0 || (host["hw.tdp"] != 0 && host["kvm.tdp_mmu"] != 0);
     }},
    {"hw.maxphyaddr must be 32 to 52",
     [](const Draft& host) { return host["hw.maxphyaddr"] >= 32 && host["hw.maxphyaddr"] <= 52; }},
    {"CONFIG_X86_SGX_KVM depends on CONFIG_64BIT=y",
     [](const Draft& host) {
       return host["CONFIG_X86_SGX_KVM"] == 0 || host["CONFIG_64BIT"] != 0;
     }},
    {"kvm_intel.unrestricted_guest needs hw.tdp: it runs on EPT",
     [](const Draft& host) {
       return host["kvm_intel.unrestricted_guest"] == 0 || host["hw.tdp"] != 0;
     }},
    {"hw.xstate_bytes needs hw.xsave, and is then 576 to 65536",
     [](const Draft& host) {
       const std::int64_t bytes = host["hw.xstate_bytes"];
       return host["hw.xsave"] != 0 ? bytes >= 576 && bytes <= 65536 : bytes == 0;
     }},
    {"hw.notify_vmexit needs an Intel processor (hw.vendor=intel or any)",
     [](const Draft& host) { return host["hw.notify_vmexit"] == 0 || MayBeIntel(host); }},
    {"CONFIG_KVM_MAX_NR_VCPUS must be 1024 to 4096",
     [](const Draft& host) {
       return host["CONFIG_KVM_MAX_NR_VCPUS"] >= 1024 && host["CONFIG_KVM_MAX_NR_VCPUS"] <= 4096;
     }},
};

}  // namespace

std::span<const Setting> X86::settings() const { return kSettings; }
std::span<const HostRule> X86::rules() const { return kRules; }

}  // namespace kvm_model
