// The data that pictures are drawn from: rows, columns, limits.
#include "tools/cli/step_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/page.h"
#include "tests/cli/scenario_file.h"
#include "tools/cli/map_words.h"
#include "tools/cli/page_columns.h"
#include "tools/cli/page_marks.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

ScenarioPicture Draw(std::string_view text, const PictureLimits& limits = {}) {
  const auto parsed = scenario::Parse("drawn.kvmt", text);
  EXPECT_TRUE(parsed.has_value());
  return parsed ? DrawScenario(*parsed, 1, limits) : ScenarioPicture();
}

TEST(MarkLineTest, RangesReplaceEachOther) {
  MarkLine line(8, '.');
  EXPECT_THAT(line.Runs(), ElementsAre(MarkRun{0, 8, '.'}));
  line.Set(2, 6, 'a');
  line.Set(4, 5, 'b');
  EXPECT_THAT(line.Runs(), ElementsAre(MarkRun{0, 2, '.'}, MarkRun{2, 4, 'a'}, MarkRun{4, 5, 'b'},
                                       MarkRun{5, 6, 'a'}, MarkRun{6, 8, '.'}));
  line.Set(3, 6, '.');
  EXPECT_THAT(line.Runs(), ElementsAre(MarkRun{0, 2, '.'}, MarkRun{2, 3, 'a'}, MarkRun{3, 8, '.'}));
}

TEST(MarkLineTest, WhatLiesPastTheEndIsLeftOut) {
  MarkLine line(4, '.');
  line.Set(3, 9, 'a');
  line.Set(4, 5, 'b');
  line.Set(2, 2, 'c');
  EXPECT_THAT(line.Runs(), ElementsAre(MarkRun{0, 3, '.'}, MarkRun{3, 4, 'a'}));
  line.Set(0, ~std::uint64_t{0}, 'd');
  EXPECT_THAT(line.Runs(), ElementsAre(MarkRun{0, 4, 'd'}));
}

// '.' is a hole there, '?' a poisoned page, ':' a page that isn't read and '0' a zero.
TEST(StepPictureTest, AByteThatIsAMarkIsNotToldAsWhatTheMarkMeans) {
  const ScenarioPicture picture = Draw(
      "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, SW_PROTECTED)\n"
      "gmem = create_guest_memfd(vm, 8p, MMAP|INIT_SHARED)\nmap = mmap(gmem, 0, 8p)\n"
      "host_write(map, 1p, '.')\nhost_write(map, 2p, '?')\nhost_write(map, 3p, ':')\n"
      "host_write(map, 4p, '0')\nhost_write(map, 5p, '#')\nhost_write(map, 6p, ';')\n");
  EXPECT_THAT(
      picture.steps.back().changed.front().rows[1].runs,
      ElementsAre(MarkRun{0, 1, '.'}, MarkRun{1, 6, '#'}, MarkRun{6, 7, ';'}, MarkRun{7, 8, '.'}));
}

TEST(StepPictureTest, OnlyWhatChangedIsThere) {
  const ScenarioPicture picture = Draw(kStory);
  ASSERT_THAT(picture.steps, SizeIs(14));
  EXPECT_THAT(picture.steps[0].changed, IsEmpty());
  EXPECT_THAT(picture.steps[2].changed, SizeIs(1));
  EXPECT_THAT(picture.steps[11].changed, IsEmpty());
  EXPECT_EQ(picture.verdict.outcome, scenario::Verdict::Outcome::kPass);
  EXPECT_EQ(picture.host, "x86 rfc-v4");
  EXPECT_EQ(picture.steps[5].trail, "");
}

TEST(StepPictureTest, LookingChangesNothing) {
  // A conversion that is followed by what the languages's own looks tell.
  const ScenarioPicture picture = Draw(std::string(kStory) +
                                       "resident(gmem) -> [0,2)\nmapped(map) -> none\n"
                                       "guest_mapped(vm) -> [1048576,1048577)\n");
  EXPECT_EQ(picture.verdict.outcome, scenario::Verdict::Outcome::kPass) << picture.verdict.actual;
}

TEST(StepPictureTest, LimitsLeaveCallsOutAndRunThemAllTheSame) {
  const ScenarioPicture picture = Draw(kStory, {.steps = 3, .trails = true});
  EXPECT_THAT(picture.steps, SizeIs(3));
  EXPECT_EQ(picture.left_out, 11U);
  EXPECT_NE(picture.steps[1].trail, "");
  EXPECT_EQ(
      EndInWords(picture),
      "14 calls, all as expected; the last 11 not drawn, as a picture of this form has 3 calls");
  EXPECT_THAT(Draw(kStory, {.runs = 1}).steps, SizeIs(3));
  EXPECT_THAT(Draw(kStory, {.looks = 1}).steps, SizeIs(3));
}

// However few pages they have: each call looks at all of them.
TEST(StepPictureTest, FilesAndMemslotsCount) {
  constexpr std::string_view kWorld = "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm)\n";
  const ScenarioPicture files = Draw(
      std::string(kWorld) + "repeat 100 {\n  g = create_guest_memfd(vm, 1p)\n}\n", {.looks = 5000});
  EXPECT_LT(files.steps.size(), 30U);
  EXPECT_EQ(files.steps.size() + files.left_out, 102U);
  EXPECT_THAT(files.left_out_as, StartsWith("files, memslots and pages were looked at "));
  const ScenarioPicture slots =
      Draw(std::string(kWorld) +
               "g = create_guest_memfd(vm, 100p)\nrepeat 100 {\n"
               "  set_user_memory_region2(vm, 1+$i, GUEST_MEMFD, $ip, 1p, 0, g, $ip)\n}\n",
           {.looks = 5000});
  EXPECT_LT(slots.steps.size(), 60U);
  EXPECT_EQ(slots.steps.size() + slots.left_out, 103U);
  EXPECT_EQ(slots.verdict.outcome, scenario::Verdict::Outcome::kPass);
}

TEST(PageColumnsTest, UpToSixtyFourPagesHaveOneEach) {
  const auto columns_of = [](std::string_view pages) {
    return ColumnsOf(Draw("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm)\n"
                          "g = create_guest_memfd(vm, " +
                          std::string(pages) + ")\n"))
        .at("g");
  };
  EXPECT_THAT(columns_of("1p"), ElementsAre(PageRange{0, 1}));
  EXPECT_THAT(columns_of("64p"), SizeIs(64));
  EXPECT_THAT(columns_of("65p"), ElementsAre(PageRange{0, 65}));
}

TEST(PageColumnsTest, WherePagesDifferTooOftenColumnsAreEqual) {
  const ScenarioPicture picture = Draw(R"(host x86 rfc-v4
kvm = open()
vm  = create_vm(kvm, SW_PROTECTED)
g   = create_guest_memfd(vm, 130p, INIT_SHARED)
repeat 65 {
  set_memory_attributes2(g, $ip+$ip, 1p, PRIVATE)
}
)");
  const std::vector<PageRange> columns = ColumnsOf(picture).at("g");
  ASSERT_THAT(columns, SizeIs(44));
  EXPECT_EQ(columns.front(), (PageRange{0, 3}));
  EXPECT_EQ(columns.back(), (PageRange{129, 130}));
  const std::string marks = MarksIn(picture.steps.back().changed.front().rows.front(), columns);
  EXPECT_EQ(marks, std::string(43, kMixedMark) + "S");
}

TEST(PageColumnsTest, AChangeInsideAColumnIsSeen) {
  const std::vector<PageRange> columns = {{0, 4}, {4, 8}, {8, 12}};
  const PageRow before = {RowKind::kPins, "pins", {{0, 2, 'a'}, {2, 10, '.'}, {10, 12, 'b'}}};
  const auto changed = [&](std::vector<MarkRun> runs) {
    return ChangedIn(before, {RowKind::kPins, "pins", std::move(runs)}, columns);
  };
  EXPECT_THAT(changed(before.runs), ElementsAre(false, false, false));
  EXPECT_THAT(changed({{0, 1, 'a'}, {1, 10, '.'}, {10, 12, 'b'}}), ElementsAre(true, false, false));
  EXPECT_THAT(changed({{0, 2, 'a'}, {2, 12, '.'}}), ElementsAre(false, false, true));
  EXPECT_THAT(changed({{0, 12, 'c'}}), ElementsAre(true, true, true));
  EXPECT_THAT(changed({{0, 2, 'a'}, {2, 5, '.'}, {5, 6, 'd'}, {6, 10, '.'}, {10, 12, 'b'}}),
              ElementsAre(false, true, false));
}

TEST(EscapedTest, MarkupAndWhatIsNoTextInXml) {
  EXPECT_EQ(Escaped("a<b>&\"c"), "a&lt;b&gt;&amp;&quot;c");
  EXPECT_EQ(Escaped("\xe2\x82\xac \xf0\x9f\x98\x80"), "\xe2\x82\xac \xf0\x9f\x98\x80");
  constexpr std::string_view kBad[] = {"\x01", "\x7f", "\xff", "\xc0", "\xe2"};
  for (const std::string_view bad : kBad) EXPECT_EQ(Escaped(bad), "\xef\xbf\xbd");
  EXPECT_EQ(Escaped("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
  EXPECT_EQ(Escaped("\xef\xbf\xbf"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "U+FFFF";
  EXPECT_EQ(Escaped("\xe0\x80\xbc"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "too long";
}

}  // namespace
}  // namespace kvm_model::cli
