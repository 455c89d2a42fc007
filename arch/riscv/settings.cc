#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/riscv/arch.h"
#include "arch/riscv/facts.h"
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
using riscv::kSv32x4;
using riscv::kSv48x4;

constexpr Setting kSettings[] = {
    Switch(
        "CONFIG_64BIT", [](const Draft&) -> std::int64_t { return 1; }, "a 64-bit kernel"),
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 12; }, "4 KiB pages",
        kPageShifts),
    generic::Cpus(),
    Number(
        "hw.gpa_bits",
        [](const Draft& host) { return host["CONFIG_64BIT"] != 0 ? kSv48x4 : kSv32x4; },
        "bits of a guest physical address: Sv32x4, Sv39x4, Sv48x4 or Sv57x4", riscv::kGpaBits),
    Switch(
        "hw.aia", [](const Draft&) -> std::int64_t { return 1; },
        "the advanced interrupt architecture, with what guests need of it"),
    Always("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Symbol(
        "CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL",
        [](const Draft& host) -> std::int64_t { return host.revision().riscv_dirty_ring; },
        "the architecture selects it in every revision since 6.17"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Never("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"hw.gpa_bits is 34 with CONFIG_64BIT=n, and more with CONFIG_64BIT=y",
     [](const Draft& host) {
       return (host["hw.gpa_bits"] == kSv32x4) == (host["CONFIG_64BIT"] == 0);
     }},
};

}  // namespace

std::span<const Setting> Riscv::settings() const { return kSettings; }
std::span<const HostRule> Riscv::rules() const { return kRules; }

}  // namespace kvm_model
