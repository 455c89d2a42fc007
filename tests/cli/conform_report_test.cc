// The report of a conformance run, and the baseline, on a made-up suite and run.
#include "tools/cli/conform_report.h"

#include <cstddef>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "pugixml.hpp"
#include "tools/cli/baseline.h"
#include "tools/cli/conformance.h"
#include "tools/cli/results.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;
using scenario::Verdict;

// Two areas; rules A-1 (two scenarios), A-2 and B-<1>.
RuleSuite MakeSuite() {
  RuleSuite suite;
  const std::vector<std::pair<std::string, std::string>> files = {
      {"a/one.kvmt", "A-1"}, {"a/two.kvmt", "A-1"}, {"a/three.kvmt", "A-2"}, {"b/<x>", "B-1"}};
  for (const auto& [file, rule] : files) {
    suite.scenarios.push_back(
        scenario::Parse(file, "# Says <" + rule + ">.\nrule " + rule +
                                  "\nhost x86 rfc-v4\nkvm = open()\ncreate_vm(kvm, 9) -> EINVAL\n")
            .value());
  }
  suite.catalogue = rules::ListRules(
      suite.scenarios, rules::ParseAreas("A-\ta\tfirst & best\ttext\nB-\tb\tsecond\ttext\n"), {},
      {});
  return suite;
}

Verdict Failed(int line, std::string actual) {
  Verdict verdict;
  verdict.outcome = Verdict::Outcome::kFail;
  verdict.line = line;
  verdict.call = "create_vm(kvm, 9)";
  verdict.expected = "EINVAL";
  verdict.actual = std::move(actual);
  verdict.trail = "kvm_dev_ioctl\n  type > 7: no\n";
  return verdict;
}

Verdict Skipped() {
  Verdict verdict;
  verdict.outcome = Verdict::Outcome::kSkip;
  verdict.reason = "not this # machine";
  return verdict;
}

// What came of the suite's scenarios, in order.
ConformanceRun MakeRun(const RuleSuite& suite, const std::vector<Verdict>& verdicts) {
  ConformanceRun run;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    run.results.push_back(
        {i, {suite.scenarios[i].file, suite.scenarios[i].rule, "native", verdicts[i]}, {}});
  }
  return run;
}

std::set<std::string> FilesOf(const RuleSuite& suite) {
  std::set<std::string> files;
  for (const auto& one : suite.scenarios) files.insert(one.file);
  return files;
}

class ConformReportTest : public ::testing::Test {
 protected:
  ConformReport Report() { return MakeConformReport(suite_, run_, stale_, "on a test"); }
  // As one of the printers that take the report alone prints it.
  std::string Printed(void (*print)(const ConformReport&, std::ostream&)) {
    std::ostringstream out;
    print(Report(), out);
    return out.str();
  }
  std::string JsonText() {
    std::ostringstream out;
    PrintJson(suite_, Report(), out);
    return out.str();
  }
  std::string Text() {
    std::ostringstream out;
    PrintText(suite_, Report(), out);
    return out.str();
  }

  RuleSuite suite_ = MakeSuite();
  ConformanceRun run_ = MakeRun(suite_, {{}, Failed(5, "fd"), {}, Skipped()});
  std::vector<StaleEntry> stale_;
};

TEST_F(ConformReportTest, ARuleIsBrokenByOneOfItsScenarios) {
  const ConformReport report = Report();
  ASSERT_EQ(report.areas.size(), 2U);
  ASSERT_EQ(report.areas[0].rules.size(), 2U);
  EXPECT_EQ(report.areas[0].rules[0].outcome, RuleOutcome::kBroken);
  EXPECT_EQ(report.areas[0].rules[1].outcome, RuleOutcome::kHolds);
  EXPECT_EQ(report.areas[1].rules[0].outcome, RuleOutcome::kSkipped);
  EXPECT_EQ(report.scenarios.passed, 2);
  EXPECT_EQ(ExitCodeOf(report), 1);
}

TEST_F(ConformReportTest, WhatWasNotRunIsNotInIt) {
  run_.results.resize(1);
  const ConformReport report = Report();
  ASSERT_EQ(report.areas.size(), 1U);
  EXPECT_EQ(report.areas[0].rules.size(), 1U);
  EXPECT_EQ(ExitCodeOf(report), 0);
}

TEST_F(ConformReportTest, AllSkippedIsAnExitCodeOfItsOwn) {
  run_ = MakeRun(suite_, {Skipped(), Skipped(), Skipped(), Skipped()});
  EXPECT_EQ(ExitCodeOf(Report()), 4);
}

TEST_F(ConformReportTest, TextHasFailuresInFullWithTheirScenario) {
  EXPECT_THAT(Text(), AllOf(HasSubstr("BROKEN A-1\n  Says <A-1>.\n  a/two.kvmt:5 [native]\n"),
                            HasSubstr("  expected  EINVAL\n  actual    fd\n"),
                            HasSubstr("type > 7: no"), HasSubstr("    rule A-1\n"),
                            HasSubstr("      1  native: not this # machine\n")));
  EXPECT_THAT(Text(), HasSubstr("\n2 passed, 1 failed, 1 skipped\n"));
}

TEST_F(ConformReportTest, AnInterruptedRunSaysWhatIsMissing) {
  run_.not_run = 7;
  EXPECT_THAT(Text(), HasSubstr("interrupted: 7 scenarios were not run\n"));
  EXPECT_THAT(Printed(PrintKtap), HasSubstr("# interrupted: 7 scenarios were not run\n"));
  EXPECT_EQ(Json::parse(JsonText())["not_run"], 7);
}

TEST_F(ConformReportTest, KtapIsNestedByAreaAndRule) {
  EXPECT_THAT(Printed(PrintKtap),
              AllOf(::testing::StartsWith("KTAP version 1\n1..2\n  KTAP version 1\n  1..2\n"
                                          "    KTAP version 1\n    1..2\n"
                                          "    ok 1 a/one.kvmt [native]\n"
                                          "    # a/two.kvmt:5\n"),
                    HasSubstr("    not ok 2 a/two.kvmt [native]\n  not ok 1 A-1\n"),
                    HasSubstr("\nnot ok 1 first & best\n"),
                    HasSubstr("    ok 1 b/<x> [native] # SKIP not this # machine\n"
                              "  ok 1 B-1 # SKIP every scenario was skipped\n"
                              "ok 2 second # SKIP every rule was skipped\n")));
}

TEST_F(ConformReportTest, JunitHasASuiteForEachArea) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(Printed(PrintJunit).c_str()));
  const pugi::xml_node area = document.child("testsuites").child("testsuite");
  EXPECT_STREQ(area.attribute("name").value(), "first & best");
  EXPECT_EQ(area.attribute("tests").as_int(), 3);
  EXPECT_EQ(area.attribute("failures").as_int(), 1);
  const pugi::xml_node failed = area.child("testcase").next_sibling("testcase");
  EXPECT_STREQ(failed.attribute("classname").value(), "A-1");
  EXPECT_THAT(failed.child("failure").text().get(), HasSubstr("actual    fd"));
  EXPECT_EQ(area.next_sibling().attribute("skipped").as_int(), 1);
}

TEST_F(ConformReportTest, JsonHasTheFieldsOfRunAndTheRules) {
  const Json json = Json::parse(JsonText());
  EXPECT_EQ(json["passed"], 2);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["skipped"], 1);
  EXPECT_EQ(json["scenarios"][1]["file"], "a/two.kvmt");
  EXPECT_EQ(json["scenarios"][1]["verdict"], "fail");
  EXPECT_EQ(json["scenarios"][1]["line"], 5);
  EXPECT_EQ(json["scenarios"][1]["actual"], "fd");
  EXPECT_EQ(json["rules"][0]["outcome"], "broken");
  EXPECT_EQ(json["areas"][0]["broken"], 1);
}

// As XML: the page is written so that it is well-formed but for what HTML leaves open.
TEST_F(ConformReportTest, TheHtmlPageEscapesAndNeedsNoNetwork) {
  std::ostringstream out;
  PrintHtml(suite_, Report(), out);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("<details class=\"rule broken\" open>"),
                               HasSubstr("first &amp; best"), HasSubstr("b/&lt;x&gt;"),
                               HasSubstr("Says &lt;A-1&gt;."), Not(HasSubstr("http")),
                               Not(HasSubstr("Says <"))));
}

TEST_F(ConformReportTest, TheHtmlPageHasWhatIsBrokenFirst) {
  run_ = MakeRun(suite_, {{}, {}, Failed(5, "fd"), {}});
  std::ostringstream out;
  PrintHtml(suite_, Report(), out);
  EXPECT_LT(out.str().find("<code>A-2</code>"), out.str().find("<code>A-1</code>"));
}

TEST_F(ConformReportTest, TheHtmlPageCountsWhatIsAlike) {
  const ConformanceResult passed = run_.results[0];
  const ConformanceResult failed = run_.results[1];
  for (int i = 0; i < 5; ++i) run_.results.push_back(passed);
  run_.results.push_back(failed);
  std::ostringstream out;
  PrintHtml(suite_, Report(), out);
  EXPECT_THAT(out.str(), HasSubstr("<code>a/one.kvmt</code> 6 times</li>"));
  const std::string text = out.str();
  const std::size_t first = text.find("<code>a/two.kvmt:5</code>");
  EXPECT_NE(text.find("<code>a/two.kvmt:5</code>", first + 1), std::string::npos);
}

// ---- The baseline ----

std::vector<BaselineEntry> Entries(std::string_view text) {
  return ParseBaseline("vendor.txt", text).value();
}

TEST_F(ConformReportTest, AKnownDifferenceDoesNotFail) {
  stale_ = ApplyBaseline(Entries("# x\n\nnative\ta/two.kvmt\t5\tfd\tour patch\n"), FilesOf(suite_),
                         run_);
  EXPECT_THAT(stale_, IsEmpty());
  const ConformReport report = Report();
  EXPECT_EQ(report.areas[0].rules[0].outcome, RuleOutcome::kKnown);
  EXPECT_EQ(ExitCodeOf(report), 0);
  EXPECT_THAT(Text(),
              AllOf(HasSubstr("A-1: a/two.kvmt:5 [native] answers fd: our patch\n"),
                    HasSubstr("\n2 passed, 0 failed, 1 skipped\n"), Not(HasSubstr("BROKEN"))));
  EXPECT_THAT(Printed(PrintKtap), HasSubstr("ok 2 a/two.kvmt [native] # XFAIL our patch\n"));
  const Json json = Json::parse(JsonText());
  EXPECT_EQ(json["failed"], 0);
  EXPECT_EQ(json["scenarios"][1]["known"], "our patch");
}

TEST_F(ConformReportTest, AnEntryThatIsNotSoIsStale) {
  stale_ = ApplyBaseline(Entries("native\ta/one.kvmt\t5\tfd\twhy\n"
                                 "native\ta/two.kvmt\t5\tENOSYS\twhy\n"
                                 "native\ta/two.kvmt\t4\tfd\twhy\n"
                                 "native\ta/gone.kvmt\t1\tfd\twhy\n"
                                 "native\tb/<x>\t1\tfd\tskipped\n"
                                 "model\ta/two.kvmt\t5\tfd\tnot run\n"),
                         FilesOf(suite_), run_);
  std::vector<std::string> reasons;
  for (const StaleEntry& one : stale_) reasons.push_back(one.reason);
  EXPECT_THAT(reasons, ElementsAre("the scenario passes", "line 5 answers fd", "line 5 answers fd",
                                   "the suite has no such scenario"));
  EXPECT_EQ(stale_[3].entry.line, 4);
  EXPECT_EQ(ExitCodeOf(Report()), 1);
  EXPECT_THAT(Text(), HasSubstr("line 1: a/one.kvmt:5 [native] is said to answer fd, but the "
                                "scenario passes\n"));
}

TEST_F(ConformReportTest, WhatIsWrittenIsReadAgain) {
  run_.results[2].result.verdict = Failed(5, "");
  run_.results[2].result.verdict.reason = "no answer\tcame\nin time";
  const auto entries = Entries(WriteBaseline(run_, {}));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].answer, "no answer came in time");
  EXPECT_THAT(ApplyBaseline(entries, FilesOf(suite_), run_), IsEmpty());
  EXPECT_EQ(ExitCodeOf(Report()), 0);
}

TEST_F(ConformReportTest, WhatTheRunDoesNotJudgeStaysInTheBaseline) {
  const auto entries = Entries(
      "native\tb/<x>\t5\tfd\tskipped here\n"
      "model\ta/two.kvmt\t5\tfd\tnot run here\n"
      "native\ta/one.kvmt\t5\tfd\tpasses now\n");
  const auto written = Entries(WriteBaseline(run_, entries));
  std::vector<std::string> why;
  for (const BaselineEntry& entry : written) why.push_back(entry.why);
  EXPECT_THAT(why, ElementsAre("skipped here", "not run here", "not said"));
}

TEST(BaselineTest, AWrongLineIsNamed) {
  const auto parsed = ParseBaseline("v.txt",
                                    "native\ta\n# fine\nnative\ta\tx\tfd\twhy\n"
                                    "native\ta\t-1\tfd\twhy\nnativ\ta\t1\tfd\twhy\n");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error(),
              ElementsAre("v.txt:1: 2 columns instead of 5, separated by tabs: backend, scenario, "
                          "line, answer, why",
                          "v.txt:3: 'x' is no line's number", "v.txt:4: '-1' is no line's number",
                          "v.txt:5: 'nativ' is no backend: model or native"));
}

}  // namespace
}  // namespace kvm_model::cli
