// Holds the folders of pairs to their own rules: what changed between two revisions is shown by
// pairs of scenarios that make the same calls, one on each revision.
//
// Where a pair says that answers differ, each half must fail on the other one's host: a scenario
// that passes there shows nothing. Each folder's differences.tsv has a sentence for each rule. In
// merged/, rules are numbered by the rows of a list, and every row that no pair shows says in
// not_scenarios.tsv why.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/conformance/scenario_files.h"
#include "tools/backends/model_backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

constexpr int kRows = 50;

// A folder of pairs: what its rules are called, and the two revisions with their files' endings.
struct Step {
  std::string_view folder;
  std::string_view prefix;
  std::string_view before;
  std::string_view before_ending;
  std::string_view after;
  std::string_view after_ending;
};

constexpr std::string_view kMerged = "merged";
constexpr Step kSteps[] = {
    {kMerged, "MERGED-", "rfc-v4", ".rfc_v4", "next-20260923", ".next"},
    {"series", "SERIES-", "linux-7.0", ".linux_7_0", "rfc-v4", ".rfc_v4"},
    {"releases/linux_7_2", "RELEASE72-", "linux-7.0", ".linux_7_0", "next-20260923", ".next"},
    {"releases/linux_7_0", "RELEASE70-", "linux-6.18", ".linux_6_18", "linux-7.0", ".linux_7_0"},
    {"releases/linux_6_18", "RELEASE618-", "linux-6.12", ".linux_6_12", "linux-6.18",
     ".linux_6_18"},
};

// The rules by which both revisions give every answer alike.
const std::set<std::string_view> kUnchanged = {
    "MERGED-04",        "MERGED-07-DEFAULT", "MERGED-12", "MERGED-12-SWITCHED", "MERGED-14",
    "MERGED-26",        "MERGED-27",         "MERGED-30", "MERGED-29-ONE-KIND", "MERGED-31-PER-VM",
    "MERGED-40-PER-VM", "MERGED-44",         "MERGED-48", "MERGED-44-PER-VM",   "MERGED-49",
};

// The rules whose errno the specification leaves open on rfc-v4: there either half passes.
const std::set<std::string_view> kLeftOpen = {"MERGED-41-PER-VM"};

bool AnswersAlike(std::string_view rule) {
  return kUnchanged.contains(rule) || kLeftOpen.contains(rule);
}

struct Pair {
  const Step* step = nullptr;
  const ScenarioFile* before = nullptr;
  const ScenarioFile* after = nullptr;
};

// By the name that both halves share.
const std::map<std::string, Pair>& Pairs() {
  static const auto& pairs = *[] {
    auto* const made = new std::map<std::string, Pair>;
    for (const ScenarioFile& file : ScenarioFiles()) {
      const std::string folder = file.name.substr(0, file.name.rfind('/'));
      const Step* const step = std::ranges::find(kSteps, folder, &Step::folder);
      if (step == std::end(kSteps) || !file.scenario) continue;
      const std::size_t end = file.name.rfind('.');
      Pair& pair = (*made)[file.name.substr(0, end)];
      pair.step = step;
      if (file.name.ends_with(step->before_ending)) pair.before = &file;
      if (file.name.ends_with(step->after_ending)) pair.after = &file;
    }
    return made;
  }();
  return pairs;
}

// A scenario's lines, in order: the call without its expectation, and the expectation.
using Lines = std::vector<std::pair<std::string, std::optional<Expectation>>>;

void Append(const std::vector<Statement>& statements, Lines& lines) {
  for (const Statement& statement : statements) {
    if (const auto* call = std::get_if<Call>(&statement.what)) {
      lines.emplace_back(PrintCall(*call), call->expectation);
      continue;
    }
    const auto& repeat = std::get<Repeat>(statement.what);
    lines.emplace_back(absl::StrFormat("repeat %u {", repeat.turns), std::nullopt);
    Append(repeat.body, lines);
    lines.emplace_back("}", std::nullopt);
  }
}

Lines LinesOf(const ScenarioFile& file) {
  Lines lines;
  Append(file.scenario->statements, lines);
  return lines;
}

// What comes back where `file` is run on the host of `host`.
Verdict RunOnHostOf(const ScenarioFile& host, const ScenarioFile& file) {
  Scenario scenario = *file.scenario;
  scenario.host = host.scenario->host;
  ModelBackend backend;
  return RunScenario(scenario, backend);
}

// 0 for a rule that isn't of merged/.
int RowOf(std::string_view rule) {
  constexpr std::string_view kPrefix = "MERGED-";
  int row = 0;
  if (rule.starts_with(kPrefix)) {
    std::from_chars(rule.data() + kPrefix.size(), rule.data() + rule.size(), row);
  }
  return row;
}

TEST(PairsTest, EveryScenarioHasItsCounterpart) {
  EXPECT_FALSE(Pairs().empty());
  std::map<std::string, std::string> owners;
  for (const auto& [name, pair] : Pairs()) {
    ASSERT_TRUE(pair.before != nullptr && pair.after != nullptr) << name;
    EXPECT_EQ(pair.before->scenario->host.revision, pair.step->before) << name;
    EXPECT_EQ(pair.after->scenario->host.revision, pair.step->after) << name;
    EXPECT_EQ(pair.before->scenario->host.arch, pair.after->scenario->host.arch) << name;
    const std::string& rule = pair.before->scenario->rule;
    EXPECT_EQ(rule, pair.after->scenario->rule) << name;
    EXPECT_TRUE(rule.starts_with(pair.step->prefix)) << name << ": " << rule;
    if (pair.step->folder == kMerged) {
      EXPECT_TRUE(name.starts_with(absl::StrFormat("merged/%02d_", RowOf(rule)))) << name;
    }
    EXPECT_TRUE(owners.emplace(rule, name).second) << rule << ": " << owners[rule] << ", " << name;
  }
}

TEST(PairsTest, BothHalvesMakeTheSameCalls) {
  for (const auto& [name, pair] : Pairs()) {
    const Lines before = LinesOf(*pair.before);
    const Lines after = LinesOf(*pair.after);
    ASSERT_EQ(before.size(), after.size()) << name;
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].first, after[i].first) << name;
      EXPECT_EQ(before[i].second.has_value(), after[i].second.has_value())
          << name << ": " << before[i].first << " is expected to answer something in one half only";
    }
  }
}

TEST(PairsTest, APairSaysWhatDiffers) {
  for (const auto& [name, pair] : Pairs()) {
    const bool differs = LinesOf(*pair.before) != LinesOf(*pair.after);
    EXPECT_NE(differs, kUnchanged.contains(pair.before->scenario->rule)) << name;
  }
}

TEST(PairsTest, NoHalfPassesOnTheOthersHostWhereTheyDiffer) {
  for (const auto& [name, pair] : Pairs()) {
    const auto expected = AnswersAlike(pair.before->scenario->rule) ? Verdict::Outcome::kPass
                                                                    : Verdict::Outcome::kFail;
    const Verdict early = RunOnHostOf(*pair.after, *pair.before);
    EXPECT_EQ(early.outcome, expected) << name << " before, run after: " << early.call;
    const Verdict late = RunOnHostOf(*pair.before, *pair.after);
    EXPECT_EQ(late.outcome, expected) << name << " after, run before: " << late.call;
  }
}

TEST(PairsTest, EveryRowIsShownOrSaysWhyNot) {
  std::set<int> shown;
  for (const auto& [name, pair] : Pairs()) {
    if (pair.step->folder == kMerged) shown.insert(RowOf(pair.before->scenario->rule));
  }
  std::set<int> excused;
  for (const std::vector<std::string>& row : TableRows("merged/not_scenarios.tsv")) {
    ASSERT_EQ(row.size(), 4u) << row.front();
    for (const std::string& column : row) EXPECT_NE(column, "") << row.front();
    int number = 0;
    std::from_chars(row[0].data(), row[0].data() + row[0].size(), number);
    EXPECT_TRUE(excused.insert(number).second) << number;
  }
  for (int row = 1; row <= kRows; ++row) {
    EXPECT_TRUE(shown.contains(row) || excused.contains(row)) << "row " << row;
  }
}

// The rules of a folder's table, each with a sentence.
std::set<std::string> ToldRules(const Step& step,
                                const std::vector<std::vector<std::string>>& table) {
  std::set<std::string> rules;
  for (const std::vector<std::string>& row : table) {
    if (row.size() != 4u) {
      ADD_FAILURE() << step.folder << ": " << row.front();
      continue;
    }
    if (row[0] == "rule") continue;
    EXPECT_TRUE(row[2] == "read" || row[2] == "inferred") << row[0] << ": " << row[2];
    EXPECT_TRUE(row[3].ends_with('.')) << row[3];
    if (step.folder != kMerged) {
      EXPECT_EQ(row[1], "-") << row[0];
    }
    if (row[0] != "-") {
      EXPECT_TRUE(rules.insert(row[0]).second) << row[0];
    }
  }
  return rules;
}

TEST(PairsTest, EveryRuleHasASentence) {
  for (const Step& step : kSteps) {
    std::set<std::string> shown;
    for (const auto& [name, pair] : Pairs()) {
      if (pair.step == &step) shown.insert(pair.before->scenario->rule);
    }
    EXPECT_FALSE(shown.empty()) << step.folder;
    const std::string table = absl::StrFormat("%s/differences.tsv", step.folder);
    EXPECT_EQ(ToldRules(step, TableRows(table)), shown) << step.folder;
  }
}

TEST(PairsTest, EveryRowHasASentence) {
  std::set<int> rows;
  for (const std::vector<std::string>& row : TableRows("merged/differences.tsv")) {
    if (row[0] == "rule") continue;
    int number = 0;
    std::from_chars(row[1].data(), row[1].data() + row[1].size(), number);
    EXPECT_TRUE(number >= 1 && number <= kRows) << row[1];
    rows.insert(number);
    if (row[0] != "-") {
      EXPECT_EQ(RowOf(row[0]), number) << row[0];
    }
  }
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kRows));
}

}  // namespace
}  // namespace kvm_model::scenario
