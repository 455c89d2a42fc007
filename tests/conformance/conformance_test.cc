// Runs every scenario of this folder, as one test on the model and one on the machine's own
// /dev/kvm, which skips what it can't run.
//
// A failure names the scenario's file and line, the call, what was expected, what came back, and on
// the model the decisions that led there. Besides, the folder is held to its own rules: each file
// says what it shows, under an id that no other file has, and no numbered group of the series'
// selftests and no promise of its documentation is left out.
//
// also_on.tsv lists the scenarios that hold on a second revision as they are, but for that word in
// their host line: they are run there too, and no other one would pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <expected>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/concurrency/lock_order_environment.h"
#include "tests/conformance/scenario_files.h"
#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

// What the rules of each subfolder are called, by areas.tsv.
const std::map<std::string, std::string>& RulePrefixes() {
  static const auto& prefixes = *[] {
    auto* const made = new std::map<std::string, std::string>;
    for (const std::vector<std::string>& row : TableRows("areas.tsv")) {
      if (row.size() == 4 && row[0] != "prefix") made->emplace(row[1], row[0]);
    }
    return made;
  }();
  return prefixes;
}

// The subfolder that the file stands in: "releases/linux_7_0".
std::string SubfolderOf(const ScenarioFile& file) {
  return file.name.substr(0, file.name.rfind('/'));
}

// The folders whose scenarios come with their counterpart on the other revision.
const std::set<std::string_view> kBothRevisions = {"merged", "migration", "series", "releases"};
// Those whose counterparts share a rule.
const std::set<std::string_view> kPairs = {"merged", "series", "releases"};

constexpr std::string_view kFirstForm = "rfc-v4";
constexpr std::string_view kMergedForm = "next-20260923";

constexpr int kSelftestGroups = 28;
constexpr int kPromises = 16;

std::string Describe(const Verdict& verdict) {
  if (!verdict.reason.empty()) return absl::StrFormat("%s\n%s", verdict.call, verdict.reason);
  std::string text = absl::StrFormat("%s\n  expected: %s\n  actual:   %s\n", verdict.call,
                                     verdict.expected, verdict.actual);
  if (!verdict.trail.empty()) absl::StrAppendFormat(&text, "because:\n%s", verdict.trail);
  return text;
}

template <typename B>
class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(const ScenarioFile& file) : file_(file) {}

  void TestBody() override {
    for (const Diagnostic& error : Errors()) ADD_FAILURE() << error.ToString();
    if (!file_.scenario) return;
    B backend;
    const Verdict verdict = RunScenario(*file_.scenario, backend);
    if (verdict.outcome == Verdict::Outcome::kSkip) GTEST_SKIP() << verdict.reason;
    if (verdict.outcome == Verdict::Outcome::kFail) {
      ADD_FAILURE_AT(file_.path.c_str(), verdict.line.value_or(1)) << Describe(verdict);
    }
  }

 private:
  std::vector<Diagnostic> Errors() const {
    return file_.scenario ? std::vector<Diagnostic>() : file_.scenario.error();
  }

  const ScenarioFile& file_;
};

template <typename B>
void RegisterAll(const char* suite, const std::vector<ScenarioFile>& files) {
  for (const ScenarioFile& file : files) {
    const int line = file.scenario ? file.scenario->host.position.line : 1;
    testing::RegisterTest(suite, file.name.c_str(), nullptr, nullptr, file.path.c_str(), line,
                          [&file]() -> testing::Test* { return new ScenarioTest<B>(file); });
  }
}

// The file with another revision in its host line: names mean what they mean there.
ScenarioFile On(const ScenarioFile& file, std::string_view revision) {
  Scenario changed = *file.scenario;
  changed.host.revision = revision;
  return {file.name, file.path, Parse(file.path, PrintScenario(changed))};
}

// The scenarios that also_on.tsv lists, as they are on their second revision.
const std::vector<ScenarioFile>& ScenariosOfOtherRevisions() {
  static const auto& files = *[] {
    auto* const made = new std::vector<ScenarioFile>;
    for (const std::vector<std::string>& row : TableRows("also_on.tsv")) {
      const auto file = std::ranges::find(ScenarioFiles(), row.front(), &ScenarioFile::path);
      if (row.size() == 2 && file != ScenarioFiles().end() && file->scenario) {
        made->push_back(On(*file, row.back()));
      } else {
        made->push_back({row.front(), row.front(), std::unexpected(std::vector<Diagnostic>{})});
      }
    }
    return made;
  }();
  return files;
}

// The files whose rule is `prefix` and that number, alone or with more behind it.
std::size_t ShowNumber(std::string_view prefix, int number) {
  const std::string rule = absl::StrFormat("%s%02d", prefix, number);
  return static_cast<std::size_t>(
      std::ranges::count_if(ScenarioFiles(), [&](const ScenarioFile& file) {
        return file.scenario &&
               (file.scenario->rule == rule || file.scenario->rule.starts_with(rule + "-"));
      }));
}

TEST(FolderTest, HoldsScenariosForEverySubject) {
  std::map<std::string, int> counts;
  for (const ScenarioFile& file : ScenarioFiles()) ++counts[SubfolderOf(file)];
  for (const auto& [folder, prefix] : RulePrefixes()) EXPECT_GT(counts[folder], 0) << folder;
  EXPECT_EQ(counts.size(), RulePrefixes().size()) << "a subfolder has no prefix for its rules";
}

TEST(FolderTest, EveryScenarioSaysWhatItShows) {
  for (const ScenarioFile& file : ScenarioFiles()) {
    if (!file.scenario) continue;
    EXPECT_NE(file.scenario->description, "") << file.path << " doesn't open with a comment";
    const auto prefix = RulePrefixes().find(SubfolderOf(file));
    if (prefix == RulePrefixes().end()) continue;
    EXPECT_TRUE(file.scenario->rule.starts_with(prefix->second))
        << file.path << ": the rule is '" << file.scenario->rule << "'";
  }
}

TEST(FolderTest, NoTwoScenariosHaveTheSameRule) {
  std::map<std::string_view, std::string_view> owners;
  for (const ScenarioFile& file : ScenarioFiles()) {
    if (!file.scenario || kPairs.contains(file.folder())) continue;
    const auto [owner, added] = owners.emplace(file.scenario->rule, file.path);
    EXPECT_TRUE(added) << file.scenario->rule << ": " << owner->second << " and " << file.path;
  }
}

// What pairs of revisions show is held to in pairs_test.
TEST(FolderTest, WhatHoldsOnTheMergedFormTooIsListed) {
  std::set<std::string_view> listed;
  for (const ScenarioFile& file : ScenariosOfOtherRevisions()) {
    EXPECT_TRUE(file.scenario) << file.path << " isn't a scenario, or its line not of two columns";
    EXPECT_TRUE(listed.insert(file.path).second) << file.path << " is listed twice";
  }
  for (const ScenarioFile& file : ScenarioFiles()) {
    if (!file.scenario || file.scenario->host.revision != kFirstForm) continue;
    if (kBothRevisions.contains(file.folder())) continue;
    const ScenarioFile changed = On(file, kMergedForm);
    ModelBackend backend;
    const bool holds = changed.scenario &&
                       RunScenario(*changed.scenario, backend).outcome == Verdict::Outcome::kPass;
    EXPECT_EQ(listed.contains(file.path), holds) << file.path;
  }
}

TEST(FolderTest, EveryPromiseOfTheDocumentationIsShown) {
  for (int promise = 1; promise <= kPromises; ++promise) {
    EXPECT_GE(ShowNumber("DOC-", promise), 1u) << "promise " << promise;
  }
}

// The numbers in the first column of selftests/not_scenarios.tsv, which must give a reason.
std::set<int> GroupsWithoutScenario() {
  std::set<int> groups;
  std::ifstream table(ScenarioFolder() / "selftests" / "not_scenarios.tsv");
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t name = line.find('\t');
    const std::size_t reason = line.rfind('\t');
    EXPECT_TRUE(name != std::string::npos && name < reason && reason + 1 < line.size()) << line;
    int group = 0;
    std::from_chars(line.data(), line.data() + line.size(), group);
    EXPECT_TRUE(groups.insert(group).second) << line;
  }
  return groups;
}

TEST(FolderTest, EveryGroupOfTheSelftestsIsShownOrSaysWhyNot) {
  const std::set<int> without = GroupsWithoutScenario();
  for (int group = 1; group <= kSelftestGroups; ++group) {
    EXPECT_NE(ShowNumber("SELFTEST-", group) > 0, without.contains(group)) << "group " << group;
  }
  for (const int group : without) EXPECT_TRUE(group >= 1 && group <= kSelftestGroups) << group;
}

}  // namespace
}  // namespace kvm_model::scenario

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new kvm_model::LockOrderEnvironment);
  kvm_model::scenario::RegisterAll<kvm_model::scenario::ModelBackend>(
      "Model", kvm_model::scenario::ScenarioFiles());
  kvm_model::scenario::RegisterAll<kvm_model::scenario::NativeBackend>(
      "Native", kvm_model::scenario::ScenarioFiles());
  kvm_model::scenario::RegisterAll<kvm_model::scenario::ModelBackend>(
      "AlsoOn", kvm_model::scenario::ScenariosOfOtherRevisions());
  return RUN_ALL_TESTS();
}
