// docs/scenario-language.md says what the code does.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenario/parsing.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parser.h"

namespace kvm_model::scenario {
namespace {

std::string Page() {
  std::ifstream file("docs/scenario-language.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What stands between the two, wherever both are found.
std::vector<std::string> Between(std::string_view text, std::string_view begin,
                                 std::string_view end) {
  std::vector<std::string> found;
  for (;;) {
    const std::size_t start = text.find(begin);
    if (start == std::string_view::npos) return found;
    text.remove_prefix(start + begin.size());
    const std::size_t stop = text.find(end);
    if (stop == std::string_view::npos) return found;
    found.emplace_back(text.substr(0, stop));
    text.remove_prefix(stop + end.size());
  }
}

TEST(LanguageReferenceTest, ListsTheCallsOfTheTable) {
  const std::vector<std::string> tables =
      Between(Page(), "<!-- calls: begin -->\n", "<!-- calls: end -->");
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables.front(), RenderCallTable());
}

TEST(LanguageReferenceTest, ItsExamplesCanBeRead) {
  const std::vector<std::string> examples = Between(Page(), "```kvmt\n", "```");
  EXPECT_GE(examples.size(), 4U);
  for (const std::string& example : examples) Parsed(example);
}

TEST(LanguageReferenceTest, NamesEveryHost) {
  const std::string page = Page();
  for (const std::string_view arch : kArchitectures) {
    EXPECT_NE(page.find("`" + std::string(arch) + "`"), std::string::npos) << arch;
  }
  for (const std::string_view revision : RevisionNames()) {
    EXPECT_NE(page.find("`" + std::string(revision) + "`"), std::string::npos) << revision;
  }
}

TEST(CallTableTest, EveryDefaultIsAValueThatAScenarioCouldWrite) {
  for (const CallSpec& call : AllCalls()) {
    std::string text = "host x86 rfc-v4\n" + std::string(call.name) + "(";
    for (const ArgumentSpec& argument : call.arguments) {
      if (&argument != call.arguments.begin()) text += ", ";
      text += argument.required() ? "0" : std::string(argument.default_text);
    }
    EXPECT_TRUE(ErrorsOf(text + ")").empty()) << text << "): " << ErrorsOf(text + ")").front();
  }
}

TEST(CallTableTest, ACallIsFoundByItsName) {
  for (const CallSpec& call : AllCalls()) {
    EXPECT_EQ(CallByName(call.name), call.id) << call.name;
    EXPECT_FALSE(call.meaning.empty()) << call.name;
    for (const ArgumentSpec& argument : call.arguments) {
      EXPECT_EQ(FindArgument(call, ArgumentName(argument.id)), &argument);
    }
  }
  EXPECT_EQ(CallByName("nothing"), std::nullopt);
}

}  // namespace
}  // namespace kvm_model::scenario
