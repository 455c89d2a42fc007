// Every rule of every architecture can be broken, and the refusal names it. A rule without a case
// here fails the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "tests/capabilities/table.h"

namespace kvm_model {
namespace {

using ::testing::EndsWith;

constexpr char kTable[] = "tests/data/host_rules.tsv";

struct BrokenRule {
  std::string arch;
  // How the rule's text starts, and settings that break it and no rule before it.
  std::string rule;
  std::vector<SettingAssignment> settings;
  std::string revision = "rfc-v4";
};

std::vector<BrokenRule> BrokenRules() {
  std::vector<BrokenRule> broken;
  const Table table = ReadTable(kTable);
  for (const auto& row : table.rows) {
    broken.push_back({row[0], row[1], ParseSettings(row[2]), row[3]});
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
    const auto host =
        Host::Create(*FindArch(broken.arch), *FindRevision(broken.revision), broken.settings);
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
