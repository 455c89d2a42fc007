// Each rule that isn't the same on every revision has a sentence, and each sentence says what
// running the scenarios shows.
#include "tools/revisions/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/cli/revision_report.h"
#include "tools/cli/suite.h"
#include "tools/revisions/differences.h"
#include "tools/scenario/ast.h"

namespace kvm_model::revisions {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kRows = 50;

const std::vector<scenario::Scenario>& Suite() {
  static const auto* const kSuite =
      new std::vector<scenario::Scenario>(cli::LoadBuiltInSuite().value());
  return *kSuite;
}

const std::vector<SentenceTable>& Tables() {
  static const auto* const kTables = new std::vector<SentenceTable>(cli::SentenceTables());
  return *kTables;
}

// The table of what became of rfc-v4.
const SentenceTable& Merged() {
  return *std::ranges::find_if(Tables(), [](const SentenceTable& table) {
    return table.from == "rfc-v4" && table.to == "next-20260923";
  });
}

std::map<std::string, const Family*> ByRule(const std::vector<Family>& families) {
  std::map<std::string, const Family*> by_rule;
  for (const Family& family : families) {
    EXPECT_TRUE(by_rule.emplace(family.rule, &family).second)
        << family.rule << ": its scenarios don't make the same calls";
  }
  return by_rule;
}

bool IsAsked(const Family& family) { return std::ranges::count(family.asked, true) > 0; }

TEST(SentenceTableTest, TakesItsLinesAndNothingElse) {
  const SentenceTable table = ParseSentences(
      "# Words.\n# between a and b\nrule\trow\tcertainty\tsentence\nR-1\t3\tread\tIt is so.\n"
      "-\t4\tinferred\tIt may be.\nshort\t5\nR-2\t-\tread\tIn no list.\nR-3\tx\tread\tNo row.\n");
  EXPECT_EQ(table.from, "a");
  EXPECT_EQ(table.to, "b");
  ASSERT_EQ(table.sentences.size(), 3U);
  EXPECT_EQ(table.sentences[0].rule, "R-1");
  EXPECT_EQ(table.sentences[0].row, 3);
  EXPECT_FALSE(table.sentences[0].inferred);
  EXPECT_EQ(table.sentences[1].rule, "");
  EXPECT_TRUE(table.sentences[1].inferred);
  EXPECT_EQ(table.sentences[2].row, std::nullopt);
  EXPECT_EQ(FindSentence(table.sentences, "R-1"), &table.sentences[0]);
  EXPECT_EQ(FindSentence(table.sentences, "R-3"), nullptr);
}

TEST(SentencesTest, EveryTableIsBetweenTwoRevisions) {
  for (const SentenceTable& table : Tables()) {
    EXPECT_NE(FindRevision(table.from), nullptr) << table.from;
    EXPECT_NE(FindRevision(table.to), nullptr) << table.to;
    EXPECT_FALSE(table.sentences.empty());
  }
}

TEST(SentencesTest, EachRowOfTheListOfDifferencesIsTold) {
  std::set<int> rows;
  for (const Sentence& sentence : Merged().sentences) {
    EXPECT_FALSE(sentence.text.empty());
    rows.insert(sentence.row.value());
  }
  EXPECT_EQ(rows.size(), std::size_t{kRows});
  EXPECT_EQ(*rows.begin(), 1);
  EXPECT_EQ(*rows.rbegin(), kRows);
}

// A row that the calls show, but for those parts of it that none shows.
TEST(SentencesTest, TheRowsThatNoCallShowsAreThese) {
  std::set<int> shown;
  std::set<int> all;
  for (const Sentence& sentence : Merged().sentences) {
    all.insert(sentence.row.value());
    if (!sentence.rule.empty()) shown.insert(sentence.row.value());
  }
  std::vector<int> not_shown;
  std::ranges::set_difference(all, shown, std::back_inserter(not_shown));
  EXPECT_THAT(not_shown, ElementsAre(8, 19, 28, 34, 35, 42, 43, 46, 47));
}

TEST(SentencesTest, WhatNoKernelTextSaysIsMarked) {
  std::set<int> inferred;
  for (const Sentence& sentence : Merged().sentences) {
    if (sentence.inferred) inferred.insert(sentence.row.value());
  }
  EXPECT_THAT(inferred, ElementsAre(9, 10, 33));
}

TEST(SentencesTest, EachFamilyOfScenariosHasASentenceAndEachSentenceAFamily) {
  const std::vector<Family> families = FindFamilies(Suite());
  const std::map<std::string, const Family*> by_rule = ByRule(families);
  std::set<std::string> told;
  for (const SentenceTable& table : Tables()) {
    for (const Sentence& sentence : table.sentences) {
      if (sentence.rule.empty()) continue;
      EXPECT_TRUE(told.insert(sentence.rule).second) << sentence.rule << " is told twice";
      EXPECT_TRUE(by_rule.contains(sentence.rule)) << sentence.rule << " has no scenarios";
    }
  }
  for (const auto& [rule, family] : by_rule) EXPECT_TRUE(told.contains(rule)) << rule;
}

// A sentence whose scenarios expect the same of both revisions says that nothing changed.
TEST(SentencesTest, EachSentenceIsTrueOfItsTwoRevisions) {
  const std::vector<Family> families = FindFamilies(Suite());
  const std::map<std::string, const Family*> by_rule = ByRule(families);
  for (const SentenceTable& table : Tables()) {
    const Revision& from = *FindRevision(table.from);
    const Revision& to = *FindRevision(table.to);
    for (const Sentence& sentence : table.sentences) {
      if (!by_rule.contains(sentence.rule)) continue;
      const Family& family = *by_rule.at(sentence.rule);
      const Comparison comparison = Compare(family, from, to);
      EXPECT_EQ(comparison.kind,
                IsAsked(family) ? Comparison::Kind::kDifference : Comparison::Kind::kSame)
          << sentence.rule << ": " << comparison.difference.call << " " << comparison.reason;
    }
  }
}

TEST(SentencesTest, EachDifferenceBetweenAnyTwoRevisionsHasASentence) {
  for (const Revision& from : Revisions()) {
    for (const Revision& to : Revisions()) {
      for (const Difference& difference : FindDifferences(Suite(), from, to)) {
        const bool told = std::ranges::any_of(Tables(), [&](const SentenceTable& table) {
          return FindSentence(table.sentences, difference.rule) != nullptr;
        });
        EXPECT_TRUE(told) << from.name << " " << to.name << " " << difference.rule;
        EXPECT_FALSE(difference.shown_by.empty());
      }
    }
  }
}

// "Since linux-6.18 ..." is told between one from before and one that isn't.
TEST(SentencesTest, WhatIsSoSinceARevisionIsToldAcrossItAlone) {
  std::map<std::string, const Revision*> since;
  for (const SentenceTable& table : Tables()) {
    for (const Sentence& sentence : table.sentences) {
      for (const Revision& revision : Revisions()) {
        const std::string opening = "Since " + std::string(revision.name) + " ";
        if (sentence.text.starts_with(opening)) since[sentence.rule] = &revision;
      }
    }
  }
  for (const Revision& from : Revisions()) {
    for (const Revision& to : Revisions()) {
      if (&from >= &to) continue;
      for (const Difference& difference : FindDifferences(Suite(), from, to)) {
        const auto found = since.find(difference.rule);
        if (found == since.end()) continue;
        EXPECT_TRUE(&from < found->second && found->second <= &to)
            << from.name << " " << to.name << " " << difference.rule;
      }
    }
  }
}

TEST(SentencesTest, ARevisionDoesNotDifferFromItself) {
  for (const Revision& revision : Revisions()) {
    EXPECT_THAT(FindDifferences(Suite(), revision, revision), IsEmpty()) << revision.name;
  }
}

}  // namespace
}  // namespace kvm_model::revisions
