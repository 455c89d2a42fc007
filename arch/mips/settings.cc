#include "arch/generic/settings.h"

#include <cstdint>
#include <span>

#include "arch/mips/arch.h"
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

constexpr std::int64_t kPageShifts[] = {12, 14, 16};

std::int64_t Yes(const Draft&) { return 1; }

constexpr Setting kSettings[] = {
    Number(
        "CONFIG_PAGE_SHIFT", [](const Draft&) -> std::int64_t { return 14; },
        "4, 16 or 64 KiB pages, as a number of bits", kPageShifts),
    generic::Cpus(),
    Switch("CONFIG_64BIT", Yes, "a 64-bit kernel"),
    Switch("hw.fpu", Yes, "a floating-point unit"),
    Switch(
        "hw.msa", [](const Draft& host) { return host["hw.fpu"]; }, "vectors (MSA)"),
    Switch(
        "hw.wrp", [](const Draft&) -> std::int64_t { return 0; },
        "vector registers can be partitioned (WRP)"),
    Never("CONFIG_HAVE_KVM_MSI"),
    Never("CONFIG_HAVE_KVM_IRQCHIP"),
    Never("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Never("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Never("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"hw.msa needs hw.fpu",
     [](const Draft& host) { return host["hw.msa"] == 0 || host["hw.fpu"] != 0; }},
    {"hw.wrp needs hw.msa",
     [](const Draft& host) { return host["hw.wrp"] == 0 || host["hw.msa"] != 0; }},
};

}  // namespace

std::span<const Setting> Mips::settings() const { return kSettings; }
std::span<const HostRule> Mips::rules() const { return kRules; }

}  // namespace kvm_model
