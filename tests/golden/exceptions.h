// The recorded rows that the model can't be held to, each with the reason.
//
// A row leaves this table when the model learns it: a test fails for an exception that is not
// needed.
#ifndef KVM_MODEL_TESTS_GOLDEN_EXCEPTIONS_H_
#define KVM_MODEL_TESTS_GOLDEN_EXCEPTIONS_H_

#include <cstdint>
#include <string_view>

namespace kvm_model {

struct Exception {
  enum class Kind : std::uint8_t {
    kNoDoor,       // no system call of the model's makes this call: it has no program row
    kNotModelled,  // the call can be made, and answers that it is not modelled
  };
  Kind kind;
  std::string_view name;
  std::string_view reason;
};

inline constexpr std::string_view kArchEnableCap = "x86's own checks of KVM_ENABLE_CAP";
inline constexpr std::string_view kVcpuEnableCap = "KVM_ENABLE_CAP on a vCPU";
inline constexpr std::string_view kMadvise = "madvise and mlock are not among the model's calls";

inline constexpr Exception kExceptions[] = {
    {Exception::Kind::kNoDoor, "F_GETFL", "fcntl is not among the model's calls"},
    {Exception::Kind::kNoDoor, "fchmod", "fchmod is not among the model's calls"},
    {Exception::Kind::kNoDoor, "dup2-open /proc/self/fd", "the model has no /proc"},
    {Exception::Kind::kNoDoor, "madvise DONTNEED", kMadvise},
    {Exception::Kind::kNoDoor, "access after DONTNEED", kMadvise},
    {Exception::Kind::kNoDoor, "madvise REMOVE", kMadvise},
    {Exception::Kind::kNoDoor, "access after REMOVE", kMadvise},
    {Exception::Kind::kNoDoor, "mlock", kMadvise},
    {Exception::Kind::kNoDoor, "madvise HUGEPAGE", kMadvise},
    {Exception::Kind::kNoDoor, "CHECK after", "capabilities that x86 itself answers"},
    {Exception::Kind::kNotModelled, "EC SPLIT 4097", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC SPLIT 24", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC SPLIT again", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC QUIRKS2 bad", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC QUIRKS bad", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC X2APIC 16", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC X2APIC 12", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC X2APIC 4", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC EXITHYPER bad", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC EXITHYPER ok", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC APICBUS 0", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC APICBUS 10", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC MAXID 4097", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC MAXID 10", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC MAXID 11", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC MAXID 0", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC PMU 1", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC DISABLE_EXITS 16", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC DISABLE_EXITS 14", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC EXIT_ON_EMU 2", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC EXIT_ON_EMU 1", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC USERMSR bad", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC USERMSR 7", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC BUSLOCK 3", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC BUSLOCK 2", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC NXHUGE 1", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC NXHUGE 0", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC COPYENC", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC MOVEENC", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC NOTIFY", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC PLATFORM_INFO", kArchEnableCap},
    {Exception::Kind::kNotModelled, "EC vcpu 190", kVcpuEnableCap},
    {Exception::Kind::kNotModelled, "EC vcpu 233", kVcpuEnableCap},
    {Exception::Kind::kNotModelled, "EC vcpu 190 flags", kVcpuEnableCap},
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_GOLDEN_EXCEPTIONS_H_
