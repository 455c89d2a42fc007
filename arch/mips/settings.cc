#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/mips/arch.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::Never;
using generic::Number;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 14, 16};

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 14; },
        "4, 16 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Never("CONFIG_HAVE_KVM_MSI"),
    Never("CONFIG_HAVE_KVM_IRQCHIP"),
    Never("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    Never("CONFIG_KVM_GUEST_MEMFD"),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
};

}  // namespace

std::span<const Setting> Mips::settings() const { return kSettings; }
std::span<const HostRule> Mips::rules() const { return kRules; }

}  // namespace kvm_model
