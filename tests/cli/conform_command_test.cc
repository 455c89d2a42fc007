// kvmsim conform on the model: the built-in suite.
#include <fstream>
#include <iterator>
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
using ::testing::StartsWith;
using Json = nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConformTest, EveryRuleHoldsOnTheModel) {
  const Outcome outcome = RunConform("--format json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["failed"], 0);
  EXPECT_EQ(json["skipped"], 0);
  EXPECT_EQ(json["passed"], json["scenarios"].size());
  for (const Json& rule : json["rules"]) EXPECT_EQ(rule["outcome"], "holds") << rule["id"];
  EXPECT_GT(json["rules"].size(), 900U);
}

TEST(ConformTest, TheNumberOfJobsChangesNothing) {
  const std::string filter = "--format json --filter conversion --jobs ";
  const std::string one = RunConform(filter + "1").out;
  EXPECT_EQ(RunConform(filter + "7").out, one);
  EXPECT_EQ(RunConform(filter + "7").out, one);
}

TEST(ConformTest, TheFilterTakesRulesAreasAndFiles) {
  const auto passed = [](std::string_view filter) {
    return Json::parse(RunConform("--format json --filter " + std::string(filter)).out)["passed"]
        .get<int>();
  };
  EXPECT_EQ(passed("^CONV-EINVAL$"), 1);
  EXPECT_EQ(passed("conversion/invalid_arguments"), 1);
  EXPECT_GT(passed("^conversions$"), 40);
  const Outcome none = RunConform("--filter nothing-of-that-name");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("--filter leaves no scenario"));
  const Outcome elsewhere = RunConform("--filter ^CONV-EINVAL$ --against linux-6.12");
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("none of these scenarios holds on linux-6.12"));
  const Outcome long_one = RunConform("--filter " + std::string(100000, 'a'));
  EXPECT_EQ(long_one.exit_code, 2);
  EXPECT_THAT(long_one.err, HasSubstr("more than 4096 characters"));
}

TEST(ConformTest, AgainstARevisionWhatHoldsThereIsRun) {
  const Json json = Json::parse(RunConform("--format json --against linux-6.18").out);
  EXPECT_EQ(json["failed"], 0);
  EXPECT_GT(json["passed"], 500);
  bool found = false;
  for (const Json& one : json["scenarios"]) {
    const auto file = one["file"].get<std::string>();
    EXPECT_EQ(file.find("CONV-EINVAL"), std::string::npos);
    found |= file == "tests/conformance/releases/linux_6_18/cap_129.linux_6_18.kvmt";
    EXPECT_NE(file, "tests/conformance/releases/linux_6_18/cap_129.linux_6_12.kvmt");
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(RunConform("--against linux-1.0").exit_code, 2);
}

TEST(ConformTest, TheReportGoesToAFile) {
  const std::string path = ::testing::TempDir() + "report.html";
  const Outcome outcome = RunConform("--format html --filter ^CONV-EINVAL$ --output " + path);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(ReadFile(path), AllOf(StartsWith("<!doctype html>"), HasSubstr("CONV-EINVAL")));
  const Outcome nowhere = RunConform("--filter ^CONV-EINVAL$ --output /no/such/folder/x");
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("/no/such/folder/x: No such file"));
}

TEST(ConformTest, ABaselineIsReadAndWritten) {
  const std::string path = ::testing::TempDir() + "baseline.tsv";
  const std::string filter = "--filter ^CONV-EINVAL$ ";
  EXPECT_EQ(RunConform(filter + "--write-baseline " + path).exit_code, 0);
  EXPECT_THAT(ReadFile(path), StartsWith("# Known differences"));
  EXPECT_EQ(RunConform(filter + "--baseline " + path).exit_code, 0);
  std::ofstream(path) << "model\ttests/conformance/conversion/invalid_arguments.kvmt\t8\tfd\twhy\n";
  const Outcome stale = RunConform(filter + "--baseline " + path);
  EXPECT_EQ(stale.exit_code, 1);
  EXPECT_THAT(stale.out, HasSubstr("but the scenario passes"));
  std::ofstream(path) << "no table\n";
  const Outcome wrong = RunConform(filter + "--baseline " + path);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("baseline.tsv:1: 1 columns instead of 5"));
  EXPECT_EQ(RunConform(filter + "--baseline /no/such/file").exit_code, 2);
  const Outcome folder = RunConform(filter + "--baseline " + ::testing::TempDir());
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("can't be read"));
}

}  // namespace
}  // namespace kvm_model::cli
