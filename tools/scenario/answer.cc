#include "tools/scenario/answer.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_format.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overload(Fs...) -> Overload<Fs...>;

std::string Field(std::string_view name, const std::optional<std::uint64_t>& value) {
  return value ? absl::StrFormat(" %s=%s", name, FormatPlainNumber(*value)) : std::string();
}

class Formatter {
 public:
  Formatter(NameDomain domain, const NameContext& names, std::uint64_t error_offset)
      : domain_(domain), names_(names), error_offset_(error_offset) {}

  std::string operator()(const answer::Ok&) const { return "ok"; }
  std::string operator()(const answer::Fd&) const { return "fd"; }
  std::string operator()(const answer::Number& number) const {
    return Value(domain_, number.value) + ErrorOffset(number.error_offset, false);
  }
  std::string operator()(const answer::Errno& error) const {
    return Value(NameDomain::kErrno, static_cast<std::uint64_t>(error.error)) +
           ErrorOffset(error.error_offset, true) + Field("gpa", error.gpa) +
           Field("size", error.size);
  }
  std::string operator()(const answer::Byte& byte) const { return FormatByte(byte.value); }
  std::string operator()(answer::Signal signal) const {
    return signal == answer::Signal::kSigbus ? "SIGBUS" : "SIGSEGV";
  }
  std::string operator()(const answer::Mmio&) const { return "MMIO"; }
  std::string operator()(const answer::MemoryFault& fault) const {
    std::string text =
        absl::StrFormat("MEMORY_FAULT gpa=%s size=%s flags=%s", FormatPlainNumber(fault.gpa),
                        FormatPlainNumber(fault.size),
                        FormatNumber(NameDomain::kMemoryFaultFlag, fault.flags, names_));
    if (fault.error != uapi::Errno::kEFAULT) {
      text += " errno=" + Value(NameDomain::kErrno, static_cast<std::uint64_t>(fault.error));
    }
    return text;
  }
  std::string operator()(const answer::Progress& progress) const {
    if (progress.size == 0) return "0";
    return "0" + Field("gpa", progress.gpa) + Field("size", progress.size);
  }
  std::string operator()(const answer::Runs& runs) const {
    if (runs.runs.empty()) return "none";
    std::string text;
    for (const answer::Run& run : runs.runs) {
      absl::StrAppendFormat(&text, "%s[%d,%d)", text.empty() ? "" : "  ", run.start, run.end);
      if (run.value) text += " " + FormatNumber(NameDomain::kMemoryAttribute, *run.value, names_);
    }
    return text;
  }
  std::string operator()(const answer::NotModelled& unknown) const {
    return "not modelled: " + unknown.reason;
  }
  std::string operator()(const answer::Broken& broken) const {
    return "the backend failed: " + broken.reason;
  }

 private:
  std::string Value(NameDomain domain, std::uint64_t number) const {
    return domain == NameDomain::kNone ? FormatPlainNumber(number)
                                       : FormatNumber(domain, number, names_);
  }
  // Success keeps quiet about a field that was left alone, as it should be.
  std::string ErrorOffset(const std::optional<std::uint64_t>& after, bool failed) const {
    if (!after) return "";
    if (*after != error_offset_) return Field("error_offset", after);
    return failed ? " error_offset=unwritten" : "";
  }

  NameDomain domain_;
  const NameContext& names_;
  std::uint64_t error_offset_;
};

constexpr std::uint64_t kFailed = std::numeric_limits<std::uint64_t>::max();

}  // namespace

bool Succeeded(const Answer& answer) {
  return std::holds_alternative<answer::Ok>(answer) || std::holds_alternative<answer::Fd>(answer) ||
         std::holds_alternative<answer::Number>(answer) ||
         std::holds_alternative<answer::Byte>(answer) ||
         std::holds_alternative<answer::Progress>(answer) ||
         std::holds_alternative<answer::Runs>(answer);
}

std::uint64_t ValueOf(const Answer& answer) {
  return std::visit(Overload{
                        [](const answer::Ok& ok) { return ok.value; },
                        [](const answer::Fd& fd) {
                          return static_cast<std::uint64_t>(static_cast<std::int64_t>(fd.number));
                        },
                        [](const answer::Number& number) { return number.value; },
                        [](const answer::Byte& byte) { return std::uint64_t{byte.value}; },
                        [](const answer::Progress&) { return std::uint64_t{0}; },
                        [](const answer::Runs& runs) { return std::uint64_t{runs.runs.size()}; },
                        [](const auto&) { return kFailed; },
                    },
                    answer);
}

std::string FormatAnswer(const Answer& answer, NameDomain domain, const NameContext& names,
                         std::uint64_t error_offset) {
  return std::visit(Formatter(domain, names, error_offset), answer);
}

std::string FormatByte(std::uint8_t byte) {
  constexpr std::uint8_t kFirstPrintable = 0x20;
  constexpr std::uint8_t kLastPrintable = 0x7e;
  if (byte < kFirstPrintable || byte > kLastPrintable) return absl::StrFormat("%d", byte);
  const char character = static_cast<char>(byte);
  const bool escaped = character == '\'' || character == '\\';
  return absl::StrFormat("'%s%c'", escaped ? "\\" : "", character);
}

std::string FormatPlainNumber(std::uint64_t number) {
  constexpr std::uint64_t kLastDecimal = 4095;
  return number <= kLastDecimal ? absl::StrFormat("%d", number) : absl::StrFormat("0x%x", number);
}

}  // namespace kvm_model::scenario
