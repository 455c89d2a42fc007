#include "arch/generic/settings.h"

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/loongarch/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using generic::Always;
using generic::GuestMemfdSymbol;
using generic::Never;
using generic::Number;
using generic::PrivateMemSymbol;
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 14, 16};

// What goes with interrupt controllers in the kernel.
constexpr Setting WithIrqchip(std::string_view name) {
  return generic::Symbol(
      name, [](const Draft& host) -> std::int64_t { return host.revision().loongarch_irqchip; },
      "the architecture selects it in every revision since 6.13");
}

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 14; },
        "4, 16 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Number(
        "hw.gpa_bits", [](const Draft&) -> std::int64_t { return 48; },
        "bits of a guest physical address"),
    WithIrqchip("CONFIG_HAVE_KVM_MSI"),
    WithIrqchip("CONFIG_HAVE_KVM_IRQCHIP"),
    WithIrqchip("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Never("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
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
