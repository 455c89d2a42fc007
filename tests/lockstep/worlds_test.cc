// What the model beside its twin is made of: what is looked at, and the scenarios that come of it.
#include "tests/lockstep/worlds.h"

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"
#include "uapi/errno.h"

namespace kvm_model::lockstep {
namespace {

using scenario::Answer;
using scenario::CallId;
using scenario::CallRequest;
using scenario::Verdict;
using ::testing::HasSubstr;

// The model, but for what a test says it gets wrong.
class WrongModel final : public scenario::Backend {
 public:
  using Wrong = std::optional<Answer> (*)(const CallRequest& request);

  explicit WrongModel(Wrong wrong) : wrong_(wrong) {}
  std::string_view Name() const override { return "wrong"; }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override {
    return model_.SkipReason(scenario);
  }
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override {
    return model_.Start(scenario);
  }
  std::uint64_t PageSize() const override { return model_.PageSize(); }
  std::uint64_t BadAddress() const override { return model_.BadAddress(); }
  Answer Execute(const CallRequest& request) override {
    const Answer answer = model_.Execute(request);
    return wrong_(request).value_or(answer);
  }
  void Finish() override { model_.Finish(); }

 private:
  scenario::ModelBackend model_;
  const Wrong wrong_;
};

constexpr auto kRows = std::to_array<AlphabetRow>({
    {1, "set_memory_attributes2(gm0, offset=0, size=6p, attributes=0, flags=0)"},
    {1, "host_read(map0, 1p)"},
    {1, "close(gm1)"},
    {1, "{c0} = fork()"},
    {1, "c0: host_write(map1, 4p, 'c')"},
});
Operation Row(std::uint16_t row) {
  Operation operation;
  operation.row = row;
  return operation;
}
const Operation kScramble = Row(0);
const Operation kRead = Row(1);
const Operation kClose = Row(2);
const Operation kFork = Row(3);
const Operation kWriteOfChild = Row(4);

// A VM with private memory, whose conversions scramble.
class WorldsTest : public ::testing::Test {
 protected:
  TwinLockstep lockstep_{TwinHosts().front(), kRows};
};

TEST_F(WorldsTest, AByteThatNobodyCanKnowMayBeAnyInAScenario) {
  WrongModel wrong([](const CallRequest& request) -> std::optional<Answer> {
    if (request.id != CallId::kClose) return std::nullopt;
    return scenario::answer::Errno{.error = uapi::Errno::kEIO};
  });
  World world = lockstep_.world();
  world.model = &wrong;
  world.looks = {};  // The first look would tell the twin what the byte is.
  const Outcome outcome = MakeAll(world, std::vector{kScramble, kRead, kClose});
  ASSERT_TRUE(outcome.difference.has_value());
  EXPECT_THAT(outcome.scenario, HasSubstr("host_read(map0, 1p) -> any\nclose(gm1) -> 0\n"));
  // It fails where the difference is and nowhere else.
  const auto scenario = scenario::Parse("found", outcome.scenario);
  ASSERT_TRUE(scenario.has_value()) << outcome.scenario;
  const Verdict verdict = RunScenario(*scenario, wrong);
  EXPECT_EQ(verdict.outcome, Verdict::Outcome::kFail);
  EXPECT_THAT(verdict.call, HasSubstr("close(gm1)"));
  for (const std::uint64_t seed : {1U, 2U}) {
    scenario::ModelBackend right(seed);
    EXPECT_EQ(RunScenario(*scenario, right).outcome, Verdict::Outcome::kPass) << seed;
  }
}

TEST_F(WorldsTest, WhatEachProcessAndItsVmsHaveMappedIsLookedAt) {
  WrongModel wrong_mappings([](const CallRequest& request) -> std::optional<Answer> {
    if (request.id != CallId::kMapped || request.process == 0) return std::nullopt;
    return scenario::answer::Runs{{{77, 78}}};
  });
  WrongModel wrong_guests([](const CallRequest& request) -> std::optional<Answer> {
    if (request.id != CallId::kGuestMapped || request.process == 0) return std::nullopt;
    return scenario::answer::Runs{{{77, 78}}};
  });
  for (const auto& [wrong, call] : {std::pair(&wrong_mappings, "c0: mapped(map0)"),
                                    std::pair(&wrong_guests, "c0: guest_mapped(vm0)")}) {
    World world = lockstep_.world();
    world.model = wrong;
    EXPECT_FALSE(MakeAll(world, std::vector{kRead}).difference.has_value());
    const Outcome outcome = MakeAll(world, std::vector{kFork});
    ASSERT_TRUE(outcome.difference.has_value());
    EXPECT_EQ(outcome.difference->call, call);
  }
}

TEST_F(WorldsTest, OrdinaryMemoryIsLookedAtInEachProcess) {
  World world = lockstep_.world();
  EXPECT_FALSE(MakeAll(world, std::vector{kFork, kWriteOfChild}).difference.has_value());
  WrongModel wrong_child([](const CallRequest& request) -> std::optional<Answer> {
    if (request.id != CallId::kHostRead || request.process == 0) return std::nullopt;
    return scenario::answer::Byte{77};
  });
  world.model = &wrong_child;
  EXPECT_FALSE(MakeAll(world, std::vector{kRead}).difference.has_value());
  Outcome outcome = MakeAll(world, std::vector{kFork});
  ASSERT_TRUE(outcome.difference.has_value());
  EXPECT_EQ(outcome.difference->call, "c0: host_read(map1, 0)");
  WrongModel wrong_parent([](const CallRequest& request) -> std::optional<Answer> {
    if (request.id != CallId::kHostRead || request.process != 0) return std::nullopt;
    return scenario::answer::Byte{77};
  });
  world.model = &wrong_parent;
  outcome = MakeAll(world, std::vector{kClose});
  ASSERT_TRUE(outcome.difference.has_value());
  EXPECT_EQ(outcome.difference->call, "host_read(map1, 0)");
}

TEST_F(WorldsTest, ATwinThatKnowsNothingIsAnError) {
  WrongModel knows_nothing([](const CallRequest&) -> std::optional<Answer> {
    return scenario::answer::NotModelled{"nothing"};
  });
  World world = lockstep_.world();
  world.reference = &knows_nothing;
  EXPECT_TRUE(MakeAll(world, std::vector{kFork}).given_up.has_value());
}

// All sequences of three take an hour and a quarter on two cores as it is.
TEST(AlphabetsTest, TheCompleteAlphabetIsSmallAndHasNoLetterTwice) {
  const TwinLockstep lockstep(TwinHosts().front(), CompleteAlphabet());
  const std::vector<Operation> letters = lockstep.alphabet().All();
  EXPECT_LE(letters.size(), 170);
  std::set<std::string> texts;
  Names names;
  for (const std::string_view name :
       {"gm0", "gm1", "gm2", "map0", "map1", "map2", "vm0", "vm1", "kvm", "vcpu0", "pin0"}) {
    scenario::Call call;
    call.result = name;
    names.Note(call);
  }
  scenario::Call fork;
  fork.id = CallId::kFork;
  fork.result = "c0";
  names.Note(fork);
  for (const Operation& letter : letters) {
    texts.insert(PrintCall(lockstep.alphabet().Meaning(letter, names)));
  }
  EXPECT_EQ(texts.size(), letters.size());
}

}  // namespace
}  // namespace kvm_model::lockstep
