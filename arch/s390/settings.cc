#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/s390/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::GuestMemfdSymbol;
using generic::Never;
using generic::Number;
using generic::PrivateMemSymbol;
using generic::Switch;
using Draft = HostDraft;

// The defaults are a usual distribution's kernel in a logical partition of a z16.
std::int64_t On(const Draft&) { return 1; }
std::int64_t Off(const Draft&) { return 0; }

constexpr std::int64_t kPageShifts[] = {12};

constexpr Setting kHpage2g = [] {
  Setting setting = Switch("kvm.hpage_2g", Off, "guests may be backed by 2 GiB pages");
  setting.exists = [](const Draft& host) { return host.revision().s390_hpage_2g; };
  setting.absent_because = "this revision knows no 2 GiB pages behind guests";
  return setting;
}();

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 12; }, "4 KiB pages",
        kPageShifts),
    generic::Cpus(),
    Switch("CONFIG_KVM_S390_UCONTROL", Off, "VMs that user space controls page by page"),
    Switch("kvm.hpage", Off, "guests may be backed by 1 MiB pages"),
    kHpage2g,
    Switch("kvm.async_destroy", On, "protected VMs may be destroyed in the background"),
    Switch("hw.facility_11", On, "the CPU topology facility"),
    Switch("hw.facility_64", On, "runtime instrumentation"),
    Switch("hw.facility_82", On, "branch prediction blocking"),
    Switch("hw.facility_129", On, "vector registers"),
    Switch("hw.facility_133", On, "guarded storage"),
    Switch("hw.esop", On, "enhanced suppression on protection"),
    Switch("hw.sigpif", On, "the machine interprets SIGP for guests"),
    Switch("hw.esca", On, "the extended system control area, with 248 entries"),
    Switch("hw.64bscao", On, "system control areas anywhere in 64 bits"),
    Switch("hw.prot_virt", Off, "a host for protected VMs: booted with prot_virt=1"),
    Switch("hw.uv_dump_init", On, "the ultravisor's call that begins a dump"),
    Switch("hw.uv_dump_config_stor_state", On, "the ultravisor's call that dumps memory's state"),
    Switch("hw.uv_dump_cpu", On, "the ultravisor's call that dumps a CPU"),
    Switch("hw.uv_dump_complete", On, "the ultravisor's call that completes a dump"),
    Switch("hw.zpci_interp", On, "the machine interprets PCI instructions for guests"),
    Never("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Never("CONFIG_KVM_MMIO"),
    Never("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Never("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
};

}  // namespace

std::span<const Setting> S390::settings() const { return kSettings; }
std::span<const HostRule> S390::rules() const { return kRules; }

}  // namespace kvm_model
