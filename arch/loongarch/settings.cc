#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/loongarch/arch.h"
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
    Number(
        "hw.gpa_bits", [](const Draft&) -> std::int64_t { return 48; },
        "bits of a guest physical address"),
    Always("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    Never("CONFIG_KVM_GUEST_MEMFD"),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"hw.gpa_bits must be 32 to 60",
     [](const Draft& host) { return host["hw.gpa_bits"] >= 32 && host["hw.gpa_bits"] <= 60; }},
};

}  // namespace

std::span<const Setting> Loongarch::settings() const { return kSettings; }
std::span<const HostRule> Loongarch::rules() const { return kRules; }

}  // namespace kvm_model
