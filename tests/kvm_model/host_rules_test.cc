// Every rule of every architecture can be broken, and the refusal names it. A rule without a case
// here fails the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using ::testing::EndsWith;

struct BrokenRule {
  std::string_view arch;
  // How the rule's text starts, and settings that break it and no rule before it.
  std::string_view rule;
  std::vector<SettingAssignment> settings;
};

std::vector<BrokenRule> BrokenRules() {
  std::vector<BrokenRule> broken = {
      {"x86",
       "CONFIG_KVM_SW_PROTECTED_VM, CONFIG_KVM_INTEL_TDX and CONFIG_KVM_AMD_SEV depend",
       {{"CONFIG_64BIT", "n"}, {"CONFIG_KVM_SW_PROTECTED_VM", "y"}}},
      {"x86",
       "CONFIG_KVM_VM_MEMORY_ATTRIBUTES depends",
       {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"},
        {"CONFIG_KVM_SW_PROTECTED_VM", "n"},
        {"CONFIG_KVM_INTEL_TDX", "n"},
        {"CONFIG_KVM_AMD_SEV", "n"}}},
      {"x86", "kvm.tdp_mmu needs", {{"CONFIG_64BIT", "n"}, {"kvm.tdp_mmu", "y"}}},
      {"x86", "hw.vendor=pvm shadows", {{"hw.vendor", "pvm"}, {"hw.tdp", "y"}}},
      {"x86",
       "hw.sev, hw.sev_es and hw.snp need an AMD",
       {{"hw.vendor", "intel"}, {"hw.sev", "y"}}},
      {"x86", "hw.sev needs CONFIG", {{"CONFIG_KVM_AMD_SEV", "n"}, {"hw.sev", "y"}}},
      {"x86", "hw.sev needs hw.tdp", {{"hw.tdp", "n"}, {"hw.sev", "y"}}},
      {"x86", "hw.sev_es needs", {{"hw.sev", "n"}, {"hw.sev_es", "y"}}},
      {"x86", "hw.snp needs", {{"hw.sev_es", "n"}, {"hw.snp", "y"}}},
      {"x86", "hw.tdx needs an Intel", {{"hw.vendor", "amd"}, {"hw.tdx", "y"}}},
      {"x86", "hw.tdx needs CONFIG", {{"CONFIG_KVM_INTEL_TDX", "n"}, {"hw.tdx", "y"}}},
      {"x86", "hw.tdx needs hw.tdp", {{"kvm.tdp_mmu", "n"}, {"hw.tdx", "y"}}},
      {"x86", "hw.tdx needs hw.tdp", {{"hw.tdp", "n"}, {"hw.tdx", "y"}}},
      {"x86", "hw.maxphyaddr must", {{"hw.maxphyaddr", "31"}}},
      {"x86", "hw.maxphyaddr must", {{"hw.maxphyaddr", "53"}}},
      {"x86", "CONFIG_KVM_MAX_NR_VCPUS must", {{"CONFIG_KVM_MAX_NR_VCPUS", "1023"}}},
      {"x86", "CONFIG_KVM_MAX_NR_VCPUS must", {{"CONFIG_KVM_MAX_NR_VCPUS", "4097"}}},
      {"arm64", "hw.ipa_bits must", {{"hw.ipa_bits", "31"}}},
      {"arm64", "hw.ipa_bits must", {{"hw.ipa_bits", "53"}}},
      {"loongarch", "hw.gpa_bits must", {{"hw.gpa_bits", "31"}}},
      {"loongarch", "hw.gpa_bits must", {{"hw.gpa_bits", "61"}}},
      {"powerpc", "CONFIG_NR_CPUS must", {{"CONFIG_NR_CPUS", "0"}}},
      {"powerpc", "CONFIG_NR_CPUS must", {{"CONFIG_NR_CPUS", "8193"}}},
  };
  for (const Arch* arch : Architectures()) {
    broken.push_back({arch->traits().name, "hw.cpus must", {{"hw.cpus", "0"}}});
  }
  return broken;
}

// The rule that the case means; null when there is no such rule.
const HostRule* RuleOf(const BrokenRule& broken) {
  for (const HostRule& rule : FindArch(broken.arch)->rules()) {
    if (rule.text.starts_with(broken.rule)) return &rule;
  }
  return nullptr;
}

TEST(HostRulesTest, ABrokenRuleIsNamed) {
  for (const BrokenRule& broken : BrokenRules()) {
    SCOPED_TRACE(testing::Message() << broken.arch << ": " << broken.rule);
    const HostRule* const rule = RuleOf(broken);
    ASSERT_NE(rule, nullptr);
    const auto host = Host::Create(*FindArch(broken.arch), DefaultRevision(), broken.settings);
    ASSERT_FALSE(host.has_value());
    EXPECT_EQ(host.error().setting, "");
    EXPECT_THAT(host.error().message, EndsWith(std::string(rule->text)));
  }
}

TEST(HostRulesTest, EveryRuleHasACase) {
  const std::vector<BrokenRule> cases = BrokenRules();
  for (const Arch* arch : Architectures()) {
    for (const HostRule& rule : arch->rules()) {
      const auto is_case = [&](const BrokenRule& broken) {
        return broken.arch == arch->traits().name && RuleOf(broken) == &rule;
      };
      EXPECT_TRUE(std::ranges::any_of(cases, is_case)) << arch->traits().name << ": " << rule.text;
    }
  }
}

TEST(HostRulesTest, TheLimitsThemselvesAreAllowed) {
  const std::vector<BrokenRule> allowed = {
      {"x86", "", {{"hw.maxphyaddr", "32"}, {"CONFIG_KVM_MAX_NR_VCPUS", "4096"}}},
      {"x86", "", {{"hw.maxphyaddr", "52"}, {"CONFIG_KVM_MAX_NR_VCPUS", "1024"}}},
      {"x86", "", {{"hw.vendor", "pvm"}}},
      {"x86", "", {{"CONFIG_64BIT", "n"}}},
      {"arm64", "", {{"hw.ipa_bits", "32"}}},
      {"arm64", "", {{"hw.ipa_bits", "52"}}},
      {"loongarch", "", {{"hw.gpa_bits", "32"}}},
      {"loongarch", "", {{"hw.gpa_bits", "60"}}},
      {"powerpc", "", {{"CONFIG_NR_CPUS", "1"}}},
      {"powerpc", "", {{"CONFIG_NR_CPUS", "8192"}}},
  };
  for (const BrokenRule& host : allowed) {
    const auto made = Host::Create(*FindArch(host.arch), DefaultRevision(), host.settings);
    EXPECT_TRUE(made.has_value()) << host.arch << " " << host.settings[0].name << ": "
                                  << made.error().message;
  }
}

}  // namespace
}  // namespace kvm_model
