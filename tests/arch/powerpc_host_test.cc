// powerpc's hosts: what follows from the family, and what is possible.
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Settings = std::vector<SettingAssignment>;

auto MakeHost(const Settings& settings) {
  return Host::Create(*FindArch("powerpc"), DefaultRevision(), settings);
}

TEST(PowerpcHostTest, WhatIsPossibleIsMade) {
  const Settings kPossible[] = {
      {},
      {{"CONFIG_KVM_BOOK3S_64", "y"}},
      {{"CONFIG_KVM_BOOK3S_32", "y"}},
      {{"CONFIG_KVM_E500V2", "y"}},
      {{"CONFIG_KVM_E500MC", "y"}},
      {{"CONFIG_PAGE_SHIFT", "12"}},
      {{"CONFIG_NR_CPUS", "1"}},
      {{"CONFIG_NR_CPUS", "8192"}},
      {{"hw.cpus", "8"}, {"hw.present_cpus", "8"}},
      {{"hw.arch_300", "n"}},
      {{"hw.arch_207s", "n"}},
      {{"hw.pseries", "y"}},
      {{"hw.pseries", "y"}, {"hw.radix", "n"}, {"CONFIG_KVM_BOOK3S_64_HV", "n"}},
      {{"hw.pseries", "y"}, {"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}},
      {{"hw.radix", "n"}},
      {{"CONFIG_KVM_BOOK3S_64_PR", "y"}},
      {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "n"}},
      {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"hw.hvmode", "n"}},
      {{"hw.svm", "y"}},
      {{"hw.pseries", "y"}, {"hw.nestedv2", "y"}},
      {{"hw.htm", "y"}, {"hw.arch_300", "n"}},
      {{"hw.p9_tm_hv_assist", "y"}},
  };
  for (const Settings& settings : kPossible) {
    const auto host = MakeHost(settings);
    EXPECT_TRUE(host.has_value()) << host.error().message;
  }
}

TEST(PowerpcHostTest, TheFamilyDecidesTheRest) {
  const auto hv = MakeHost({}).value();
  const auto e500 = MakeHost({{"CONFIG_KVM_E500MC", "y"}}).value();
  const auto old = MakeHost({{"CONFIG_KVM_BOOK3S_32", "y"}}).value();
  struct Row {
    std::string_view setting;
    int hv;
    int e500;
    int old;
  };
  const Row kRows[] = {
      {"CONFIG_BOOKE", 0, 1, 0},
      {"CONFIG_KVM_BOOKE_HV", 0, 1, 0},
      {"CONFIG_PPC_BOOK3S_64", 1, 0, 0},
      {"CONFIG_PAGE_SHIFT", 16, 12, 12},
      {"CONFIG_KVM_BOOK3S_HV_POSSIBLE", 1, 0, 0},
      {"CONFIG_KVM_BOOK3S_PR_POSSIBLE", 0, 0, 1},
      {"CONFIG_KVM_XICS", 1, 0, 0},
      {"CONFIG_KVM_XIVE", 1, 0, 0},
      {"CONFIG_KVM_MPIC", 0, 1, 0},
      {"CONFIG_HAVE_KVM_IRQCHIP", 1, 1, 0},
      {"CONFIG_HAVE_KVM_IRQ_ROUTING", 0, 1, 0},
      {"CONFIG_HAVE_KVM_MSI", 0, 1, 0},
      {"CONFIG_KVM_MMIO", 0, 1, 1},
      {"hw.arch_300", 1, 0, 0},
      {"hw.hvmode", 1, 0, 0},
      {"hw.radix", 1, 0, 0},
  };
  for (const auto& [setting, on_hv, on_e500, on_old] : kRows) {
    EXPECT_EQ((*hv)[setting], on_hv) << setting;
    EXPECT_EQ((*e500)[setting], on_e500) << setting;
    EXPECT_EQ((*old)[setting], on_old) << setting;
  }
}

TEST(PowerpcHostTest, WhatFollowsCanNotBeChosen) {
  for (const std::string setting :
       {"CONFIG_BOOKE", "CONFIG_KVM_BOOKE_HV", "CONFIG_KVM_BOOK3S_PR_POSSIBLE", "CONFIG_KVM_MMIO",
        "CONFIG_HAVE_KVM_MSI", "CONFIG_HAVE_KVM_IRQ_ROUTING"}) {
    const auto host = MakeHost({{setting, "y"}});
    ASSERT_FALSE(host.has_value()) << setting;
    EXPECT_THAT(host.error().message, StartsWith(setting + "=y can't be chosen: "));
  }
}

TEST(PowerpcHostTest, AModulesParameterIsThereWithTheModule) {
  const auto host = MakeHost({{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"kvm_hv.nested", "y"}});
  ASSERT_FALSE(host.has_value());
  EXPECT_THAT(host.error().message, HasSubstr("kvm_hv.nested does not exist here"));
}

}  // namespace
}  // namespace kvm_model
