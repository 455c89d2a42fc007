// The comparison itself: it finds a difference wherever there is one, and says what it was.
#include "tests/live/comparison.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "tests/live/side.h"
#include "tests/live/steps.h"
#include "uapi/capabilities.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Cap;

// Two machines of the model's own, so that the answers are known.
class TwoModels {
 public:
  TwoModels() : TwoModels({}, {}) {}
  TwoModels(const std::vector<SettingAssignment>& model,
            const std::vector<SettingAssignment>& kernel)
      : model_("x86", "linux-6.18", model), kernel_("x86", "linux-6.18", kernel) {}

  Comparison& comparison() { return comparison_; }

 private:
  ModelSide model_;
  ModelSide kernel_;
  Comparison comparison_{model_, kernel_, uapi::Encoding::kGeneric, "two models\n"};
};

Step Enable(std::uint32_t capability, std::uint64_t arg) {
  return {.call = Step::Call::kEnableCap, .arg = arg, .capability = capability};
}

TEST(ComparisonTest, ANumberThatOnlyOneSideKnowsIsFoundAndTold) {
  TwoModels models({}, {{"CONFIG_KVM_XEN", "n"}});
  const std::string difference = models.comparison().EveryCapability();
  EXPECT_THAT(difference, HasSubstr("KVM_CHECK_EXTENSION(38) on /dev/kvm"));
  EXPECT_THAT(difference, HasSubstr("the kernel answers 0\n"));
  EXPECT_THAT(difference, HasSubstr("the model answers  511\n"));
  EXPECT_THAT(difference, HasSubstr("CONFIG_KVM_XEN: yes"));
  EXPECT_THAT(difference, HasSubstr("two models\n"));
}

TEST(ComparisonTest, EqualMachinesHaveNoDifference) {
  TwoModels models;
  EXPECT_EQ(models.comparison().EveryCapability(), "");
  EXPECT_EQ(models.comparison().NewVm(1), "");
  EXPECT_EQ(models.comparison().EveryCapability(), "");
  EXPECT_EQ(models.comparison().OnSystem(uapi::Ioctl("KVM_GET_API_VERSION"), 0), "");
}

TEST(ComparisonTest, ATypeThatOnlyOneSideMakesIsFound) {
  TwoModels models({}, {{"CONFIG_KVM_SW_PROTECTED_VM", "n"}});
  EXPECT_EQ(models.comparison().NewVm(0), "");
  EXPECT_THAT(models.comparison().NewVm(1), HasSubstr("the kernel answers EINVAL"));
  EXPECT_FALSE(models.comparison().has_vm());
}

TEST(ComparisonTest, ADifferenceOfAnEnabledCapabilityComesWithTheCallsThatLedThere) {
  TwoModels models({}, {{"kvm.enable_pmu", "n"}});
  Comparison& comparison = models.comparison();
  ASSERT_EQ(comparison.NewVm(0), "");
  ASSERT_EQ(comparison.Make(Enable(Cap("KVM_CAP_SPLIT_IRQCHIP"), 24)), "");
  EXPECT_TRUE(comparison.succeeded());
  const std::string difference = comparison.Make(Enable(Cap("KVM_CAP_PMU_CAPABILITY"), 1));
  EXPECT_FALSE(comparison.succeeded());
  EXPECT_THAT(
      difference,
      HasSubstr("KVM_ENABLE_CAP(cap 212, flags 0x0, args[0] 0x1, the rest 0x00) on the VM"));
  EXPECT_THAT(difference, HasSubstr("the kernel answers EINVAL\n  the model answers  0\n"));
  EXPECT_THAT(difference, HasSubstr("KVM_CREATE_VM(0x0) = a descriptor\n"
                                    "  KVM_ENABLE_CAP(cap 121, flags 0x0, args[0] 0x18, the rest "
                                    "0x00) on the VM = 0\n"));
}

TEST(ComparisonTest, AVmsOwnAnswerIsComparedToo) {
  TwoModels models;
  Comparison& comparison = models.comparison();
  ASSERT_EQ(comparison.NewVm(0), "");
  ASSERT_EQ(comparison.Make(Enable(Cap("KVM_CAP_SPLIT_IRQCHIP"), 24)), "");
  EXPECT_EQ(comparison.EveryCapability(), "");
  ASSERT_EQ(comparison.Make({.call = Step::Call::kCreateVcpu, .arg = 3}), "");
  EXPECT_TRUE(comparison.has_vcpu());
  EXPECT_EQ(comparison.Make({.call = Step::Call::kCreateVcpu, .arg = 3}), "");
  EXPECT_FALSE(comparison.succeeded());
}

TEST(ComparisonTest, TheNumbersReachTheEdgesOf32And64Bits) {
  const std::vector<std::int64_t>& numbers = Comparison::Numbers();
  constexpr std::int64_t kTwo31 = std::int64_t{1} << 31;
  for (const std::int64_t number :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1023}, kTwo31 - 1, kTwo31, kTwo31 + 1,
        -kTwo31, 2 * kTwo31 - 1, 2 * kTwo31, 2 * kTwo31 + 3, -2 * kTwo31 + 10,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_TRUE(std::ranges::find(numbers, number) != numbers.end()) << number;
  }
}

TEST(StepsTest, ASeedGivesTheSameStepsEachTime) {
  const auto text = [](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string all;
    for (const Step& step : RandomSteps("x86", random)) all += step.ToText() + "\n";
    return all;
  };
  EXPECT_EQ(text(7), text(7));
  EXPECT_NE(text(7), text(8));
}

TEST(StepsTest, EverySequenceRunsOnTheModel) {
  TwoModels models;
  for (const Sequence& sequence : Sequences("x86")) {
    ASSERT_EQ(models.comparison().NewVm(0), "");
    for (const Step& step : sequence.steps) EXPECT_EQ(models.comparison().Make(step), "");
  }
  EXPECT_LT(Sequences("arm64").size(), Sequences("x86").size());
}

}  // namespace
}  // namespace kvm_model
