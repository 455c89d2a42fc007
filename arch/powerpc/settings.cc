#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/powerpc/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Never;
using generic::Number;
using generic::Switch;
using generic::Symbol;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 16};

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 16; },
        "4 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Switch(
        "CONFIG_KVM_BOOK3S_64_HV", [](const Draft&) -> std::int64_t { return 1; },
        "the module for VMs under the hypervisor mode, loaded"),
    Switch(
        "CONFIG_KVM_BOOK3S_64_PR", [](const Draft&) -> std::int64_t { return 0; },
        "the module for VMs in problem state, loaded"),
    Switch(
        "CONFIG_KVM_XICS", [](const Draft&) -> std::int64_t { return 1; },
        "the XICS interrupt controller in the kernel"),
    Number(
        "CONFIG_NR_CPUS", [](const Draft&) -> std::int64_t { return 2048; },
        "the most CPUs that the kernel is built for"),
    Never("CONFIG_HAVE_KVM_MSI"),
    Symbol(
        "CONFIG_HAVE_KVM_IRQCHIP", [](const Draft& host) { return host["CONFIG_KVM_XICS"]; },
        "CONFIG_KVM_XICS selects it"),
    Never("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Symbol(
        "CONFIG_KVM_MMIO", [](const Draft& host) { return host["CONFIG_KVM_BOOK3S_64_PR"]; },
        "CONFIG_KVM_BOOK3S_64_PR selects it"),
    Never("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    Never("CONFIG_KVM_GUEST_MEMFD"),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"CONFIG_NR_CPUS must be 1 to 8192",
     [](const Draft& host) {
       return host["CONFIG_NR_CPUS"] >= 1 && host["CONFIG_NR_CPUS"] <= 8192;
     }},
};

}  // namespace

std::span<const Setting> Powerpc::settings() const { return kSettings; }
std::span<const HostRule> Powerpc::rules() const { return kRules; }

}  // namespace kvm_model
