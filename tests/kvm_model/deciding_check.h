// Which of two broken checks decides: for calls whose checks nearly all answer the same errno.
//
// A test writes down the checks in the kernel's order, each with a way to break it and with what it
// refuses, said anew and without the model's help. Of two that one call breaks the earlier must
// decide, as the decision trail tells: moving a check past its neighbour fails.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_DECIDING_CHECK_H_
#define KVM_MODEL_TESTS_KVM_MODEL_DECIDING_CHECK_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model {

template <typename Input>
struct DecidingCheck {
  int step;  // of the specification
  std::string_view text;
  uapi::Errno error;
  void (*violate)(Input&);
  bool (*refuses)(const Input&);
};

struct Decision {
  Result<std::int64_t> answer;
  // The last predicate that held before the call failed.
  std::string text;
};

inline std::string DecidingPredicate(const TrailRecorder& recorder) {
  std::string_view text = "none";
  for (const TrailStep& step : recorder.steps()) {
    if (step.kind == TrailStep::Kind::kErrno) break;
    if (step.kind == TrailStep::Kind::kPredicate && step.outcome) text = step.text;
  }
  return std::string(text);
}

// The call passes when nothing is broken, and each check alone decides.
template <typename Input, typename Call>
void ExpectEachDecidesAlone(std::span<const DecidingCheck<Input>> checks, const Input& good,
                            Call call) {
  EXPECT_THAT(call(good).answer, Answers(0));
  for (const DecidingCheck<Input>& check : checks) {
    SCOPED_TRACE(check.text);
    EXPECT_FALSE(check.refuses(good));
    Input input = good;
    check.violate(input);
    EXPECT_TRUE(check.refuses(input));
    const Decision decision = call(input);
    EXPECT_THAT(decision.answer, FailsWith(check.error));
    EXPECT_EQ(decision.text, check.text);
  }
}

// Breaks each two, in both orders. A call that nothing refuses must pass: breaking the second may
// mend the first. The pairs of checks, by index, that some call broke both of, with none before
// them broken.
template <typename Input, typename Call>
std::set<std::pair<std::size_t, std::size_t>> ExpectTheEarlierDecides(
    std::span<const DecidingCheck<Input>> checks, const Input& good, Call call) {
  std::set<std::pair<std::size_t, std::size_t>> shown;
  for (const DecidingCheck<Input>& one : checks) {
    for (const DecidingCheck<Input>& other : checks) {
      if (&one == &other) continue;
      SCOPED_TRACE(std::string(one.text) + ", then " + std::string(other.text));
      Input input = good;
      one.violate(input);
      other.violate(input);
      std::vector<std::size_t> refusing;
      for (std::size_t i = 0; i < checks.size(); ++i) {
        if (checks[i].refuses(input)) refusing.push_back(i);
      }
      const Decision decision = call(input);
      if (refusing.empty()) {
        EXPECT_THAT(decision.answer, Answers(0));
        continue;
      }
      EXPECT_THAT(decision.answer, FailsWith(checks[refusing[0]].error));
      EXPECT_EQ(decision.text, checks[refusing[0]].text);
      if (refusing.size() > 1) shown.emplace(refusing[0], refusing[1]);
    }
  }
  return shown;
}

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_DECIDING_CHECK_H_
