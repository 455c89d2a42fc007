// The names of bits in the values of capabilities, where uapi/constants.h has no table for them
// yet. Which capability has which table, on which architecture, is in uapi/capability_facts.h.
//
// Cost: all of it is constexpr.

#ifndef KVM_MODEL_UAPI_CAPABILITY_FLAGS_H_
#define KVM_MODEL_UAPI_CAPABILITY_FLAGS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "uapi/constants.h"
#include "uapi/flags.h"

namespace kvm_model::uapi {

// The flag that is bit n.
consteval std::uint64_t CapabilityBit(unsigned n) { return std::uint64_t{1} << n; }

// ---- KVM_CAP_SET_GUEST_DEBUG2: the architectures share two bits, not the rest ----

inline constexpr auto kX86GuestDebugFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_GUESTDBG_ENABLE", "ENABLE"},
    {CapabilityBit(1), "KVM_GUESTDBG_SINGLESTEP", "SINGLESTEP"},
    {CapabilityBit(16), "KVM_GUESTDBG_USE_SW_BP", "USE_SW_BP"},
    {CapabilityBit(17), "KVM_GUESTDBG_USE_HW_BP", "USE_HW_BP"},
    {CapabilityBit(18), "KVM_GUESTDBG_INJECT_DB", "INJECT_DB"},
    {CapabilityBit(19), "KVM_GUESTDBG_INJECT_BP", "INJECT_BP"},
    {CapabilityBit(20), "KVM_GUESTDBG_BLOCKIRQ", "BLOCKIRQ"},
});

inline constexpr auto kArm64GuestDebugFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_GUESTDBG_ENABLE", "ENABLE"},
    {CapabilityBit(1), "KVM_GUESTDBG_SINGLESTEP", "SINGLESTEP"},
    {CapabilityBit(16), "KVM_GUESTDBG_USE_SW_BP", "USE_SW_BP"},
    {CapabilityBit(17), "KVM_GUESTDBG_USE_HW", "USE_HW"},
});

inline constexpr auto kS390GuestDebugFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_GUESTDBG_ENABLE", "ENABLE"},
    {CapabilityBit(1), "KVM_GUESTDBG_SINGLESTEP", "SINGLESTEP"},
    {CapabilityBit(16), "KVM_GUESTDBG_USE_HW_BP", "USE_HW_BP"},
    {CapabilityBit(28), "KVM_GUESTDBG_EXIT_PENDING", "EXIT_PENDING"},
});

// ---- x86 ----

inline constexpr auto kXenHvmFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_XEN_HVM_CONFIG_HYPERCALL_MSR", "HYPERCALL_MSR"},
    {CapabilityBit(1), "KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL", "INTERCEPT_HCALL"},
    {CapabilityBit(2), "KVM_XEN_HVM_CONFIG_SHARED_INFO", "SHARED_INFO"},
    {CapabilityBit(3), "KVM_XEN_HVM_CONFIG_RUNSTATE", "RUNSTATE"},
    {CapabilityBit(4), "KVM_XEN_HVM_CONFIG_EVTCHN_2LEVEL", "EVTCHN_2LEVEL"},
    {CapabilityBit(5), "KVM_XEN_HVM_CONFIG_EVTCHN_SEND", "EVTCHN_SEND"},
    {CapabilityBit(6), "KVM_XEN_HVM_CONFIG_RUNSTATE_UPDATE_FLAG", "RUNSTATE_UPDATE_FLAG"},
    {CapabilityBit(7), "KVM_XEN_HVM_CONFIG_PVCLOCK_TSC_UNSTABLE", "PVCLOCK_TSC_UNSTABLE"},
    {CapabilityBit(8), "KVM_XEN_HVM_CONFIG_SHARED_INFO_HVA", "SHARED_INFO_HVA"},
});

inline constexpr auto kX86SyncRegsFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_SYNC_X86_REGS", "REGS"},
    {CapabilityBit(1), "KVM_SYNC_X86_SREGS", "SREGS"},
    {CapabilityBit(2), "KVM_SYNC_X86_EVENTS", "EVENTS"},
});

inline constexpr auto kClockFlags = std::to_array<FlagName>({
    {CapabilityBit(1), "KVM_CLOCK_TSC_STABLE", "TSC_STABLE"},
    {CapabilityBit(2), "KVM_CLOCK_REALTIME", "REALTIME"},
    {CapabilityBit(3), "KVM_CLOCK_HOST_TSC", "HOST_TSC"},
});

// The kernel's names of the upper two lack the API_ of the lower two.
inline constexpr auto kX2apicApiFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_X2APIC_API_USE_32BIT_IDS", "USE_32BIT_IDS"},
    {CapabilityBit(1), "KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK", "DISABLE_BROADCAST_QUIRK"},
    {CapabilityBit(2), "KVM_X2APIC_ENABLE_SUPPRESS_EOI_BROADCAST", "ENABLE_SUPPRESS_EOI_BROADCAST"},
    {CapabilityBit(3), "KVM_X2APIC_DISABLE_SUPPRESS_EOI_BROADCAST",
     "DISABLE_SUPPRESS_EOI_BROADCAST"},
});

inline constexpr auto kX86QuirkFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_X86_QUIRK_LINT0_REENABLED", "LINT0_REENABLED"},
    {CapabilityBit(1), "KVM_X86_QUIRK_CD_NW_CLEARED", "CD_NW_CLEARED"},
    {CapabilityBit(2), "KVM_X86_QUIRK_LAPIC_MMIO_HOLE", "LAPIC_MMIO_HOLE"},
    {CapabilityBit(3), "KVM_X86_QUIRK_OUT_7E_INC_RIP", "OUT_7E_INC_RIP"},
    {CapabilityBit(4), "KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT", "MISC_ENABLE_NO_MWAIT"},
    {CapabilityBit(5), "KVM_X86_QUIRK_FIX_HYPERCALL_INSN", "FIX_HYPERCALL_INSN"},
    {CapabilityBit(6), "KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS", "MWAIT_NEVER_UD_FAULTS"},
    {CapabilityBit(7), "KVM_X86_QUIRK_SLOT_ZAP_ALL", "SLOT_ZAP_ALL"},
    {CapabilityBit(8), "KVM_X86_QUIRK_STUFF_FEATURE_MSRS", "STUFF_FEATURE_MSRS"},
    {CapabilityBit(9), "KVM_X86_QUIRK_IGNORE_GUEST_PAT", "IGNORE_GUEST_PAT"},
    {CapabilityBit(10), "KVM_X86_QUIRK_VMCS12_ALLOW_FREEZE_IN_SMM", "VMCS12_ALLOW_FREEZE_IN_SMM"},
    {CapabilityBit(11), "KVM_X86_QUIRK_NESTED_SVM_SHARED_PAT", "NESTED_SVM_SHARED_PAT"},
});

// Bit n stands for the guest's call number n.
inline constexpr auto kExitHypercallFlags = std::to_array<FlagName>({
    {CapabilityBit(12), "KVM_HC_MAP_GPA_RANGE", "MAP_GPA_RANGE"},
});

// Bit n stands for the type n of kX86VmTypes.
inline constexpr auto kX86VmTypeFlags = [] {
  std::array<FlagName, kX86VmTypes.size()> flags;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const ValueName& type = kX86VmTypes[i];
    flags[i] = {std::uint64_t{1} << type.value, type.name, type.short_name};
  }
  return flags;
}();

// ---- arm64 ----

// The bits are sizes in bytes; the kernel has no names for them.
inline constexpr auto kArm64BlockSizeFlags = std::to_array<FlagName>({
    {CapabilityBit(12), "4K", "4K"},
    {CapabilityBit(14), "16K", "16K"},
    {CapabilityBit(16), "64K", "64K"},
    {CapabilityBit(21), "2M", "2M"},
    {CapabilityBit(25), "32M", "32M"},
    {CapabilityBit(29), "512M", "512M"},
    {CapabilityBit(30), "1G", "1G"},
});

// Bit n stands for range n; the kernel's name is that of the range's number, which is 0.
inline constexpr auto kArm64RegMaskRangeFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_ARM_FEATURE_ID_RANGE", "FEATURE_ID_RANGE"},
});

// ---- powerpc ----

// The bits are numbers of vCPUs per virtual core; the kernel has no names for them.
inline constexpr auto kPowerpcSmtFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "SMT1", "SMT1"},
    {CapabilityBit(1), "SMT2", "SMT2"},
    {CapabilityBit(2), "SMT4", "SMT4"},
    {CapabilityBit(3), "SMT8", "SMT8"},
});

// ---- s390 ----

inline constexpr auto kS390MemOpExtensionFlags = std::to_array<FlagName>({
    {CapabilityBit(0), "KVM_S390_MEMOP_EXTENSION_CAP_BASE", "BASE"},
    {CapabilityBit(1), "KVM_S390_MEMOP_EXTENSION_CAP_CMPXCHG", "CMPXCHG"},
});

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_CAPABILITY_FLAGS_H_
