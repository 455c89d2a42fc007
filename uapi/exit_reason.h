// Why KVM_RUN returned: the values of kvm_run::exit_reason.

#ifndef KVM_MODEL_UAPI_EXIT_REASON_H_
#define KVM_MODEL_UAPI_EXIT_REASON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvm_model::uapi {

// kArmLdst64b and kSnpReqCerts are in the 7.2 header; that 7.0 has them is inferred.
enum class ExitReason : std::uint32_t {
  kUnknown = 0,
  kException = 1,
  kIo = 2,
  kHypercall = 3,
  kDebug = 4,
  kHlt = 5,
  kMmio = 6,
  kIrqWindowOpen = 7,
  kShutdown = 8,
  kFailEntry = 9,
  kIntr = 10,
  kSetTpr = 11,
  kTprAccess = 12,
  kS390Sieic = 13,
  kS390Reset = 14,
  kDcr = 15,
  kNmi = 16,
  kInternalError = 17,
  kOsi = 18,
  kPaprHcall = 19,
  kS390Ucontrol = 20,
  kWatchdog = 21,
  kS390Tsch = 22,
  kEpr = 23,
  kSystemEvent = 24,
  kS390Stsi = 25,
  kIoapicEoi = 26,
  kHyperv = 27,
  kArmNisv = 28,
  kX86Rdmsr = 29,
  kX86Wrmsr = 30,
  kDirtyRingFull = 31,
  kApResetHold = 32,
  kX86BusLock = 33,
  kXen = 34,
  kRiscvSbi = 35,
  kRiscvCsr = 36,
  kNotify = 37,
  kLoongarchIocsr = 38,
  kMemoryFault = 39,
  kTdx = 40,
  kArmSea = 41,
  kArmLdst64b = 42,
  kSnpReqCerts = 43,
};

// The names in order of value, without KVM_EXIT_.
inline constexpr auto kExitReasonNames = std::to_array<std::string_view>({
    "UNKNOWN",
    "EXCEPTION",
    "IO",
    "HYPERCALL",
    "DEBUG",
    "HLT",
    "MMIO",
    "IRQ_WINDOW_OPEN",
    "SHUTDOWN",
    "FAIL_ENTRY",
    "INTR",
    "SET_TPR",
    "TPR_ACCESS",
    "S390_SIEIC",
    "S390_RESET",
    "DCR",
    "NMI",
    "INTERNAL_ERROR",
    "OSI",
    "PAPR_HCALL",
    "S390_UCONTROL",
    "WATCHDOG",
    "S390_TSCH",
    "EPR",
    "SYSTEM_EVENT",
    "S390_STSI",
    "IOAPIC_EOI",
    "HYPERV",
    "ARM_NISV",
    "X86_RDMSR",
    "X86_WRMSR",
    "DIRTY_RING_FULL",
    "AP_RESET_HOLD",
    "X86_BUS_LOCK",
    "XEN",
    "RISCV_SBI",
    "RISCV_CSR",
    "NOTIFY",
    "LOONGARCH_IOCSR",
    "MEMORY_FAULT",
    "TDX",
    "ARM_SEA",
    "ARM_LDST64B",
    "SNP_REQ_CERTS",
});
static_assert(kExitReasonNames.size() == static_cast<std::size_t>(ExitReason::kSnpReqCerts) + 1);

// "MEMORY_FAULT" for ExitReason::kMemoryFault; "" for a value that has no name.
constexpr std::string_view ExitReasonName(ExitReason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < kExitReasonNames.size() ? kExitReasonNames[index] : std::string_view();
}

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_EXIT_REASON_H_
