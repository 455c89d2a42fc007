// kvmsim revisions: the list, and what differs between two.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

Json Diff(const std::string& arguments) {
  const Outcome outcome = RunRevisions("diff " + arguments + " --format json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(RevisionsListTest, HasEveryRevisionOldestFirst) {
  const Json list = Json::parse(RunRevisions("list --format json").out);
  ASSERT_EQ(list.size(), Revisions().size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i]["name"], Revisions()[i].name);
    EXPECT_EQ(list[i]["default"], Revisions()[i].name == DefaultRevision().name);
  }
  EXPECT_THAT(RunRevisions("list").out,
              AllOf(HasSubstr("(the default)"), HasSubstr("inferred: outside guest_memfd")));
}

TEST(RevisionsDiffTest, TellsCallAnswersSentenceAndScenarios) {
  const std::string text = RunRevisions("diff rfc-v4 next-20260923").out;
  EXPECT_THAT(text, StartsWith("From rfc-v4 to next-20260923: "));
  EXPECT_THAT(text, AllOf(HasSubstr("MERGED-36, row 36; x86"), HasSubstr("EINVAL -> EEXIST"),
                          HasSubstr("tests/conformance/merged/36_"), HasSubstr("(inferred)"),
                          HasSubstr("What no call shows"), Not(HasSubstr("(no sentence"))));
}

TEST(RevisionsDiffTest, EveryRowThatCallsShowIsFound) {
  std::set<int> rows;
  const Json diff = Diff("rfc-v4 next-20260923");
  for (const Json& one : diff["differences"]) {
    if (!one["row"].is_null()) rows.insert(one["row"].get<int>());
    EXPECT_NE(one["from"], one["to"]);
    EXPECT_FALSE(one["shown_by"].empty());
  }
  // What stayed as it was: 12, 14, 24 to 27, 29 in part, 44, 48, 49. What no call shows: see there.
  for (const int row : {1,  2,  3,  5,  6,  7,  9,  10, 11, 13, 15, 16, 18, 20, 21,
                        22, 23, 29, 30, 31, 32, 33, 36, 37, 38, 40, 41, 45, 50}) {
    EXPECT_THAT(rows, Contains(row));
  }
  for (const int row : {12, 14, 44, 48, 49}) EXPECT_THAT(rows, Not(Contains(row)));
}

TEST(RevisionsDiffTest, CapabilitiesAreComparedOnDefaultHosts) {
  std::set<int> numbers;
  const Json diff = Diff("rfc-v4 next-20260923 --arch x86");
  for (const Json& one : diff["capabilities"]) {
    EXPECT_EQ(one["arch"], "x86");
    numbers.insert(one["number"].get<int>());
  }
  EXPECT_EQ(numbers, (std::set<int>{213, 249, 250, 252}));
}

// Between any two revisions, neighbours or not.
TEST(RevisionsDiffTest, EveryDifferenceHasASentence) {
  for (const Revision& from : Revisions()) {
    for (const Revision& to : Revisions()) {
      if (&from >= &to) continue;
      const Json diff = Diff(absl::StrFormat("%s %s", from.name, to.name));
      EXPECT_FALSE(diff["differences"].empty()) << from.name << " " << to.name;
      for (const Json& one : diff["differences"]) EXPECT_TRUE(one["sentence"].is_string()) << one;
    }
  }
}

// Only the merged form has a list of differences: elsewhere a rule has no row.
TEST(RevisionsDiffTest, WithoutAListThereAreNoRows) {
  const std::string text = RunRevisions("diff linux-6.12 linux-6.18").out;
  EXPECT_THAT(text, AllOf(HasSubstr("RELEASE618-TDX-VM; x86"), HasSubstr("What no call shows"),
                          Not(HasSubstr(", row ")), Not(HasSubstr("(row "))));
  const Json diff = Diff("linux-6.12 linux-6.18");
  for (const Json& one : diff["differences"]) EXPECT_TRUE(one["row"].is_null()) << one;
  for (const Json& one : diff["not_shown"]) EXPECT_TRUE(one["row"].is_null()) << one;
}

TEST(RevisionsDiffTest, TheOtherWayRoundTheAnswersChangePlaces) {
  const Json there = Diff("rfc-v4 next-20260923 --arch x86")["differences"];
  const Json back = Diff("next-20260923 rfc-v4 --arch x86")["differences"];
  ASSERT_EQ(there.size(), back.size());
  for (std::size_t i = 0; i < there.size(); ++i) {
    EXPECT_EQ(there[i]["rule"], back[i]["rule"]);
    EXPECT_EQ(there[i]["from"], back[i]["to"]);
    EXPECT_EQ(there[i]["to"], back[i]["from"]);
  }
}

TEST(RevisionsDiffTest, ARevisionDoesNotDifferFromItself) {
  const Json same = Diff("rfc-v4 rfc-v4");
  EXPECT_THAT(same["differences"], IsEmpty());
  EXPECT_THAT(same["capabilities"], IsEmpty());
}

TEST(RevisionsDiffTest, WrongNamesAreTold) {
  const Outcome outcome = RunRevisions("diff rfc-v5 next-20260923");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("there is no revision 'rfc-v5'; did you mean rfc-v4?"));
  EXPECT_EQ(RunRevisions("diff rfc-v4").exit_code, 2);
  EXPECT_EQ(RunRevisions("diff rfc-v4 linux-7.0 --arch vax").exit_code, 2);
  EXPECT_EQ(RunRevisions("").exit_code, 2);
}

}  // namespace
}  // namespace kvm_model::cli
