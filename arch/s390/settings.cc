#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/s390/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::Never;
using generic::Number;
using generic::Switch;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12};

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 12; }, "4 KiB pages",
        kPageShifts),
    generic::Cpus(),
    Switch(
        "CONFIG_KVM_S390_UCONTROL", [](const Draft&) -> std::int64_t { return 0; },
        "VMs that user space controls page by page"),
    Never("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Never("CONFIG_KVM_MMIO"),
    Never("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    Never("CONFIG_KVM_GUEST_MEMFD"),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
};

}  // namespace

std::span<const Setting> S390::settings() const { return kSettings; }
std::span<const HostRule> S390::rules() const { return kRules; }

}  // namespace kvm_model
