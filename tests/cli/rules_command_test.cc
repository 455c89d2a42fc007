// kvmsim rules: what is listed, and one rule with its scenarios.
#include <set>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Json Listed(std::string_view arguments) {
  const Outcome outcome = RunRules("list --format json " + std::string(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(RulesListTest, ARuleHasItsSourceAndWhatShowsIt) {
  const Json all = Listed("--filter ^CONV-EINVAL$");
  ASSERT_EQ(all["rules"].size(), 1U);
  const Json& rule = all["rules"][0];
  EXPECT_EQ(rule["id"], "CONV-EINVAL");
  EXPECT_EQ(rule["area"], "conversions");
  EXPECT_THAT(rule["source"]["document"].get<std::string>(), HasSubstr("RFC v4"));
  EXPECT_EQ(rule["source"]["functions"],
            Json::array({"__kvm_gmem_set_attributes", "kvm_gmem_set_attributes"}));
  EXPECT_EQ(rule["archs"], Json::array({"x86"}));
  EXPECT_EQ(rule["scenarios"].size(), 1U);
  EXPECT_FALSE(rule["checks"].empty());
  EXPECT_EQ(all["scenarios"], 1);
}

TEST(RulesListTest, AnAreaCanBeChosen) {
  const Json all = Listed("--filter '^runs of'");
  std::set<std::string> areas;
  for (const Json& rule : all["rules"]) areas.insert(rule["area"].get<std::string>());
  EXPECT_EQ(areas, std::set<std::string>{"runs of attributes"});
}

TEST(RulesListTest, TextHasThemByArea) {
  const Outcome outcome = RunRules("list --filter ^CAP-X86-213$");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("== capabilities: 1 rule\n"),
                                 HasSubstr("KVM_CAP_DISABLE_QUIRKS2 (213) on x86"),
                                 HasSubstr("decided in kvm_vm_ioctl_check_extension\n"),
                                 HasSubstr("\n1 rule, shown by ")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("== conversions")));
}

TEST(RulesListTest, WhatIsRefusedSaysWhy) {
  const Outcome none = RunRules("list --filter nothing-of-that-name");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("--filter leaves no rule"));
  const Outcome wrong = RunRules("list --filter [");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("no regular expression"));
  EXPECT_EQ(RunRules("").exit_code, 2);
}

TEST(RulesShowTest, OneRuleWithItsScenarios) {
  const Outcome outcome = RunRules("show CAP-X86-213");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("rule CAP-X86-213\nhost x86 linux-7.0"),
                    HasSubstr("check_extension(kvm, 213)"), HasSubstr("source: the kernel's")));
  EXPECT_THAT(RunRules("show CONV-EINVAL").out, HasSubstr("fails by kvm_gmem_set_attributes: "));
}

TEST(RulesShowTest, ARuleThatIsNotThere) {
  const Outcome outcome = RunRules("show CONV-NOTHING");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no rule is called CONV-NOTHING"));
}

}  // namespace
}  // namespace kvm_model::cli
