// The rules: made-up ones, and those of the suite.
#include "tools/rules/catalogue.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/rule_suite.h"
#include "tools/revisions/sentences.h"
#include "tools/rules/cells.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::rules {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Area> Areas() {
  return ParseAreas(
      "# x\nprefix\tfolder\ttitle\tdocument\nA-\ta\tfirst\tone text\n"
      "A-B-\tb\tsecond\tanother\n");
}

scenario::Scenario Parsed(std::string_view text) { return scenario::Parse("x.kvmt", text).value(); }

constexpr std::string_view kRefuses =
    "# A type that isn't there\n# is refused.\nrule A-TYPE\nhost x86 linux-6.18\n"
    "kvm = open()\ncreate_vm(kvm, 6) -> EINVAL\n";

TEST(CatalogueTest, TheLongestPrefixDecidesTheArea) {
  std::vector<scenario::Scenario> suite = {Parsed(kRefuses)};
  suite.push_back(Parsed("# Other.\nrule A-B-X\nhost x86 rfc-v4\nkvm = open()\n"));
  suite.push_back(Parsed("# None.\nrule C-X\nhost x86 rfc-v4\nkvm = open()\n"));
  const Catalogue catalogue = ListRules(suite, Areas(), {}, {});
  ASSERT_EQ(catalogue.rules.size(), 2U);
  EXPECT_EQ(catalogue.areas[catalogue.rules[0].area].title, "first");
  EXPECT_EQ(catalogue.rules[0].sentence, "A type that isn't there is refused.");
  EXPECT_EQ(catalogue.areas[catalogue.rules[1].area].document, "another");
}

TEST(CatalogueTest, ASentenceOfTheTablesCounts) {
  const std::vector<scenario::Scenario> suite = {Parsed(kRefuses)};
  const std::vector<revisions::SentenceTable> tables = {
      {"linux-6.18", "linux-7.0", {{"A-TYPE", 3, true, "So it is."}}}};
  const std::vector<Cell> cells = {{"A-OTHER", "Of no scenario.", "f"}};
  const Catalogue catalogue = ListRules(suite, Areas(), tables, cells);
  ASSERT_EQ(catalogue.rules.size(), 1U);
  EXPECT_EQ(catalogue.rules[0].sentence, "So it is.");
  EXPECT_TRUE(catalogue.rules[0].inferred);
}

TEST(CatalogueTest, RunningShowsWhatDecidesAndWhereItHolds) {
  const std::vector<scenario::Scenario> suite = {Parsed(kRefuses)};
  Catalogue catalogue = ListRules(suite, Areas(), {}, {});
  Rule& rule = catalogue.rules.at(0);
  EXPECT_THAT(rule.functions, IsEmpty());
  FindWhatShows(suite, rule);
  EXPECT_THAT(rule.functions, ElementsAre("kvm_is_vm_type_supported"));
  ASSERT_EQ(rule.checks.size(), 1U);
  EXPECT_EQ(rule.checks.begin()->function, "kvm_is_vm_type_supported");
  EXPECT_EQ(rule.revisions.size(), 5U);
}

TEST(CatalogueTest, AScenarioThatFailsHoldsNowhere) {
  const std::vector<scenario::Scenario> suite = {
      Parsed("# Wrong.\nrule A-X\nhost x86 linux-6.18\nkvm = open() -> EINVAL\n")};
  Catalogue catalogue = ListRules(suite, Areas(), {}, {});
  FindWhatShows(suite, catalogue.rules.at(0));
  EXPECT_THAT(catalogue.rules[0].revisions, IsEmpty());
}

const cli::RuleSuite& Suite() {
  static const auto* const kSuite = [] {
    auto* suite = new cli::RuleSuite(cli::LoadRuleSuite().value());
    for (Rule& rule : suite->catalogue.rules) FindWhatShows(suite->scenarios, rule);
    return suite;
  }();
  return *kSuite;
}

TEST(SuiteRulesTest, EveryScenarioIsOfARule) {
  std::set<std::size_t> of_rules;
  for (const Rule& rule : Suite().catalogue.rules) {
    of_rules.insert(rule.scenarios.begin(), rule.scenarios.end());
  }
  for (std::size_t i = 0; i < Suite().scenarios.size(); ++i) {
    EXPECT_TRUE(of_rules.contains(i)) << Suite().scenarios[i].file;
  }
}

TEST(SuiteRulesTest, EveryRuleHasASentenceASourceAndAScenarioThatHolds) {
  std::set<std::string> ids;
  for (const Rule& rule : Suite().catalogue.rules) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_TRUE(rule.sentence.ends_with('.')) << rule.id << ": " << rule.sentence;
    EXPECT_EQ(rule.sentence.find('\n'), std::string::npos) << rule.id;
    EXPECT_FALSE(rule.functions.empty()) << rule.id;
    EXPECT_FALSE(rule.revisions.empty()) << rule.id;
    EXPECT_FALSE(rule.archs.empty()) << rule.id;
    EXPECT_NE(Suite().catalogue.areas[rule.area].document, "") << rule.id;
  }
}

TEST(SuiteRulesTest, EveryAreaHasRules) {
  std::set<std::size_t> areas;
  for (const Rule& rule : Suite().catalogue.rules) areas.insert(rule.area);
  EXPECT_EQ(areas.size(), Suite().catalogue.areas.size());
}

// Each cell of the tables is shown by a scenario of its own, and the function that the table names
// is the one that answers.
TEST(SuiteRulesTest, EveryCellIsAskedFor) {
  std::size_t cells = 0;
  for (const Rule& rule : Suite().catalogue.rules) {
    if (!rule.sentence.starts_with("KVM_CAP_") || !rule.id.starts_with("CAP-")) continue;
    ++cells;
    EXPECT_THAT(rule.functions, ::testing::AnyOf(Contains("kvm_vm_ioctl_check_extension"),
                                                 Contains("kvm_vm_ioctl_check_extension_generic")))
        << rule.id;
  }
  EXPECT_EQ(cells, 462U);
}

}  // namespace
}  // namespace kvm_model::rules
