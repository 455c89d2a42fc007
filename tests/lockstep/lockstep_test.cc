#include "tools/lockstep/lockstep.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/campaign.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::lockstep {
namespace {

using scenario::Answer;
using scenario::CallId;
using scenario::CallRequest;
using scenario::Verdict;
using ::testing::HasSubstr;

constexpr auto kRows = std::to_array<AlphabetRow>({
    {1, "{gm0;gm1} = create_guest_memfd(vm0, size={4p;1p}, flags=MMAP|INIT_SHARED)"},
    {2, "{map0;map1} = mmap({gm0;gm1}, 0, {4p;1p})"},
    {2, "host_write({map0;map1}, {0;1p}, {'A';'B'})"},
    {2, "host_read({map0;map1}, {0;1p})"},
    {1, "fallocate({gm0;gm1}, KEEP_SIZE|PUNCH_HOLE, 0, {4p;1p})"},
});

// The model, but for one thing that it gets wrong: after a hole was punched the first byte that is
// read stays what it was.
class WrongModel final : public scenario::Backend {
 public:
  std::string_view Name() const override { return "wrong"; }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override {
    return model_.SkipReason(scenario);
  }
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override {
    punched_ = false;
    return model_.Start(scenario);
  }
  std::uint64_t PageSize() const override { return model_.PageSize(); }
  std::uint64_t BadAddress() const override { return model_.BadAddress(); }
  Answer Execute(const CallRequest& request) override {
    Answer answer = model_.Execute(request);
    if (request.id == CallId::kFallocate)
      punched_ |= std::holds_alternative<scenario::answer::Number>(answer);
    if (request.id == CallId::kHostRead && punched_ &&
        std::holds_alternative<scenario::answer::Byte>(answer)) {
      return scenario::answer::Byte{'A'};
    }
    return answer;
  }
  void Finish() override { model_.Finish(); }

 private:
  scenario::ModelBackend model_;
  bool punched_ = false;
};

// The model, but in some worlds it doesn't answer the nth call: an n for each world to come, 0
// where all are answered.
class SilentReference final : public scenario::Backend {
 public:
  explicit SilentReference(std::vector<int> silent_at) : silent_at_(std::move(silent_at)) {}
  std::string_view Name() const override { return "silent"; }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override {
    return model_.SkipReason(scenario);
  }
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override {
    left_ = world_ < silent_at_.size() ? silent_at_[world_] : 0;
    ++world_;
    return model_.Start(scenario);
  }
  std::uint64_t PageSize() const override { return model_.PageSize(); }
  std::uint64_t BadAddress() const override { return model_.BadAddress(); }
  Answer Execute(const CallRequest& request) override {
    if (left_ > 0 && --left_ == 0) return scenario::answer::Broken{"no answer came in time"};
    return model_.Execute(request);
  }
  void Finish() override { model_.Finish(); }

 private:
  scenario::ModelBackend model_;
  const std::vector<int> silent_at_;
  std::size_t world_ = 0;
  int left_ = 0;
};

class LockstepTest : public ::testing::Test {
 protected:
  LockstepTest() {
    world_.beginning =
        *scenario::Parse("beginning", "host x86 linux-6.18\nkvm = open()\nvm0 = create_vm(kvm)\n");
    alphabet_ = *Alphabet::Parse(kRows, world_.beginning.host);
    world_.alphabet = &alphabet_;
    world_.reference = &right_;
    world_.model = &other_;
  }

  CampaignResult Campaign(std::uint64_t seed, std::uint64_t steps) {
    return RunCampaign(world_, {.seed = seed, .steps = steps, .steps_of_a_world = 40},
                       [](const CampaignState&) { return true; });
  }

  Alphabet alphabet_;
  scenario::ModelBackend right_;
  scenario::ModelBackend other_;
  WrongModel wrong_;
  World world_;
};

TEST_F(LockstepTest, TwoOfAKindAgree) {
  const CampaignResult result = Campaign(1, 400);
  EXPECT_FALSE(result.finding.has_value());
  EXPECT_EQ(result.state.steps, 400);
  EXPECT_EQ(result.state.worlds, 10);
}

TEST_F(LockstepTest, TheShortestWayToADifferenceIsTold) {
  world_.model = &wrong_;
  const CampaignResult result = Campaign(1, 100'000);
  ASSERT_TRUE(result.finding.has_value());
  EXPECT_EQ(result.finding->difference.call, "host_read(map0, 0)");
  EXPECT_EQ(result.finding->difference.reference, "0");
  EXPECT_EQ(result.finding->difference.model, "'A'");
  const auto scenario = scenario::Parse("found", result.finding->scenario);
  ASSERT_TRUE(scenario.has_value()) << result.finding->scenario;
  // The beginning, then: a file, a mapping, a hole, a read.
  EXPECT_EQ(scenario->statements.size(), 2 + 4) << result.finding->scenario;
  EXPECT_EQ(RunScenario(*scenario, right_).outcome, Verdict::Outcome::kPass);
  EXPECT_EQ(RunScenario(*scenario, wrong_).outcome, Verdict::Outcome::kFail);
}

TEST_F(LockstepTest, ASeedMakesTheSameCallsAgain) {
  world_.model = &wrong_;
  const CampaignResult first = Campaign(5, 100'000);
  const CampaignResult second = Campaign(5, 100'000);
  ASSERT_TRUE(first.finding.has_value() && second.finding.has_value());
  EXPECT_EQ(first.state.steps, second.state.steps);
  EXPECT_EQ(first.finding->scenario, second.finding->scenario);
}

TEST_F(LockstepTest, ACampaignEndsWhenItIsToldTo) {
  int worlds = 0;
  const CampaignResult result =
      RunCampaign(world_, {.seed = 1, .steps = 0, .steps_of_a_world = 5},
                  [&worlds](const CampaignState&) { return ++worlds < 3; });
  EXPECT_EQ(result.state.worlds, 3);
}

TEST_F(LockstepTest, ABeginningThatDiffersIsADifference) {
  world_.model = &wrong_;
  world_.beginning = *scenario::Parse(
      "beginning",
      "host x86 linux-6.18\nkvm = open()\nvm0 = create_vm(kvm)\n"
      "gm0 = create_guest_memfd(vm0, size=4p, flags=MMAP|INIT_SHARED)\nmap0 = mmap(gm0, 0, 4p)\n"
      "fallocate(gm0, KEEP_SIZE|PUNCH_HOLE, 0, 4p)\nhost_read(map0, 0)\n");
  const CampaignResult result = Campaign(1, 10);
  ASSERT_TRUE(result.finding.has_value());
  EXPECT_THAT(result.finding->scenario, HasSubstr("host_read(map0, 0) -> 0"));
}

TEST_F(LockstepTest, AWorldInWhichTheReferenceIsSilentIsGivenUpAndCounted) {
  SilentReference reference({0, 12, 2, 0, 12, 12});
  world_.reference = &reference;
  const CampaignResult result = Campaign(1, 400);
  EXPECT_FALSE(result.finding.has_value());
  EXPECT_EQ(result.broken_off, std::nullopt);
  EXPECT_EQ(result.state.given_up, 4);
  EXPECT_EQ(result.state.steps, 400);
  EXPECT_GT(result.state.worlds, 10);
}

TEST_F(LockstepTest, ACampaignEndsWhenTheReferenceStaysSilent) {
  SilentReference reference({12, 0, 12, 12, 1});
  world_.reference = &reference;
  const CampaignResult result = Campaign(1, 400);
  EXPECT_FALSE(result.finding.has_value());
  EXPECT_EQ(result.state.worlds, 5);
  EXPECT_EQ(result.state.given_up, 4);
  EXPECT_EQ(result.broken_off,
            "3 worlds in a row were given up, the last at kvm = open(): no answer came in time");
}

TEST_F(LockstepTest, WorldsAfterOneThatWasGivenUpAreTheSameAsWithoutIt) {
  world_.model = &wrong_;
  const auto campaign = [this] {
    return RunCampaign(world_, {.seed = 1, .steps = 100'000, .steps_of_a_world = 6},
                       [](const CampaignState&) { return true; });
  };
  const CampaignResult whole = campaign();
  SilentReference reference({3});
  world_.reference = &reference;
  const CampaignResult other = campaign();
  ASSERT_TRUE(whole.finding.has_value() && other.finding.has_value());
  ASSERT_GT(whole.finding->world, 0);
  EXPECT_EQ(other.finding->world, whole.finding->world);
  EXPECT_EQ(other.finding->scenario, whole.finding->scenario);
}

TEST_F(LockstepTest, WhatIsSeenOnceIsToldAsItWas) {
  bool seen = false;
  world_.same = [&seen](const CallRequest& call, const Answer& right, const Answer& other) {
    const bool first = call.id == CallId::kHostRead && !std::exchange(seen, true);
    return !first && SameByDefault(call, right, other);
  };
  const CampaignResult result = Campaign(1, 1000);
  ASSERT_TRUE(result.finding.has_value());
  EXPECT_THAT(result.finding->difference.call, HasSubstr("host_read("));
  EXPECT_THAT(result.finding->scenario, HasSubstr("at the end.\n"));
  EXPECT_THAT(result.finding->scenario, HasSubstr("\n" + result.finding->difference.call + " -> "));
}

TEST_F(LockstepTest, WhatWasMadeIsCounted) {
  world_.looks = [](const Names&, absl::FunctionRef<bool(const scenario::Call&)> look) {
    const auto parsed = scenario::Parse("look", "host x86 linux-6.18\nvm0 = open()\nclose(99)\n");
    for (int i = 0; i < 3; ++i) look(std::get<scenario::Call>(parsed->statements.back().what));
  };
  // A file, and a byte of a mapping that there isn't.
  std::vector<Operation> operations(2);
  operations[1].row = 3;
  const Outcome outcome = MakeAll(world_, operations);
  EXPECT_EQ(outcome.counts.operations, 2);
  EXPECT_EQ(outcome.counts.successes, 1);
  EXPECT_EQ(outcome.counts.left_out, 0);
  EXPECT_EQ(outcome.counts.looks, 2 * 3);
  EXPECT_EQ(outcome.scenario, "");
}

TEST_F(LockstepTest, LooksFindWhatNoAnswerTells) {
  world_.looks = [](const Names& names, absl::FunctionRef<bool(const scenario::Call&)> look) {
    if (!names.Has("gm0")) return;
    const auto parsed =
        scenario::Parse("look", "host x86 linux-6.18\ngm0 = open()\nresident(gm0)\n");
    look(std::get<scenario::Call>(parsed->statements.back().what));
  };
  world_.same = [](const CallRequest& call, const Answer& right, const Answer& other) {
    return call.id != CallId::kResident && SameByDefault(call, right, other);
  };
  const CampaignResult result = Campaign(1, 1000);
  ASSERT_TRUE(result.finding.has_value());
  EXPECT_EQ(result.finding->difference.call, "resident(gm0)");
}

}  // namespace
}  // namespace kvm_model::lockstep
