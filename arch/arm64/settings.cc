#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/arm64/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::Never;
using generic::Number;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 14, 16};

// Guest_memfd selects it; without private memory it changes no answer.
constexpr Setting kMemoryAttributes = {
    .name = "CONFIG_KVM_MEMORY_ATTRIBUTES",
    .value = [](const Draft&) -> std::int64_t { return 1; },
    .meaning = "what both kinds of memory attributes share",
    .exists = [](const Draft& host) { return host.revision().memory_attributes_core; },
    .absent_because = "this revision has no such symbol",
    .follows_from = "CONFIG_KVM_GUEST_MEMFD selects it",
};

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 12; },
        "4, 16 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Number(
        "hw.ipa_bits", [](const Draft&) -> std::int64_t { return 48; },
        "bits of the largest intermediate physical address"),
    Always("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Always("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    Always("CONFIG_KVM_GUEST_MEMFD"),
    kMemoryAttributes,
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"hw.ipa_bits must be 32 to 52",
     [](const Draft& host) { return host["hw.ipa_bits"] >= 32 && host["hw.ipa_bits"] <= 52; }},
};

}  // namespace

std::span<const Setting> Arm64::settings() const { return kSettings; }
std::span<const HostRule> Arm64::rules() const { return kRules; }

}  // namespace kvm_model
