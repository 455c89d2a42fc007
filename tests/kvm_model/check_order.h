// ExpectInOrder: a call asks its checks in the kernel's order, and ends with the first that
// refuses.
//
// A test writes down the texts of the checks in their order, each with a way to violate it alone.
// The call with nothing wrong must ask all of them; a call that violates one must ask those up to
// it and none behind. A check that is moved past its neighbour, or left out, fails. Questions that
// are not in the table may stand between.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_CHECK_ORDER_H_
#define KVM_MODEL_TESTS_KVM_MODEL_CHECK_ORDER_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

// `Call` is a default-constructible description of a call; Make() makes it on a machine of its own,
// with the listener set for that call alone.
template <typename Call>
struct OrderedCheck {
  std::string_view text;
  // Null: it can't be violated alone, or its refusal ends nothing.
  void (*violate)(Call&) = nullptr;
};

// Sets the listener while `call` runs.
template <typename F>
void Listen(Machine& machine, TrailRecorder& recorder, const F& call) {
  machine.task().SetTrailListener(&recorder);
  (void)call();
  machine.task().SetTrailListener(nullptr);
}

// Those of the texts that the call asked, in the order in which it did.
template <typename Call>
std::vector<std::string> Asked(const Call& call, std::span<const OrderedCheck<Call>> checks) {
  std::set<std::string_view> wanted;
  for (const OrderedCheck<Call>& check : checks) wanted.insert(check.text);
  TrailRecorder recorder;
  call.Make(recorder);
  std::vector<std::string> asked;
  for (const TrailStep& step : recorder.steps()) {
    if (step.kind == TrailStep::Kind::kPredicate && wanted.contains(step.text)) {
      asked.emplace_back(step.text);
    }
  }
  return asked;
}

template <typename Call, std::size_t N>
void ExpectInOrder(const OrderedCheck<Call> (&checks)[N]) {
  const std::span<const OrderedCheck<Call>> all(checks);
  std::vector<std::string> texts;
  for (const OrderedCheck<Call>& check : all) texts.emplace_back(check.text);
  EXPECT_EQ(Asked(Call(), all), texts) << "with nothing wrong";
  for (std::size_t i = 0; i < N; ++i) {
    if (checks[i].violate == nullptr) continue;
    Call call;
    checks[i].violate(call);
    const std::vector<std::string> up_to_it(texts.begin(),
                                            texts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    EXPECT_EQ(Asked(call, all), up_to_it) << "violated: " << checks[i].text;
  }
}

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_CHECK_ORDER_H_
