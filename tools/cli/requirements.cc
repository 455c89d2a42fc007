#include "tools/cli/requirements.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "uapi/capability_facts.h"
#include "uapi/errno.h"
#include "uapi/flags.h"

namespace kvm_model::cli {
namespace {

using Verdict = RequirementVerdict;

struct Judgement {
  Verdict verdict;
  std::string reason;
};

// A negative answer is no set of bits.
Judgement JudgeBits(const Requirement& requirement, std::int64_t value, std::string_view arch) {
  const auto bits = static_cast<std::uint64_t>(std::max(value, std::int64_t{0}));
  const std::string answer =
      value < 0 ? absl::StrFormat("answers %d", value) : absl::StrFormat("answers 0x%x", bits);
  const std::uint64_t missing = requirement.value & ~bits;
  if (missing == 0) {
    return {Verdict::kMet, absl::StrFormat("%s, which has %s", answer, requirement.value_text)};
  }
  const auto flags = uapi::CapabilityValueFlags(requirement.capability, arch);
  return {Verdict::kMissing,
          absl::StrFormat("%s, without %s", answer, uapi::DecodeFlags(missing, flags))};
}

Judgement JudgeValue(const Requirement& requirement, std::int64_t value, std::string_view arch) {
  switch (requirement.test) {
    case RequirementTest::kPositive:
      return {value > 0 ? Verdict::kMet : Verdict::kMissing, absl::StrFormat("answers %d", value)};
    case RequirementTest::kAtLeast: {
      const bool met = value >= 0 && static_cast<std::uint64_t>(value) >= requirement.value;
      return {met ? Verdict::kMet : Verdict::kMissing,
              absl::StrFormat("answers %d, %s %s", value, met ? "at least" : "less than",
                              requirement.value_text)};
    }
    case RequirementTest::kHas:
      return JudgeBits(requirement, value, arch);
  }
  return {};
}

Judgement Judge(const Requirement& requirement, const RequirementAnswer& answer,
                std::string_view arch) {
  switch (answer.kind) {
    case RequirementAnswer::Kind::kValue:
      return JudgeValue(requirement, answer.value, arch);
    case RequirementAnswer::Kind::kErrno:
      return {Verdict::kMissing, absl::StrFormat("fails with %s", uapi::ErrnoName(answer.error))};
    case RequirementAnswer::Kind::kUnknown:
      break;
  }
  return {Verdict::kUnknown, "the answer isn't known"};
}

}  // namespace

std::string ToString(const Requirement& requirement) {
  std::string text = requirement.capability;
  if (requirement.test == RequirementTest::kAtLeast) text += " >= " + requirement.value_text;
  if (requirement.test == RequirementTest::kHas) text += " has " + requirement.value_text;
  if (requirement.scope == RequirementScope::kVm) text += " on vm";
  return text;
}

RequirementVerdict RequirementReport::Overall() const {
  if (!architecture_supported) return Verdict::kMissing;
  const auto any = [this](Verdict verdict) {
    return std::ranges::any_of(results, [verdict](const RequirementResult& result) {
      return !result.requirement.optional && result.verdict == verdict;
    });
  };
  if (any(Verdict::kMissing)) return Verdict::kMissing;
  return any(Verdict::kUnknown) ? Verdict::kUnknown : Verdict::kMet;
}

RequirementReport CheckRequirements(const RequirementList& list, std::string_view arch,
                                    const AskRequirement& ask) {
  RequirementReport report;
  if (!list.architectures.empty() &&
      std::ranges::find(list.architectures, arch) == list.architectures.end()) {
    report.architecture_supported = false;
    return report;
  }
  for (const Requirement& requirement : list.requirements) {
    if (!requirement.arch.empty() && requirement.arch != arch) continue;
    const RequirementAnswer answer = ask(requirement.capability, requirement.scope);
    auto [verdict, reason] = Judge(requirement, answer, arch);
    report.results.push_back({requirement, answer, verdict, std::move(reason)});
  }
  return report;
}

}  // namespace kvm_model::cli
