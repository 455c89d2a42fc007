// What is said of errnos and terms, held to what the suite shows.
#include "tools/explain/texts.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/explain_topics.h"
#include "tools/rules/catalogue.h"

namespace kvm_model::explain {
namespace {

using ::testing::IsEmpty;

const cli::Explanations& All() {
  static const auto* const kAll = new cli::Explanations(cli::LoadExplanations().value());
  return *kAll;
}

bool HasRule(std::string_view id) {
  return std::ranges::find(All().suite.catalogue.rules, id, &rules::Rule::id) !=
         All().suite.catalogue.rules.end();
}

TEST(ErrnoTextsTest, TheCallsOwnRowCountsBeforeThatOfEveryCall) {
  const std::vector<ErrnoText> texts =
      ParseErrnoTexts("# x\n*\tEIO\tgeneral\thelps\nKVM_RUN\tEIO\town\thelps\tR-1\nshort\trow\n");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(FindErrnoText(texts, "KVM_RUN", "EIO")->means, "own");
  EXPECT_EQ(FindErrnoText(texts, "KVM_RUN", "EIO")->rule, "R-1");
  EXPECT_EQ(FindErrnoText(texts, "mmap", "EIO")->means, "general");
  EXPECT_EQ(FindErrnoText(texts, "mmap", "EPERM"), nullptr);
}

TEST(ErrnoTextsTest, EachErrnoThatAScenarioShowsIsExplained) {
  EXPECT_GT(All().outcomes.failures.size(), 100U);
  for (const auto& [pair, shown] : All().outcomes.failures) {
    const ErrnoText* const text = FindErrnoText(All().errnos, pair.first, pair.second);
    ASSERT_NE(text, nullptr) << pair.first << " " << pair.second;
    EXPECT_TRUE(text->means.ends_with('.')) << text->means;
    EXPECT_TRUE(text->helps.ends_with('.')) << text->helps;
  }
}

TEST(ErrnoTextsTest, EachRowIsOfSomethingThatAScenarioShows) {
  std::set<std::string> errnos;
  for (const auto& [pair, shown] : All().outcomes.failures) errnos.insert(pair.second);
  std::set<std::pair<std::string, std::string>> rows;
  for (const ErrnoText& text : All().errnos) {
    EXPECT_TRUE(rows.emplace(text.call, text.error).second) << text.call << " " << text.error;
    const bool shown = text.call == "*" ? errnos.contains(text.error)
                                        : All().outcomes.failures.contains({text.call, text.error});
    EXPECT_TRUE(shown) << text.call << " " << text.error;
    EXPECT_TRUE(text.rule.empty() || HasRule(text.rule)) << text.rule;
  }
}

TEST(ErrnoTextsTest, EachCallThatFailsIsSeenToWork) {
  std::set<std::string> never;
  for (const auto& [pair, shown] : All().outcomes.failures) {
    if (!All().outcomes.successes.contains(pair.first)) never.insert(pair.first);
  }
  // Running guest instructions is not modelled.
  never.erase("KVM_RUN");
  EXPECT_THAT(never, IsEmpty());
}

TEST(TermTextsTest, EachTermIsExplainedAndShown) {
  EXPECT_FALSE(All().terms.empty());
  std::set<std::string> terms;
  for (const TermText& term : All().terms) {
    EXPECT_TRUE(terms.insert(term.term).second) << term.term;
    EXPECT_TRUE(term.means.ends_with('.')) << term.means;
    EXPECT_TRUE(HasRule(term.rule)) << term.term << ": " << term.rule;
  }
}

}  // namespace
}  // namespace kvm_model::explain
