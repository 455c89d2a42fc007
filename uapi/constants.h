// The constants of KVM's user API in the kernel's terms: KVM_MEM_READONLY is kMemReadonly. Exit
// reasons, and the flags of mmap and fallocate, come along with this header; ioctls are in
// uapi/ioctls.h, capabilities in uapi/capabilities.h.
//
// Each group of flags comes with a table of their names, for DecodeFlags and ParseFlags of
// uapi/flags.h; a table's rows take their bits from the constants above it.
//
// Cost: all of it is constexpr.

#ifndef KVM_MODEL_UAPI_CONSTANTS_H_
#define KVM_MODEL_UAPI_CONSTANTS_H_

#include <array>
#include <cstdint>

#include "uapi/exit_reason.h"   // IWYU pragma: export
#include "uapi/flags.h"         // IWYU pragma: export
#include "uapi/mm_constants.h"  // IWYU pragma: export

namespace kvm_model::uapi {

// ---- KVM as a whole ----

inline constexpr std::uint8_t kKvmio = 0xAE;  // The type of every KVM ioctl.
inline constexpr int kApiVersion = 12;        // KVM_GET_API_VERSION's answer.

// ---- Memory slots (KVM_SET_USER_MEMORY_REGION and its second form) ----

inline constexpr std::uint32_t kMemLogDirtyPages = 1U << 0;
inline constexpr std::uint32_t kMemReadonly = 1U << 1;
inline constexpr std::uint32_t kMemGuestMemfd = 1U << 2;

inline constexpr auto kMemRegionFlags = std::to_array<FlagName>({
    {kMemLogDirtyPages, "KVM_MEM_LOG_DIRTY_PAGES", "LOG_DIRTY_PAGES"},
    {kMemReadonly, "KVM_MEM_READONLY", "READONLY"},
    {kMemGuestMemfd, "KVM_MEM_GUEST_MEMFD", "GUEST_MEMFD"},
});

// Slots in one address space, the kernel's own included.
inline constexpr std::uint32_t kMemSlotsNum = 32767;
// In one slot, in pages.
inline constexpr std::uint64_t kMemMaxNrPages = (std::uint64_t{1} << 31) - 1;

// ---- Memory attributes ----

inline constexpr std::uint64_t kMemoryAttributePrivate = std::uint64_t{1} << 3;

inline constexpr auto kMemoryAttributeFlags = std::to_array<FlagName>({
    {kMemoryAttributePrivate, "KVM_MEMORY_ATTRIBUTE_PRIVATE", "PRIVATE"},
});

// Flags of KVM_SET_MEMORY_ATTRIBUTES2: what becomes of the bytes. rfc-v4 only; no flag at all means
// that the contents are unspecified.
inline constexpr std::uint64_t kSetMemoryAttributes2ModeUnspecified = 0;
inline constexpr std::uint64_t kSetMemoryAttributes2Zero = std::uint64_t{1} << 0;
inline constexpr std::uint64_t kSetMemoryAttributes2Preserve = std::uint64_t{1} << 1;

inline constexpr auto kSetMemoryAttributes2Flags = std::to_array<FlagName>({
    {kSetMemoryAttributes2Zero, "KVM_SET_MEMORY_ATTRIBUTES2_ZERO", "ZERO"},
    {kSetMemoryAttributes2Preserve, "KVM_SET_MEMORY_ATTRIBUTES2_PRESERVE", "PRESERVE"},
});

// Flags of a KVM_EXIT_MEMORY_FAULT.
inline constexpr std::uint64_t kMemoryExitFlagPrivate = std::uint64_t{1} << 3;

inline constexpr auto kMemoryExitFlags = std::to_array<FlagName>({
    {kMemoryExitFlagPrivate, "KVM_MEMORY_EXIT_FLAG_PRIVATE", "PRIVATE"},
});

// ---- guest_memfd ----

inline constexpr std::uint64_t kGuestMemfdFlagMmap = std::uint64_t{1} << 0;
inline constexpr std::uint64_t kGuestMemfdFlagInitShared = std::uint64_t{1} << 1;

inline constexpr auto kGuestMemfdFlags = std::to_array<FlagName>({
    {kGuestMemfdFlagMmap, "GUEST_MEMFD_FLAG_MMAP", "MMAP"},
    {kGuestMemfdFlagInitShared, "GUEST_MEMFD_FLAG_INIT_SHARED", "INIT_SHARED"},
});

// ---- Types of VM (the argument of KVM_CREATE_VM), a set of values for each architecture ----

inline constexpr std::uint64_t kX86DefaultVm = 0;
inline constexpr std::uint64_t kX86SwProtectedVm = 1;
inline constexpr std::uint64_t kX86SevVm = 2;
inline constexpr std::uint64_t kX86SevEsVm = 3;
inline constexpr std::uint64_t kX86SnpVm = 4;
inline constexpr std::uint64_t kX86TdxVm = 5;

inline constexpr auto kX86VmTypes = std::to_array<ValueName>({
    {kX86DefaultVm, "KVM_X86_DEFAULT_VM", "DEFAULT"},
    {kX86SwProtectedVm, "KVM_X86_SW_PROTECTED_VM", "SW_PROTECTED"},
    {kX86SevVm, "KVM_X86_SEV_VM", "SEV"},
    {kX86SevEsVm, "KVM_X86_SEV_ES_VM", "SEV_ES"},
    {kX86SnpVm, "KVM_X86_SNP_VM", "SNP"},
    {kX86TdxVm, "KVM_X86_TDX_VM", "TDX"},
});

inline constexpr std::uint64_t kVmS390Ucontrol = 1;

inline constexpr auto kS390VmTypes = std::to_array<ValueName>({
    {kVmS390Ucontrol, "KVM_VM_S390_UCONTROL", "UCONTROL"},
});

inline constexpr std::uint64_t kVmPpcHv = 1;
inline constexpr std::uint64_t kVmPpcPr = 2;

inline constexpr auto kPowerpcVmTypes = std::to_array<ValueName>({
    {kVmPpcHv, "KVM_VM_PPC_HV", "HV"},
    {kVmPpcPr, "KVM_VM_PPC_PR", "PR"},
});

inline constexpr std::uint64_t kVmMipsAuto = 0;
inline constexpr std::uint64_t kVmMipsVz = 1;
inline constexpr std::uint64_t kVmMipsTe = 2;

inline constexpr auto kMipsVmTypes = std::to_array<ValueName>({
    {kVmMipsAuto, "KVM_VM_MIPS_AUTO", "AUTO"},
    {kVmMipsVz, "KVM_VM_MIPS_VZ", "VZ"},
    {kVmMipsTe, "KVM_VM_MIPS_TE", "TE"},
});

// arm64 takes the bits of guest physical address there; 0 means 40.
inline constexpr std::uint64_t kVmTypeArmIpaSizeMask = 0xFF;
inline constexpr std::uint64_t kVmTypeArmProtected = std::uint64_t{1} << 31;

// ---- Dirty logs and dirty rings ----

// Arguments of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2.
inline constexpr std::uint64_t kDirtyLogManualProtectEnable = 1U << 0;
inline constexpr std::uint64_t kDirtyLogInitiallySet = 1U << 1;

inline constexpr auto kDirtyLogManualFlags = std::to_array<FlagName>({
    {kDirtyLogManualProtectEnable, "KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE", "MANUAL_PROTECT_ENABLE"},
    {kDirtyLogInitiallySet, "KVM_DIRTY_LOG_INITIALLY_SET", "INITIALLY_SET"},
});

inline constexpr std::uint32_t kDirtyGfnDirty = 1U << 0;
inline constexpr std::uint32_t kDirtyGfnReset = 1U << 1;

inline constexpr auto kDirtyGfnFlags = std::to_array<FlagName>({
    {kDirtyGfnDirty, "KVM_DIRTY_GFN_F_DIRTY", "DIRTY"},
    {kDirtyGfnReset, "KVM_DIRTY_GFN_F_RESET", "RESET"},
});

inline constexpr std::uint32_t kDirtyRingMaxEntries = 65536;  // In one vCPU's ring.
// Kept free, not counting the architecture's own (x86 512).
inline constexpr std::uint32_t kDirtyRingRsvdEntries = 64;

// Pages of the vCPU's mapping: where each ring starts. The dirty ring of an architecture without
// one starts at page 0, which means that there is none; x86, arm64, loongarch and, from 6.17 on,
// riscv have one.
inline constexpr std::uint32_t kDirtyLogPageOffset = 64;
inline constexpr std::uint32_t kPioPageOffset = 1;  // x86 only.
inline constexpr std::uint32_t kX86CoalescedMmioPageOffset = 2;
inline constexpr std::uint32_t kCoalescedMmioPageOffset = 1;  // Every architecture but x86.

// ---- Interrupts and I/O events ----

inline constexpr std::uint32_t kMaxIrqRoutes = 4096;

inline constexpr std::uint32_t kIrqfdFlagDeassign = 1U << 0;
inline constexpr std::uint32_t kIrqfdFlagResample = 1U << 1;

inline constexpr auto kIrqfdFlags = std::to_array<FlagName>({
    {kIrqfdFlagDeassign, "KVM_IRQFD_FLAG_DEASSIGN", "DEASSIGN"},
    {kIrqfdFlagResample, "KVM_IRQFD_FLAG_RESAMPLE", "RESAMPLE"},
});

inline constexpr std::uint32_t kIoeventfdFlagDatamatch = 1U << 0;
inline constexpr std::uint32_t kIoeventfdFlagPio = 1U << 1;
inline constexpr std::uint32_t kIoeventfdFlagDeassign = 1U << 2;
inline constexpr std::uint32_t kIoeventfdFlagVirtioCcwNotify = 1U << 3;
// The kernel's header gives the bit's number only, not the flag; it is accepted.
inline constexpr std::uint32_t kIoeventfdFlagFastMmio = 1U << 4;

inline constexpr auto kIoeventfdFlags = std::to_array<FlagName>({
    {kIoeventfdFlagDatamatch, "KVM_IOEVENTFD_FLAG_DATAMATCH", "DATAMATCH"},
    {kIoeventfdFlagPio, "KVM_IOEVENTFD_FLAG_PIO", "PIO"},
    {kIoeventfdFlagDeassign, "KVM_IOEVENTFD_FLAG_DEASSIGN", "DEASSIGN"},
    {kIoeventfdFlagVirtioCcwNotify, "KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY", "VIRTIO_CCW_NOTIFY"},
    {kIoeventfdFlagFastMmio, "KVM_IOEVENTFD_FLAG_FAST_MMIO", "FAST_MMIO"},
});

inline constexpr std::uint32_t kMsiValidDevid = 1U << 0;

inline constexpr auto kMsiFlags = std::to_array<FlagName>({
    {kMsiValidDevid, "KVM_MSI_VALID_DEVID", "VALID_DEVID"},
});

// Types of devices: KVM_DEV_TYPE_*.
inline constexpr std::uint32_t kDevTypeFslMpic20 = 1;
inline constexpr std::uint32_t kDevTypeFslMpic42 = 2;
inline constexpr std::uint32_t kDevTypeXics = 3;
inline constexpr std::uint32_t kDevTypeVfio = 4;
inline constexpr std::uint32_t kDevTypeArmVgicV2 = 5;
inline constexpr std::uint32_t kDevTypeFlic = 6;
inline constexpr std::uint32_t kDevTypeArmVgicV3 = 7;
inline constexpr std::uint32_t kDevTypeArmVgicIts = 8;
inline constexpr std::uint32_t kDevTypeXive = 9;
inline constexpr std::uint32_t kDevTypeRiscvAia = 11;
inline constexpr std::uint32_t kDevTypeLoongarchIpi = 12;
inline constexpr std::uint32_t kDevTypeLoongarchEiointc = 13;
inline constexpr std::uint32_t kDevTypeLoongarchPchpic = 14;

// Only asks whether the device could be made.
inline constexpr std::uint32_t kCreateDeviceTest = 1U << 0;

inline constexpr auto kCreateDeviceFlags = std::to_array<FlagName>({
    {kCreateDeviceTest, "KVM_CREATE_DEVICE_TEST", "TEST"},
});

// ---- Arguments of x86 capabilities ----

inline constexpr std::uint64_t kX86DisableExitsMwait = 1U << 0;
inline constexpr std::uint64_t kX86DisableExitsHlt = 1U << 1;
inline constexpr std::uint64_t kX86DisableExitsPause = 1U << 2;
inline constexpr std::uint64_t kX86DisableExitsCstate = 1U << 3;
inline constexpr std::uint64_t kX86DisableExitsAperfmperf = 1U << 4;

inline constexpr auto kX86DisableExitsFlags = std::to_array<FlagName>({
    {kX86DisableExitsMwait, "KVM_X86_DISABLE_EXITS_MWAIT", "MWAIT"},
    {kX86DisableExitsHlt, "KVM_X86_DISABLE_EXITS_HLT", "HLT"},
    {kX86DisableExitsPause, "KVM_X86_DISABLE_EXITS_PAUSE", "PAUSE"},
    {kX86DisableExitsCstate, "KVM_X86_DISABLE_EXITS_CSTATE", "CSTATE"},
    {kX86DisableExitsAperfmperf, "KVM_X86_DISABLE_EXITS_APERFMPERF", "APERFMPERF"},
});

inline constexpr std::uint64_t kMsrExitReasonInval = 1U << 0;
inline constexpr std::uint64_t kMsrExitReasonUnknown = 1U << 1;
inline constexpr std::uint64_t kMsrExitReasonFilter = 1U << 2;

inline constexpr auto kMsrExitReasonFlags = std::to_array<FlagName>({
    {kMsrExitReasonInval, "KVM_MSR_EXIT_REASON_INVAL", "INVAL"},
    {kMsrExitReasonUnknown, "KVM_MSR_EXIT_REASON_UNKNOWN", "UNKNOWN"},
    {kMsrExitReasonFilter, "KVM_MSR_EXIT_REASON_FILTER", "FILTER"},
});

inline constexpr std::uint64_t kBusLockDetectionOff = 1U << 0;
inline constexpr std::uint64_t kBusLockDetectionExit = 1U << 1;

inline constexpr auto kBusLockDetectionFlags = std::to_array<FlagName>({
    {kBusLockDetectionOff, "KVM_BUS_LOCK_DETECTION_OFF", "OFF"},
    {kBusLockDetectionExit, "KVM_BUS_LOCK_DETECTION_EXIT", "EXIT"},
});

inline constexpr std::uint64_t kX86NotifyVmexitEnabled = 1U << 0;
inline constexpr std::uint64_t kX86NotifyVmexitUser = 1U << 1;

inline constexpr auto kX86NotifyVmexitFlags = std::to_array<FlagName>({
    {kX86NotifyVmexitEnabled, "KVM_X86_NOTIFY_VMEXIT_ENABLED", "ENABLED"},
    {kX86NotifyVmexitUser, "KVM_X86_NOTIFY_VMEXIT_USER", "USER"},
});

inline constexpr std::uint64_t kPmuCapDisable = 1U << 0;

inline constexpr auto kPmuCapFlags = std::to_array<FlagName>({
    {kPmuCapDisable, "KVM_PMU_CAP_DISABLE", "DISABLE"},
});

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_CONSTANTS_H_
