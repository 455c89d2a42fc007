#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/lockstep_report.h"
#include "tools/lockstep/campaign.h"
#include "tools/lockstep/kernel_lockstep.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Whichever machine runs this, the command says what it did or why it can't.
TEST(LockstepCommandTest, ComparesOrSaysWhyNot) {
  const auto kernel = lockstep::KernelLockstep::Create();
  const Outcome outcome = RunLockstep("--seed 7 --steps 120");
  if (kernel.has_value()) {
    EXPECT_EQ(outcome.exit_code, kAllAsExpected) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr((*kernel)->host() + "\nseed 7: 120 steps in 2 worlds ("));
  } else {
    EXPECT_EQ(outcome.exit_code, kAllSkipped);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr(kernel.error()));
  }
}

TEST(LockstepCommandTest, WrongOptionsAreRefused) {
  EXPECT_EQ(RunLockstep("--step 5").exit_code, kUsage);
  EXPECT_THAT(RunLockstep("--step 5").err, HasSubstr("did you mean --steps?"));
  EXPECT_EQ(RunLockstep("--minutes -1").exit_code, kUsage);
  EXPECT_EQ(RunLockstep("--format csv").exit_code, kUsage);
}

lockstep::CampaignResult Result() {
  lockstep::CampaignResult result;
  result.state = {.steps = 120,
                  .left_out = 3,
                  .successes = 45,
                  .worlds = 2,
                  .given_up = 1,
                  .elapsed = std::chrono::seconds(3)};
  return result;
}

lockstep::CampaignResult ResultWithADifference() {
  lockstep::CampaignResult result = Result();
  result.finding = {
      .difference = {.call = "close(3)", .reference = "EBADF", .model = "0", .trail = "close()\n"},
      .scenario = "host x86 linux-6.18\nclose(3) -> EBADF\n",
      .world = 2};
  return result;
}

lockstep::CampaignResult ResultBrokenOff() {
  lockstep::CampaignResult result = Result();
  result.broken_off = "3 worlds in a row were given up, the last at fork(): no answer";
  return result;
}

TEST(LockstepReportTest, TellsWhatWasComparedAsText) {
  EXPECT_EQ(CampaignText(Result(), "host x86 linux-6.18", 7),
            "host x86 linux-6.18\n"
            "seed 7: 120 steps in 2 worlds (1 given up), 45 successful calls, 3 made on neither "
            "side, 3.0 s: no difference\n");
  EXPECT_EQ(CampaignText(ResultBrokenOff(), "host x86 linux-6.18", 7),
            "host x86 linux-6.18\n"
            "seed 7: 120 steps in 2 worlds (1 given up), 45 successful calls, 3 made on neither "
            "side, 3.0 s: broken off: 3 worlds in a row were given up, the last at fork(): no "
            "answer\n");
  EXPECT_EQ(CampaignText(ResultWithADifference(), "host x86 linux-6.18", 7),
            "host x86 linux-6.18\n"
            "seed 7: 120 steps in 2 worlds (1 given up), 45 successful calls, 3 made on neither "
            "side, 3.0 s: a difference in world 2\n"
            "  call     close(3)\n"
            "  kernel   EBADF\n"
            "  model    0\n"
            "the model's decisions:\n"
            "close()\n"
            "a scenario that shows it:\n"
            "\n"
            "host x86 linux-6.18\n"
            "close(3) -> EBADF\n");
}

TEST(LockstepReportTest, TellsTheSameAsJson) {
  const auto without = nlohmann::json::parse(CampaignJson(Result(), "host x86 linux-6.18", 7));
  EXPECT_EQ(without, (nlohmann::json{{"host", "host x86 linux-6.18"},
                                     {"seed", 7},
                                     {"steps", 120},
                                     {"worlds", 2},
                                     {"given_up", 1},
                                     {"successes", 45},
                                     {"left_out", 3},
                                     {"seconds", 3.0},
                                     {"broken_off", nullptr},
                                     {"difference", nullptr}}));
  const auto broken =
      nlohmann::json::parse(CampaignJson(ResultBrokenOff(), "host x86 linux-6.18", 7));
  EXPECT_EQ(broken["broken_off"], *ResultBrokenOff().broken_off);
  const auto with =
      nlohmann::json::parse(CampaignJson(ResultWithADifference(), "host x86 linux-6.18", 7));
  EXPECT_EQ(with["difference"],
            (nlohmann::json{{"world", 2},
                            {"call", "close(3)"},
                            {"kernel", "EBADF"},
                            {"model", "0"},
                            {"scenario", "host x86 linux-6.18\nclose(3) -> EBADF\n"}}));
}

}  // namespace
}  // namespace kvm_model::cli
