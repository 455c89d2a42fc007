// The table of ratios, from a run that is written here.
#include "bench/report.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kvm_model::bench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string Entry(const std::string& name, double conversions) {
  return R"({"name": ")" + name +
         R"(/manual_time", "run_type": "iteration", "items_per_second": )" +
         std::to_string(conversions) + R"(, "pages_per_second": )" +
         std::to_string(conversions * 2) + "}";
}

std::string Aggregate(const std::string& name, double conversions) {
  std::string entry = Entry(name, conversions);
  return entry.replace(entry.find("iteration"), 9, "aggregate");
}

template <typename... Entries>
std::string RunOf(const Entries&... entries) {
  std::string list;
  ((list += (list.empty() ? "" : ",") + std::string(entries)), ...);
  return R"({"context": {}, "benchmarks": [)" + list + "]}";
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.pop_back();
  return lines;
}

const std::string kModel = "store/model/uniform/16/no_mode/none";
const std::string kMap = "store/std_map/uniform/16/no_mode/none";
const std::string kBitmap = "store/bitmap/uniform/16/no_mode/none";
const std::string kDoor = "door/model/uniform/16/ZERO/resident";

TEST(ReportTest, EachFamilyOfTheModelIsALineWithItsRatios) {
  const auto table = RatioTable(RunOf(Entry(kModel, 3'000'000), Entry(kMap, 1'500'000),
                                      Entry(kBitmap, 12'000'000), Entry(kDoor, 750'000)));
  ASSERT_TRUE(table.has_value()) << table.error();
  EXPECT_THAT(
      Lines(*table),
      ElementsAre(HasSubstr("above 1 the model is faster"),
                  MatchesRegex("layer +fragmentation +pages +mode +residency +conv/s +pages/s "
                               "+/std_map +/bitmap"),
                  MatchesRegex("store +uniform +16 +no_mode +none +3M +6M +2.00 +0.25"),
                  MatchesRegex("door +uniform +16 +ZERO +resident +750k +1.5M +0.50 +0.06")));
}

TEST(ReportTest, AHundredthAndLessIsNotRoundedToZero) {
  const auto table = RatioTable(RunOf(Entry(kModel, 1'000), Entry(kMap, 2'000'000)));
  ASSERT_TRUE(table.has_value()) << table.error();
  EXPECT_THAT(*table, HasSubstr(" 0.0005 "));
}

TEST(ReportTest, APeerThatDidNotRunIsADash) {
  const auto table =
      RatioTable(RunOf(Entry(kModel, 10), Entry("store/std_map/uniform/1/no_mode/none", 5)));
  ASSERT_TRUE(table.has_value()) << table.error();
  EXPECT_THAT(Lines(*table).back(), MatchesRegex(".* 10 +20 +- +-"));
}

TEST(ReportTest, TheMedianOfRepetitionsCountsAndAggregatesDoNot) {
  const auto table = RatioTable(RunOf(Entry(kModel, 100), Entry(kModel, 900), Entry(kModel, 200),
                                      Aggregate(kModel, 5000), Entry(kMap, 50), Entry(kMap, 150)));
  ASSERT_TRUE(table.has_value()) << table.error();
  EXPECT_THAT(Lines(*table).back(), MatchesRegex(".* 200 +400 +2.00 +-"));
}

TEST(ReportTest, ABenchmarkWithAnErrorFailsTheReport) {
  const auto table =
      RatioTable(RunOf(Entry(kModel, 1), R"({"name": "typed/x", "run_type": "iteration",
                                  "error_occurred": true, "error_message": "state is wrong"})"));
  ASSERT_FALSE(table.has_value());
  EXPECT_THAT(table.error(), AllOf(HasSubstr("typed/x"), HasSubstr("state is wrong")));
}

TEST(ReportTest, WhatIsNoRunFails) {
  for (const char* text : {"", "[", "[]", "{}", R"({"benchmarks": 1})", R"({"benchmarks": [1]})"}) {
    EXPECT_FALSE(RatioTable(text).has_value()) << text;
  }
}

TEST(ReportTest, ARunWithoutTheModelFails) {
  const auto table = RatioTable(RunOf(Entry(kMap, 5)));
  ASSERT_FALSE(table.has_value());
  EXPECT_THAT(table.error(), HasSubstr("no family of the model"));
}

TEST(ReportTest, AFamilyWithoutARateFails) {
  EXPECT_FALSE(RatioTable(RunOf(Entry(kModel, 0))).has_value());
}

}  // namespace
}  // namespace kvm_model::bench
