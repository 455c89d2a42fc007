#include "tools/scenario/match.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>

#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

using Verdict = std::expected<bool, std::string>;
using Kind = Expectation::Kind;

class Matcher {
 public:
  Matcher(const Answer& answer, std::uint64_t error_offset, const Environment& environment)
      : answer_(answer), error_offset_(error_offset), environment_(environment) {}

  Verdict Match(const Expectation& expectation) const {
    switch (expectation.kind) {
      case Kind::kAny:
        return true;
      case Kind::kNot: {
        const Verdict refused = Match(expectation.choices.front());
        if (!refused) return refused;
        return !*refused;
      }
      case Kind::kSet:
        return AnyOf(expectation);
      case Kind::kFd:
        return Is<answer::Fd>() || Is<answer::Number>();
      case Kind::kOk:
        return IsOk();
      case Kind::kSigbus:
        return IsSignal(answer::Signal::kSigbus);
      case Kind::kSigsegv:
        return IsSignal(answer::Signal::kSigsegv);
      case Kind::kMmio:
        return Is<answer::Mmio>();
      case Kind::kRuns:
        return MatchRuns(expectation);
      case Kind::kErrno:
        return IsErrno(expectation.error) ? Fields(expectation) : Verdict(false);
      case Kind::kMemoryFault:
        return Is<answer::MemoryFault>() ? Fields(expectation) : Verdict(false);
      case Kind::kValue:
        return MatchValue(expectation);
    }
    return false;
  }

 private:
  template <typename T>
  bool Is() const {
    return std::holds_alternative<T>(answer_);
  }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&answer_);
  }

  Verdict AnyOf(const Expectation& expectation) const {
    for (const Expectation& choice : expectation.choices) {
      const Verdict matched = Match(choice);
      if (!matched || *matched) return matched;
    }
    return false;
  }

  bool IsOk() const {
    if (Is<answer::Ok>()) return true;
    if (const auto* number = As<answer::Number>()) return number->value == 0;
    if (const auto* progress = As<answer::Progress>()) return progress->size == 0;
    return false;
  }

  bool IsSignal(answer::Signal signal) const {
    const auto* got = As<answer::Signal>();
    return got != nullptr && *got == signal;
  }

  bool IsErrno(uapi::Errno error) const {
    if (const auto* got = As<answer::Errno>()) return got->error == error;
    const auto* fault = As<answer::MemoryFault>();
    return fault != nullptr && fault->error == error && error != uapi::Errno::kEFAULT;
  }

  Verdict MatchValue(const Expectation& expectation) const {
    const std::expected<std::uint64_t, std::string> expected =
        Evaluate(*expectation.value, environment_);
    if (!expected) return std::unexpected(expected.error());
    if (!ValueIs(*expected, expectation.fields.empty())) return false;
    return Fields(expectation);
  }

  bool ValueIs(std::uint64_t expected, bool without_fields) const {
    if (const auto* number = As<answer::Number>()) return number->value == expected;
    if (const auto* byte = As<answer::Byte>()) {
      return byte->value == static_cast<std::uint8_t>(expected);
    }
    if (Is<answer::Fd>()) return ValueOf(answer_) == expected;
    const auto* progress = As<answer::Progress>();
    return progress != nullptr && expected == 0 && (progress->size == 0 || !without_fields);
  }

  Verdict Fields(const Expectation& expectation) const {
    for (const ExpectedField& field : expectation.fields) {
      const std::optional<std::uint64_t> actual = FieldOf(field.id);
      if (!actual) return false;
      std::uint64_t wanted = error_offset_;
      if (field.value) {
        const std::expected<std::uint64_t, std::string> value =
            Evaluate(*field.value, environment_);
        if (!value) return std::unexpected(value.error());
        wanted = *value;
      }
      if (*actual != wanted) return false;
    }
    return true;
  }

  std::optional<std::uint64_t> FieldOf(FieldId field) const {
    if (const auto* number = As<answer::Number>()) {
      return field == FieldId::kErrorOffset ? number->error_offset : std::nullopt;
    }
    if (const auto* error = As<answer::Errno>()) {
      if (field == FieldId::kErrorOffset) return error->error_offset;
      if (field == FieldId::kGpa) return error->gpa;
      return field == FieldId::kSize ? error->size : std::nullopt;
    }
    if (const auto* progress = As<answer::Progress>()) {
      if (field == FieldId::kGpa) return progress->gpa;
      return field == FieldId::kSize ? std::optional(progress->size) : std::nullopt;
    }
    const auto* fault = As<answer::MemoryFault>();
    if (fault == nullptr) return std::nullopt;
    switch (field) {
      case FieldId::kGpa:
        return fault->gpa;
      case FieldId::kSize:
        return fault->size;
      case FieldId::kFlags:
        return fault->flags;
      case FieldId::kErrno:
        return static_cast<std::uint64_t>(fault->error);
      case FieldId::kErrorOffset:
        return std::nullopt;
    }
    return std::nullopt;
  }

  Verdict MatchRuns(const Expectation& expectation) const {
    const auto* runs = As<answer::Runs>();
    if (runs == nullptr || runs->runs.size() != expectation.runs.size()) return false;
    for (std::size_t i = 0; i < runs->runs.size(); ++i) {
      const Verdict same = MatchRun(expectation.runs[i], runs->runs[i]);
      if (!same || !*same) return same;
    }
    return true;
  }

  Verdict MatchRun(const ExpectedRun& expected, const answer::Run& run) const {
    const auto start = Evaluate(expected.start, environment_);
    if (!start) return std::unexpected(start.error());
    const auto end = Evaluate(expected.end, environment_);
    if (!end) return std::unexpected(end.error());
    if (*start != run.start || *end != run.end) return false;
    if (expected.value.has_value() != run.value.has_value()) return false;
    if (!expected.value) return true;
    const auto value = Evaluate(*expected.value, environment_);
    if (!value) return std::unexpected(value.error());
    return *value == *run.value;
  }

  const Answer& answer_;
  std::uint64_t error_offset_;
  const Environment& environment_;
};

}  // namespace

std::expected<bool, std::string> Matches(const Expectation& expectation, const Answer& answer,
                                         std::uint64_t error_offset,
                                         const Environment& environment) {
  return Matcher(answer, error_offset, environment).Match(expectation);
}

}  // namespace kvm_model::scenario
