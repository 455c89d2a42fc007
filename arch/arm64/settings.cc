#include "arch/generic/settings.h"

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/arm64/arch.h"
#include "arch/arm64/facts.h"
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
using Draft = HostDraft;

constexpr std::int64_t kPageShifts[] = {12, 14, 16};

constexpr std::string_view kModes[] = {"vhe", "nvhe", "protected", "nested"};
constexpr std::string_view kVgics[] = {"none", "v2", "v3", "v5"};
constexpr std::string_view kPtrAuthAlgorithms[] = {"none", "qarma5", "qarma3", "impdef"};
constexpr std::int64_t kQarma5 = 1;

std::int64_t Yes(const Draft&) { return 1; }
std::int64_t No(const Draft&) { return 0; }

bool HasGicV3(const Draft& host) {
  return host["hw.vgic"] == arm64::kVgicV3 || host["hw.vgic"] == arm64::kVgicV5;
}
// The architecture has 2 to 16 of each kind.
bool IsNumberOfDebugRegisters(std::int64_t number) { return number >= 2 && number <= 16; }

constexpr Setting kMode = {
    .name = "kvm_arm.mode",
    .type = Setting::Type::kWord,
    .words = kModes,
    .value = [](const Draft& host) -> std::int64_t {
      return host["hw.vhe"] != 0 ? arm64::kVhe : arm64::kNvhe;
    },
    .meaning =
        "the boot parameter kvm-arm.mode: the host's kernel runs at EL2 (vhe), or at EL1 (nvhe), "
        "from where it can't see protected guests (protected), or at EL2 with guests that are "
        "hypervisors themselves (nested)",
};

constexpr Setting kVgic = {
    .name = "hw.vgic",
    .type = Setting::Type::kWord,
    .words = kVgics,
    .value = [](const Draft&) -> std::int64_t { return arm64::kVgicV3; },
    .meaning = "the interrupt controller that serves guests; v5 with what guests of a GICv3 need",
};

constexpr Setting PtrAuth(std::string_view name, std::string_view meaning) {
  return {.name = name,
          .type = Setting::Type::kWord,
          .words = kPtrAuthAlgorithms,
          .value = [](const Draft&) -> std::int64_t { return kQarma5; },
          .meaning = meaning};
}

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
    Switch("hw.vhe", Yes, "the processors' virtualization host extensions"),
    kMode,
    kVgic,
    Switch("hw.vgic_v2_compat", No, "a GICv3 that has a GICv2's interface for guests too"),
    Switch("CONFIG_ARM64_MTE", Yes, "the kernel knows memory tagging"),
    Switch("hw.mte", No, "the processors have memory tagging"),
    Switch("CONFIG_SCHED_INFO", Yes, "the scheduler's statistics of each task"),
    Switch("hw.el1_32bit", No, "32-bit guests can be run"),
    Switch("hw.nested_virt", No, "guests can be hypervisors (FEAT_NV2)"),
    Switch("hw.hcr_nv1", No, "such guests need no virtualization host extensions (HCR_EL2.NV1)"),
    Number(
        "hw.breakpoints", [](const Draft&) -> std::int64_t { return 6; }, "hardware breakpoints"),
    Number(
        "hw.watchpoints", [](const Draft&) -> std::int64_t { return 4; }, "hardware watchpoints"),
    Switch("CONFIG_ARM_PMU", Yes, "the kernel knows performance counters"),
    Switch("hw.pmu_v3", Yes, "performance counters (PMUv3) that guests can be given"),
    Switch("CONFIG_ARM64_RAS_EXTN", Yes, "the kernel knows the extension for reliability"),
    Switch("hw.ras", Yes,
           "the processors have the extension for reliability, with syndromes of SErrors"),
    Switch("CONFIG_ARM64_SVE", Yes, "the kernel knows scalable vectors"),
    Switch("hw.sve", Yes, "the processors have scalable vectors"),
    Switch("CONFIG_ARM64_PTR_AUTH", Yes, "the kernel knows pointer authentication"),
    PtrAuth("hw.ptrauth_address", "the algorithm that authenticates addresses"),
    PtrAuth("hw.ptrauth_generic", "the algorithm that authenticates other data"),
    Switch("hw.fwb", Yes, "guests can't make their memory uncacheable (FEAT_S2FWB)"),
    Switch("hw.cache_dic", Yes, "instruction caches need no invalidation (CTR_EL0.DIC)"),
    Always("CONFIG_HAVE_KVM_MSI"),
    Always("CONFIG_HAVE_KVM_IRQCHIP"),
    Always("CONFIG_HAVE_KVM_IRQ_ROUTING"),
    Always("CONFIG_KVM_MMIO"),
    Always("CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT"),
    Never("CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    Always("CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    Always("CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP"),
    GuestMemfdSymbol(Always("CONFIG_KVM_GUEST_MEMFD")),
    PrivateMemSymbol(Never("CONFIG_KVM_PRIVATE_MEM")),
    kMemoryAttributes,
};

constexpr HostRule kRules[] = {
    generic::HasACpu(),
    {"hw.ipa_bits must be 32 to 52",
     [](const Draft& host) { return host["hw.ipa_bits"] >= 32 && host["hw.ipa_bits"] <= 52; }},
    {"kvm_arm.mode=vhe and kvm_arm.mode=nested need hw.vhe",
     [](const Draft& host) {
       const std::int64_t mode = host["kvm_arm.mode"];
       return host["hw.vhe"] != 0 || (mode != arm64::kVhe && mode != arm64::kNested);
     }},
    {"kvm_arm.mode=protected and kvm_arm.mode=nested need a GICv3 for guests: hw.vgic=v3 or v5",
     [](const Draft& host) {
       const std::int64_t mode = host["kvm_arm.mode"];
       return HasGicV3(host) || (mode != arm64::kProtected && mode != arm64::kNested);
     }},
    {"hw.vgic=v5 needs a revision that knows the GICv5",
     [](const Draft& host) {
       return host["hw.vgic"] != arm64::kVgicV5 || host.revision().arm64_gicv5;
     }},
    {"hw.vgic_v2_compat needs hw.vgic=v3",
     [](const Draft& host) {
       return host["hw.vgic_v2_compat"] == 0 || host["hw.vgic"] == arm64::kVgicV3;
     }},
    {"hw.nested_virt needs hw.vhe",
     [](const Draft& host) { return host["hw.nested_virt"] == 0 || host["hw.vhe"] != 0; }},
    {"hw.hcr_nv1 needs hw.nested_virt",
     [](const Draft& host) { return host["hw.hcr_nv1"] == 0 || host["hw.nested_virt"] != 0; }},
    {"hw.breakpoints must be 2 to 16",
     [](const Draft& host) { return IsNumberOfDebugRegisters(host["hw.breakpoints"]); }},
    {"hw.watchpoints must be 2 to 16",
     [](const Draft& host) { return IsNumberOfDebugRegisters(host["hw.watchpoints"]); }},
};

}  // namespace

std::span<const Setting> Arm64::settings() const { return kSettings; }
std::span<const HostRule> Arm64::rules() const { return kRules; }

}  // namespace kvm_model
