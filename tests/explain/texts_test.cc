// What is said of errnos and terms, held to what the suite shows.
#include "tools/explain/texts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/capability_answers.h"
#include "tools/cli/explain_facts.h"
#include "tools/cli/explain_topics.h"
#include "tools/rules/catalogue.h"

namespace kvm_model::explain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const cli::Explanations& All() { return cli::LoadExplanations().value(); }

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

TEST(TermTextsTest, ARowNamesWhatFailsAndWhatWorks) {
  const std::vector<TermText> texts = ParseTermTexts(
      "# x\npin\tGUP, pins\tmeans\twhy\tR-1: guest access EFAULT\tR-2: mmap\tM-1 M-2\thole\n"
      "hole\t-\tmeans\twhy\t-\t-\t-\tpin, zap\nshort\trow\n");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts[0].also, ElementsAre("GUP", "pins"));
  EXPECT_EQ(texts[0].fails->rule, "R-1");
  EXPECT_EQ(texts[0].fails->call, "guest access");
  EXPECT_EQ(texts[0].fails->error, "EFAULT");
  EXPECT_EQ(texts[0].works->call, "mmap");
  EXPECT_THAT(texts[0].differs, ElementsAre("M-1", "M-2"));
  EXPECT_EQ(texts[1].fails, std::nullopt);
  EXPECT_THAT(texts[1].also, IsEmpty());
  EXPECT_THAT(texts[1].see, ElementsAre("pin", "zap"));
}

TEST(TermTextsTest, EachTermHasItsParts) {
  EXPECT_GT(All().terms.size(), 80U);
  std::set<std::string> names;
  for (const TermText& term : All().terms) {
    SCOPED_TRACE(term.term);
    EXPECT_TRUE(names.insert(absl::AsciiStrToLower(term.term)).second);
    for (const std::string& name : term.also) {
      EXPECT_TRUE(names.insert(absl::AsciiStrToLower(name)).second) << name;
    }
    EXPECT_TRUE(term.means.ends_with('.')) << term.means;
    EXPECT_TRUE(term.why.ends_with('.')) << term.why;
    EXPECT_THAT(term.see, Not(IsEmpty()));
  }
}

// The scenarios are run: a call fails, or works, there as the table says.
TEST(TermTextsTest, EachNamedScenarioDoesWhatIsSaid) {
  for (const TermText& term : All().terms) {
    SCOPED_TRACE(term.term);
    const cli::TermFacts facts = cli::FactsOf(All(), term);
    EXPECT_EQ(facts.example.fails != nullptr, term.fails.has_value());
    EXPECT_EQ(facts.example.works != nullptr, term.works.has_value());
    EXPECT_TRUE(!term.fails.has_value() || HasRule(term.fails->rule));
    EXPECT_TRUE(!term.works.has_value() || HasRule(term.works->rule));
  }
}

// The terms that no scenario shows, and why. A scenario that has nothing to do with a term would
// mislead.
const std::map<std::string, std::string>& NotShown() {
  static const auto* const kNotShown = new std::map<std::string, std::string>{
      {"CCA realm", "no revision of the model has it"},
      {"ENOSYS here", "what the model alone says: no scenario may rely on it"},
      {"baseline", "a file that conform reads"},
      {"lockstep", "a command that makes its own calls"},
      {"requirement list", "a file that caps require reads"},
      {"twin", "a part of the tests"},
      {"unknown", "what the model alone says: no scenario may rely on it"},
  };
  return *kNotShown;
}

TEST(TermTextsTest, EachTermIsShownOrHasAReasonNotToBe) {
  std::set<std::string> without;
  for (const TermText& term : All().terms) {
    if (!term.works.has_value() && !term.fails.has_value()) without.insert(term.term);
    EXPECT_TRUE(term.works.has_value() || !term.fails.has_value()) << term.term;
  }
  std::set<std::string> listed;
  for (const auto& [term, reason] : NotShown()) listed.insert(term);
  EXPECT_EQ(without, listed);
}

TEST(TermTextsTest, WhatDiffersIsARuleOfDifferencesOrACapability) {
  for (const TermText& term : All().terms) {
    const cli::TermFacts facts = cli::FactsOf(All(), term);
    EXPECT_EQ(facts.changes.size() + facts.answers.size(), term.differs.size()) << term.term;
    for (const cli::CapabilityAnswers& answers : facts.answers) {
      const std::vector<std::string> lines = cli::AnswersInWords(answers);
      EXPECT_THAT(lines, Not(ElementsAre(HasSubstr("no such capability in every revision"))))
          << answers.name;
    }
  }
}

TEST(TermTextsTest, WhatIsToBeSeenAlsoIsThere) {
  for (const TermText& term : All().terms) {
    for (const std::string& topic : term.see) {
      EXPECT_TRUE(cli::FindTopic(All(), topic).has_value()) << term.term << ": " << topic;
    }
  }
}

// By any of its names a term is found, or a call or an errno of that name, which points to it.
TEST(TermTextsTest, EachNameLeadsToItsTerm) {
  for (const TermText& term : All().terms) {
    std::vector<std::string> names = term.also;
    names.push_back(term.term);
    for (const std::string& name : names) {
      const auto topic = cli::FindTopic(All(), name);
      ASSERT_TRUE(topic.has_value()) << name;
      const auto* const found = std::get_if<cli::TermTopic>(&*topic);
      const auto* const list = std::get_if<cli::ListTopic>(&*topic);
      const TermText* const pointed = found != nullptr  ? found->term
                                      : list != nullptr ? list->term
                                                        : nullptr;
      EXPECT_EQ(pointed, &term) << name;
    }
  }
}

}  // namespace
}  // namespace kvm_model::explain
