// Random stores in each form of the map, in lockstep with the reference: at the edges of words,
// chunks, groups, windows and leaves, in files of every size, with words that come and go, and with
// memory given back in between.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/btree_attribute_map.h"

namespace kvm_model {
namespace {

// The map and its reference; each store is made on both.
class Pair {
 public:
  explicit Pair(std::uint64_t pages) : map(pages, 8), reference(pages, 8) {}

  void Store(PageRange range, Attributes attributes) {
    ASSERT_TRUE(map.Store(range, attributes));
    auto store = reference.Prepare(range, attributes);
    ASSERT_TRUE(store.has_value());
    reference.Commit(*std::move(store));
  }

  void ExpectSameAt(PageIndex page) const {
    const AttributeRun run = reference.RunContaining(page);
    ASSERT_EQ(map.Get(page), run.attributes) << page;
    ASSERT_EQ(map.RunContaining(page), run) << page;
    const PageIndex block = page / AttributeMap::kBlockPages * AttributeMap::kBlockPages;
    const PageRange pages{block, std::min(block + AttributeMap::kBlockPages, map.pages())};
    ASSERT_EQ(map.MixedBlock(page), !reference.RangeHas(pages, reference.Get(block))) << page;
  }
  void ExpectSameIn(PageRange range, Attributes attributes, Attributes mask) const {
    ASSERT_EQ(map.RangeHas(range, attributes, mask), reference.RangeHas(range, attributes, mask))
        << range.start << " " << range.end << " " << attributes << " " << mask;
    std::vector<AttributeRun> expected;
    reference.ForEachRun(range, [&](const AttributeRun& run) { expected.push_back(run); });
    ASSERT_TRUE(map.RunsIn(range) == expected) << range.start << " " << range.end;
    std::vector<AttributeRun> visited;
    map.ForEachRun(range, [&](const AttributeRun& run) { visited.push_back(run); });
    ASSERT_TRUE(visited == expected) << range.start << " " << range.end;
  }
  void ExpectSame() const {
    std::string why;
    ASSERT_TRUE(map.CheckInvariants(&why)) << why;
    ASSERT_EQ(map.run_count(), reference.run_count());
    ASSERT_TRUE(map.Runs() == reference.Runs());
  }

  AttributeMap map;
  BtreeAttributeMap reference;
};

struct Start {
  std::string_view name;
  std::uint64_t pages;
  // Runs of one page, `stride` pages apart, from page `from` on, with `words` words.
  std::uint64_t comb = 0;
  std::uint64_t stride = 2;
  PageIndex from = 0;
  std::uint64_t words = 2;
  // The form that the comb leads to.
  std::string_view form = "narrow";
  // How often a store is to all pages: one in so many.
  std::uint64_t whole_one_in = 5000;
};
void PrintTo(const Start& start, std::ostream* out) { *out << start.name; }

constexpr std::uint64_t kWindow = std::uint64_t{1} << 24;
constexpr Start kStarts[] = {
    {.name = "few", .pages = kWindow},
    {.name = "one_page", .pages = 1},
    {.name = "less_than_a_word", .pages = 50, .comb = 15, .form = "windows", .whole_one_in = 100},
    {.name = "a_chunk_and_a_bit", .pages = 700, .comb = 100, .form = "windows"},
    {.name = "a_group", .pages = 32768, .comb = 200, .stride = 160, .form = "windows"},
    {.name = "leaves_side_by_side", .pages = 32768, .comb = 16000, .form = "windows"},
    {.name = "a_window", .pages = kWindow, .comb = 3000, .stride = 5000, .form = "windows"},
    {.name = "windows",
     .pages = 5 * kWindow + 12345,
     .comb = 100000,
     .stride = 40,
     .from = 2 * kWindow - 2000000,
     .form = "windows"},
    {.name = "sparse",
     .pages = std::uint64_t{1} << 40,
     .comb = 3000,
     .stride = std::uint64_t{1} << 28},
    {.name = "too_large_for_windows",
     .pages = AttributeMap::kMaxPages,
     .comb = 3000,
     .stride = 3,
     .from = AttributeMap::kMaxPages - 9001},
    {.name = "three_words", .pages = 32768, .comb = 10, .words = 3, .form = "wide"},
    {.name = "many_words", .pages = 100000, .comb = 5000, .words = 9000, .form = "wide"},
};

class AttributeMapFormsTest : public ::testing::TestWithParam<Start> {
 protected:
  AttributeMapFormsTest() {
    const std::uint64_t pages = GetParam().pages;
    for (std::uint64_t edge = 1; edge != 0 && edge <= pages; edge <<= 1) {
      if (edge > 4096 && (edge & ((std::uint64_t{1} << 15) | kWindow | (kWindow << 2))) == 0) {
        continue;
      }
      edges_.push_back(edge);
    }
    for (std::uint64_t i = 0; i < GetParam().comb; ++i) {
      const PageIndex page = GetParam().from + i * GetParam().stride;
      if (i % (GetParam().comb / 8 + 1) == 0) edges_.push_back(page);
    }
    edges_.push_back(pages);
  }

  // Near an edge, mostly.
  PageIndex Page() {
    const std::uint64_t pages = GetParam().pages;
    if (random_() % 4 == 0) {
      const std::uint64_t comb = std::max<std::uint64_t>(GetParam().comb, 1);
      return (GetParam().from + random_() % comb * GetParam().stride) % pages;
    }
    const PageIndex edge = edges_[random_() % edges_.size()];
    return std::min(edge + random_() % 5, pages + 1) - 1 -
           std::min<PageIndex>(edge - 1, random_() % 3);
  }
  PageRange Range() {
    const std::uint64_t pages = GetParam().pages;
    const PageIndex start = std::min(Page(), pages - 1);
    if (random_() % 3 == 0) return {start, start + 1};
    // Whole blocks.
    if (const PageIndex block = start / AttributeMap::kBlockPages * AttributeMap::kBlockPages;
        random_() % 3 == 0 && block + 8 * AttributeMap::kBlockPages <= pages) {
      return {block, block + (1 + random_() % 4 % 3) * AttributeMap::kBlockPages};
    }
    if (random_() % 3 == 0) return {start, std::min(pages, start + 1 + random_() % 700)};
    const PageIndex end = std::min(Page(), pages - 1);
    return {std::min(start, end), std::max(start, end) + 1};
  }
  Attributes Word() {
    const std::uint64_t words = GetParam().words;
    return words == 2 ? random_() % 2 * 8 : random_() % words;
  }

  void MakeComb(Pair& pair) {
    for (std::uint64_t i = 0; i < GetParam().comb; ++i) {
      const PageIndex page = GetParam().from + i * GetParam().stride;
      if (page >= GetParam().pages) break;
      pair.Store({page, page + 1}, GetParam().words == 2 ? 0 : 1 + i % GetParam().words);
    }
  }

  std::mt19937_64 random_{4242};
  std::vector<PageIndex> edges_;
};

TEST_P(AttributeMapFormsTest, RandomStoresAnswerAsTheReference) {
  constexpr int kStores = 30000;
  Pair pair(GetParam().pages);
  MakeComb(pair);
  EXPECT_EQ(pair.map.form(), GetParam().form);
  pair.ExpectSame();
  for (int i = 0; i < kStores && !HasFatalFailure(); ++i) {
    SCOPED_TRACE(i);
    PageRange range = Range();
    // Long stores take the comb away; it comes back now and then.
    if (range.pages() > 2000 && random_() % 50 != 0) range.end = range.start + 1 + random_() % 2000;
    if (random_() % GetParam().whole_one_in == 0) range = {0, GetParam().pages};
    // A word that isn't one of the two, rarely: the form changes.
    const Attributes word = random_() % 2000 == 0 ? 3 : Word();
    pair.Store(range, word);
    if (random_() % 16 == 0) pair.map.Trim();
    for (const PageIndex page :
         {range.start, range.end - 1, std::min(Page(), GetParam().pages - 1)}) {
      pair.ExpectSameAt(page);
    }
    const PageRange asked = Range();
    if (asked.pages() < 1000000)
      pair.ExpectSameIn(asked, Word(), random_() % 3 == 0 ? 1 : ~Attributes{0});
    if (i % 5000 == 0) {
      pair.ExpectSame();
      MakeComb(pair);
    }
  }
  pair.ExpectSame();
}

// Down to one run page by page, and up again.
TEST_P(AttributeMapFormsTest, GrowingAndShrinkingKeepsTheAnswers) {
  Pair pair(GetParam().pages);
  for (int round = 0; round < 2; ++round) {
    MakeComb(pair);
    pair.ExpectSame();
    for (std::uint64_t i = GetParam().comb; i-- > 0 && !HasFatalFailure();) {
      const PageIndex page = GetParam().from + i * GetParam().stride;
      if (page >= GetParam().pages) continue;
      pair.Store({page, page + 1}, 8);
      if (i % 64 == 0) pair.map.Trim();
    }
    pair.ExpectSame();
    EXPECT_EQ(pair.map.run_count(), 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(Starts, AttributeMapFormsTest, ::testing::ValuesIn(kStarts),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(AttributeMapFormTest, AMapGoesBackWhenRunsAreFew) {
  AttributeMap map(kWindow, 0);
  for (PageIndex page = 0; page < kWindow; page += 4096)
    ASSERT_TRUE(map.Store({page, page + 1}, 8));
  EXPECT_EQ(map.form(), "windows");
  for (PageIndex page = 0; page < kWindow; page += 4096)
    ASSERT_TRUE(map.Store({page, page + 1}, 0));
  EXPECT_EQ(map.form(), "narrow");
  map.Trim();
  EXPECT_EQ(map.allocated_bytes(), 0u);
}

TEST(AttributeMapFormTest, AStoreToAllPagesEndsEveryForm) {
  AttributeMap map(kWindow, 0);
  for (PageIndex page = 0; page < kWindow; page += 4096)
    ASSERT_TRUE(map.Store({page, page + 1}, 8));
  ASSERT_TRUE(map.Store({0, kWindow}, 7));
  EXPECT_EQ(map.form(), "narrow");
  EXPECT_EQ(map.Runs(), (std::vector<AttributeRun>{{{0, kWindow}, 7}}));
  for (PageIndex page = 0; page < 10; page += 2)
    ASSERT_TRUE(map.Store({page, page + 1}, page + 100));
  EXPECT_EQ(map.form(), "wide");
  ASSERT_TRUE(map.Store({0, kWindow}, 9));
  EXPECT_EQ(map.form(), "narrow");
  map.Trim();
  EXPECT_EQ(map.allocated_bytes(), 0u);
}

// Runs made in random order, as many as `runs` and a few less.
double BytesPerRun(std::uint64_t pages, std::uint64_t runs) {
  std::mt19937_64 random(4242);
  std::vector<PageIndex> ends(runs - 1);
  for (PageIndex& end : ends) end = 1 + random() % (pages - 1);
  std::ranges::sort(ends);
  const auto repeated = std::ranges::unique(ends);
  ends.erase(repeated.begin(), repeated.end());
  std::vector<PageRange> stores;
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) stores.push_back({ends[i], ends[i + 1]});
  std::ranges::shuffle(stores, random);
  AttributeMap map(pages, 0);
  for (const PageRange range : stores) EXPECT_TRUE(map.Store(range, 8));
  map.Trim();
  return static_cast<double>(map.allocated_bytes()) / static_cast<double>(map.run_count());
}

TEST(AttributeMapFormTest, SparseRunsTakeAtMostFifteenBytes) {
  EXPECT_LE(BytesPerRun(std::uint64_t{1} << 28, 1000), 15);
  EXPECT_LE(BytesPerRun(std::uint64_t{1} << 40, 100000), 15);
  EXPECT_LE(BytesPerRun(AttributeMap::kMaxPages, 100000), 12);
}

TEST(AttributeMapFormTest, RunsOfOnePageTakeAtMostThreeTenthsOfAByte) {
  constexpr std::uint64_t kPages = std::uint64_t{1} << 20;
  AttributeMap map(kPages, 0);
  for (PageIndex page = 0; page < kPages; page += 2) ASSERT_TRUE(map.Store({page, page + 1}, 8));
  map.Trim();
  ASSERT_EQ(map.run_count(), kPages);
  EXPECT_LE(static_cast<double>(map.allocated_bytes()), 0.3 * static_cast<double>(kPages));
}

// The map remembers where the last store ended, to go on from there.
TEST(AttributeMapFormTest, AnEndThatIsGoneIsForgotten) {
  const auto grow = [](AttributeMap& map) {
    ASSERT_TRUE(map.Store({20, 30}, 8));
    EXPECT_TRUE(map.RangeHas({20, 30}, 8));
    std::string why;
    EXPECT_TRUE(map.CheckInvariants(&why)) << why;
  };
  AttributeMap whole(kWindow, 0);
  ASSERT_TRUE(whole.Store({10, 20}, 8));
  ASSERT_TRUE(whole.Store({0, kWindow}, 0));
  grow(whole);
  EXPECT_EQ(whole.run_count(), 3u);

  AttributeMap windows(kWindow, 0);
  for (PageIndex page = 100; page < 122; page += 2) ASSERT_TRUE(windows.Store({page, page + 1}, 8));
  ASSERT_TRUE(windows.Store({10, 20}, 8));
  ASSERT_EQ(windows.form(), "windows");
  grow(windows);

  AttributeMap wide(kWindow, 0);
  ASSERT_TRUE(wide.Store({10, 20}, 8));
  ASSERT_TRUE(wide.Prepare({50, 60}, 3).has_value());
  ASSERT_EQ(wide.form(), "wide");
  grow(wide);
}

// The next boundary may have come nearer since the last store ended.
TEST(AttributeMapFormTest, ARunDoesNotGrowOverOneThatGrewToTheLeft) {
  AttributeMap map(kWindow, 0);
  ASSERT_TRUE(map.Store({50, 100}, 8));
  ASSERT_TRUE(map.Store({5, 10}, 8));
  ASSERT_TRUE(map.Store({10, 12}, 8));
  // [50, 100) begins at 20 now.
  ASSERT_TRUE(map.Store({20, 50}, 8));
  ASSERT_TRUE(map.Store({12, 30}, 8));
  std::string why;
  EXPECT_TRUE(map.CheckInvariants(&why)) << why;
  EXPECT_EQ(map.Runs(),
            (std::vector<AttributeRun>{{{0, 5}, 0}, {{5, 100}, 8}, {{100, kWindow}, 0}}));
}

TEST(AttributeMapFormTest, AMapThatWasStoredToAsAWholeIsSmallAfterTrim) {
  for (const Attributes word : std::array<Attributes, 3>{0, 8, 3}) {
    AttributeMap map(4 * kWindow, 0);
    for (PageIndex page = 0; page < 40000; page += 2) ASSERT_TRUE(map.Store({page, page + 1}, 8));
    ASSERT_EQ(map.form(), "windows");
    ASSERT_TRUE(map.Store({0, 4 * kWindow}, word));
    EXPECT_EQ(map.Runs(), (std::vector<AttributeRun>{{{0, 4 * kWindow}, word}}));
    map.Trim();
    EXPECT_EQ(map.form(), "narrow");
    EXPECT_EQ(map.allocated_bytes(), 0u);
    EXPECT_EQ(map.Runs(), (std::vector<AttributeRun>{{{0, 4 * kWindow}, word}}));
  }
}

TEST(AttributeMapFormTest, AThirdWordThatIsGoneLeavesTwo) {
  AttributeMap map(kWindow, 0);
  ASSERT_TRUE(map.Store({1, 2}, 8));
  ASSERT_TRUE(map.Store({3, 4}, 9));
  EXPECT_EQ(map.form(), "wide");
  ASSERT_TRUE(map.Store({3, 4}, 8));
  for (Attributes i = 0; i < 20000; ++i) ASSERT_TRUE(map.Store({7, 8}, i % 2 * 8));
  map.Trim();
  EXPECT_EQ(map.form(), "narrow");
  EXPECT_EQ(map.allocated_bytes(), 0u);
}

}  // namespace
}  // namespace kvm_model
