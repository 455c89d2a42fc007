#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tools/cli/exit_code.h"
#include "tools/lockstep/kernel_lockstep.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LockstepCommandTest, WithoutAKernelItSaysWhy) {
  const auto kernel = lockstep::KernelLockstep::Create();
  const Outcome outcome = RunLockstep("--steps 1");
  EXPECT_EQ(outcome.exit_code, kernel.has_value() ? kAllAsExpected : kAllSkipped);
  if (kernel.has_value()) {
    EXPECT_THAT(outcome.out, HasSubstr((*kernel)->host()));
  } else {
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr(kernel.error()));
  }
}

TEST(LockstepCommandTest, TellsWhatItDid) {
  const Outcome text = RunLockstep("--seed 7 --steps 120");
  if (text.exit_code == kAllSkipped) GTEST_SKIP() << text.err;
  EXPECT_EQ(text.exit_code, kAllAsExpected) << text.out;
  EXPECT_THAT(text.out, HasSubstr("seed 7: 120 steps in 2 worlds"));
  EXPECT_THAT(text.out, HasSubstr("no difference"));

  const Outcome json = RunLockstep("--seed 7 --steps 120 --format json");
  const auto parsed = nlohmann::json::parse(json.out, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded()) << json.out;
  EXPECT_EQ(parsed["seed"], 7);
  EXPECT_EQ(parsed["steps"], 120);
  EXPECT_TRUE(parsed["difference"].is_null());
}

TEST(LockstepCommandTest, WrongOptionsAreRefused) {
  EXPECT_EQ(RunLockstep("--step 5").exit_code, kUsage);
  EXPECT_THAT(RunLockstep("--step 5").err, HasSubstr("did you mean --steps?"));
  EXPECT_EQ(RunLockstep("--minutes -1").exit_code, kUsage);
  EXPECT_EQ(RunLockstep("--format csv").exit_code, kUsage);
}

}  // namespace
}  // namespace kvm_model::cli
