// What manual pages are made of: the guide's sections, and its words as roff.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/guide.h"
#include "tools/cli/roff.h"

namespace kvm_model::cli {
namespace {

using Kind = GuideBlock::Kind;
using Lines = std::vector<std::string>;

constexpr std::string_view kGuide =
    "# A title\n\nBefore.\n\n## caps get\n\nTwo lines of\na paragraph:\n\n```console\n$ ./run\n# "
    "no "
    "heading\n```\n\n| code | means |\n|---|---|\n| 0 | `a|b` |\n| 1 | |\n\n- an item\n- "
    "another\n\n```\n"
    "as it is\n```\n\n### Below\n\nBehind.\n";

TEST(Guide, HasASectionsBlocksDownToTheNextHeading) {
  const std::vector<GuideBlock> blocks = GuideSection(kGuide, "caps get");
  ASSERT_EQ(blocks.size(), 6U);
  EXPECT_EQ(blocks[0].kind, Kind::kParagraph);
  EXPECT_EQ(blocks[0].lines, Lines{"Two lines of a paragraph:"});
  EXPECT_EQ(blocks[1].kind, Kind::kConsole);
  EXPECT_EQ(blocks[1].lines, (Lines{"$ ./run", "# no heading"}));
  EXPECT_EQ(blocks[2].kind, Kind::kTable);
  EXPECT_EQ(blocks[2].rows, (std::vector<Lines>{{"code", "means"}, {"0", "`a|b`"}, {"1", ""}}));
  EXPECT_EQ(blocks[3].lines, Lines{"- an item"});
  EXPECT_EQ(blocks[4].lines, Lines{"- another"});
  EXPECT_EQ(blocks[5].kind, Kind::kOtherFence);
  EXPECT_EQ(blocks[5].lines, Lines{"as it is"});
}

TEST(Guide, HasNothingUnderAHeadingThatIsNotThere) {
  EXPECT_TRUE(GuideSection(kGuide, "caps").empty());
  EXPECT_TRUE(GuideSection(kGuide, "no heading").empty());
}

TEST(Guide, IsThePageThatIsBuiltIn) {
  ASSERT_EQ(BuiltInGuide().size(), 1U);
  EXPECT_FALSE(GuideSection(BuiltInGuide()[0].text, "Exit codes").empty());
}

TEST(Roff, KeepsEachCharacter) {
  EXPECT_EQ(Roff(".a 'b' \\ --c"), "\\&.a \\(aqb\\(aq \\e \\-\\-c");
  EXPECT_EQ(Roff("`~^\""), "\\(ga\\(ti\\(ha\\(dq");
}

TEST(Roff, ReadsMarkdownsMarks) {
  EXPECT_EQ(RoffOfMarkdown("a `-b` **c** [d `e`](f.md#g) h"),
            "a \\fB\\-b\\fR \\fBc\\fR d \\fBe\\fR h");
  EXPECT_EQ(RoffOfMarkdown("`open, **open, [open"), "\\(gaopen, **open, [open");
}

}  // namespace
}  // namespace kvm_model::cli
