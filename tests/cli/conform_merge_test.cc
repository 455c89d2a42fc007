// Reports in JSON, merged into one.
#include "tools/cli/conform_merge.h"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tests/cli/scenario_file.h"
#include "tools/cli/conform_report.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

// What a run that passes, one that fails and one that is skipped have found.
Json Report(std::string_view backend, std::string_view verdict) {
  Json result = {{"file", "a/one.kvmt"}, {"rule", "A-1"},       {"backend", backend},
                 {"verdict", verdict},   {"line", nullptr},     {"expected", nullptr},
                 {"actual", nullptr},    {"reason", "because"}, {"known", nullptr}};
  if (verdict == "fail") {
    result["line"] = 4;
    result["expected"] = "EINVAL";
    result["actual"] = "fd";
    result["call"] = "create_vm(kvm, 9)";
    result["trail"] = {"kvm_dev_ioctl", "  type > 7: no"};
    result["scenario"] = "rule A-1\nhost x86 rfc-v4\nkvm = open()\ncreate_vm(kvm, 9) -> EINVAL\n";
  }
  return {{"title", "on a test"},
          {"areas", {{{"area", "first"}, {"document", "a text"}}}},
          {"rules", {{{"id", "A-1"}, {"area", "first"}, {"sentence", "It is so."}}}},
          {"scenarios", {result}},
          {"stale", Json::array()},
          {"not_run", 0}};
}

std::string Merged(const std::vector<Json>& reports) {
  std::vector<ReportText> texts;
  for (const Json& report : reports) texts.push_back({"r.json", report.dump()});
  auto merged = MergeReports(texts);
  if (!merged) return merged.error().front();
  std::ostringstream out;
  PrintText(merged->suite,
            MakeConformReport(merged->suite, merged->run, merged->stale, merged->title), out);
  return out.str();
}

TEST(ConformMergeTest, CountsAreSums) {
  Json broken_off = Report("model", "pass");
  broken_off["not_run"] = 3;
  EXPECT_THAT(
      Merged({broken_off, Report("native", "skip"), broken_off}),
      AllOf(HasSubstr("conformance on a test\n"), HasSubstr("2 passed, 0 failed, 1 skipped\n"),
            HasSubstr("interrupted: 6 scenarios were not run\n")));
}

TEST(ConformMergeTest, OtherTitlesAreCounted) {
  Json other = Report("model", "pass");
  other["title"] = "elsewhere";
  EXPECT_THAT(Merged({Report("model", "pass"), other, other}),
              HasSubstr("conformance on a test, and 2 other reports\n"));
}

TEST(ConformMergeTest, AFailureIsToldAsItWas) {
  EXPECT_THAT(Merged({Report("model", "pass"), Report("native", "fail")}),
              AllOf(HasSubstr("BROKEN A-1\n  It is so.\n  a/one.kvmt:4 [native]\n"),
                    HasSubstr("  call      create_vm(kvm, 9)\n"), HasSubstr("      type > 7: no\n"),
                    HasSubstr("    create_vm(kvm, 9) -> EINVAL\n"),
                    HasSubstr("1 passed, 1 failed, 0 skipped\n")));
}

TEST(ConformMergeTest, AMergedReportCanBeMergedAgain) {
  const auto first = MergeReports({{"a", Report("model", "fail").dump()}});
  ASSERT_TRUE(first.has_value());
  std::ostringstream json;
  PrintJson(first->suite, MakeConformReport(first->suite, first->run, {}, first->title), json);
  const auto second = MergeReports({{"b", json.str()}});
  ASSERT_TRUE(second.has_value());
  std::ostringstream again;
  PrintJson(second->suite, MakeConformReport(second->suite, second->run, {}, second->title), again);
  EXPECT_EQ(json.str(), again.str());
}

TEST(ConformMergeTest, StaleEntriesStay) {
  Json report = Report("model", "pass");
  report["stale"] = {{{"line", 3},
                      {"backend", "native"},
                      {"scenario", "a/one.kvmt"},
                      {"call", 4},
                      {"answer", "fd"},
                      {"reason", "the scenario passes"}}};
  EXPECT_THAT(Merged({report}), HasSubstr("line 3: a/one.kvmt:4 [native] is said to answer fd, but "
                                          "the scenario passes\n"));
}

TEST(ConformMergeTest, WhatIsNoReportIsNamed) {
  Json no_rule = Report("model", "pass");
  no_rule["scenarios"][0]["rule"] = "B-1";
  Json no_verdict = Report("model", "maybe");
  Json no_area = Report("model", "pass");
  no_area["rules"][0]["area"] = "second";
  Json no_number = Report("model", "pass");
  no_number["not_run"] = -1;
  Json no_scenario = Report("model", "fail");
  no_scenario["scenarios"][0]["scenario"] = "host x86\n";
  Json no_title = Report("model", "pass");
  no_title.erase("title");
  EXPECT_EQ(Merged({no_rule}), "r.json: scenarios[0].rule is none of its rules");
  EXPECT_EQ(Merged({no_verdict}), "r.json: scenarios[0].verdict is 'maybe': pass, fail or skip");
  EXPECT_EQ(Merged({no_area}), "r.json: rules[0].area is none of its areas");
  EXPECT_EQ(Merged({no_number}), "r.json: not_run is no number from 0 to 1000000000");
  EXPECT_THAT(Merged({no_scenario}), HasSubstr("r.json: scenarios[0].scenario: a/one.kvmt:1:"));
  EXPECT_EQ(Merged({no_title}), "r.json: the report has no \"title\"");
  EXPECT_EQ(Merged({Json::array()}), "r.json: the report is no object");
  EXPECT_EQ(Merged({Json("text")}), "r.json: the report is no object");
}

TEST(ConformMergeTest, EachFileThatIsNoReportIsNamed) {
  const auto merged =
      MergeReports({{"a", "{"}, {"b", Report("model", "pass").dump()}, {"c", "[]"}});
  ASSERT_FALSE(merged.has_value());
  EXPECT_THAT(merged.error(), ElementsAre("a: is no JSON", "c: the report is no object"));
}

// ---- The command ----

TEST(ConformMergeCommandTest, ExitCodesAreThoseOfConform) {
  const std::string pass = WriteFile("pass.json", Report("model", "pass").dump());
  const std::string fail = WriteFile("fail.json", Report("model", "fail").dump());
  const std::string skip = WriteFile("skip.json", Report("model", "skip").dump());
  const auto exit_code = [](const std::string& files) {
    return RunConform("merge " + files).exit_code;
  };
  EXPECT_EQ(exit_code(pass + " " + skip), 0);
  EXPECT_EQ(exit_code(pass + " " + fail), 1);
  EXPECT_EQ(exit_code(skip), 4);
  EXPECT_EQ(exit_code(""), 2);
  Json broken_off = Report("model", "pass");
  broken_off["not_run"] = 1;
  EXPECT_EQ(exit_code(pass + " " + WriteFile("part.json", broken_off.dump())), 130);
}

TEST(ConformMergeCommandTest, WhatCannotBeReadIsNamed) {
  const Outcome missing = RunConform("merge /no/such " + WriteFile("no.json", "{"));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/no/such: can't be read"));
}

TEST(ConformMergeCommandTest, TheReportOfARunIsRead) {
  const std::string file = ::testing::TempDir() + "run.json";
  ASSERT_EQ(RunConform("--filter ^CONV-EINVAL$ --format json --output " + file).exit_code, 0);
  const Outcome merged = RunConform("merge --format json " + file);
  EXPECT_EQ(merged.exit_code, 0);
  EXPECT_EQ(merged.out, ReadFile(file));
}

}  // namespace
}  // namespace kvm_model::cli
