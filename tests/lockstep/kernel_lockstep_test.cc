// A short, fixed campaign on the model and on the machine's own kernel. `kvmsim lockstep` makes
// longer ones.
//
// Skipped, with the reason, where the machine has no kernel to compare with.
#include "tools/lockstep/kernel_lockstep.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "tools/lockstep/campaign.h"

namespace kvm_model::lockstep {
namespace {

class KernelLockstepTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(KernelLockstepTest, TheModelAnswersAsTheKernelDoes) {
  const auto kernel = KernelLockstep::Create();
  if (!kernel) GTEST_SKIP() << "there is no kernel to compare with: " << kernel.error();
  RecordProperty("host", (*kernel)->host());
  const CampaignResult result = RunCampaign((*kernel)->world(), {.seed = GetParam(), .steps = 4000},
                                            [](const CampaignState&) { return true; });
  ASSERT_FALSE(result.broken_off.has_value()) << *result.broken_off;
  ASSERT_FALSE(result.finding.has_value())
      << result.finding->difference.call << "\n  kernel: " << result.finding->difference.reference
      << "\n  model:  " << result.finding->difference.model << "\n"
      << result.finding->difference.trail << "\n"
      << result.finding->scenario;
  EXPECT_EQ(result.state.steps, 4000);
}

INSTANTIATE_TEST_SUITE_P(Seeds, KernelLockstepTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace kvm_model::lockstep
