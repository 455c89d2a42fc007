// One writer and readers without a lock, in each form of the map and across its changes of form.
//
// What must hold whatever the moment: a page that no store changes has its word; of a range that
// stores change as a whole, a question about the range never sees half; a page that they change has
// one of their words.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"

namespace kvm_model {
namespace {

struct Shape {
  std::string_view name;
  std::uint64_t pages;
  // Runs of one page that are there all the time, `stride` pages apart, from kFixed on.
  std::uint64_t comb;
  std::uint64_t stride;
  // The range that is stored to as a whole, again and again.
  PageRange whole;
  // Runs that the writer makes and takes away from page kChurn on.
  std::uint64_t churn;
  // Words of the whole range.
  std::array<Attributes, 3> words = {0, 8, 0};
};

constexpr PageIndex kChurn = std::uint64_t{1} << 20;
constexpr PageIndex kFixed = std::uint64_t{1} << 21;
// Two neighbours that are private in turn, and never both. A chunk lies across their border.
constexpr PageIndex kPair = std::uint64_t{1} << 22;
constexpr PageRange kLeft = {kPair + 100, kPair + 700};
constexpr PageRange kRight = {kPair + 700, kPair + 1500};
// All of it is private, but for one of two blocks or both: a look at it takes longer than stores to
// these.
constexpr PageRange kLong = {std::uint64_t{5} << 20, std::uint64_t{15} << 20};
constexpr PageRange kNearStart = {kLong.start + 512, kLong.start + 1024};
constexpr PageRange kNearEnd = {kLong.end - 1024, kLong.end - 512};
constexpr std::uint64_t kWindow = std::uint64_t{1} << 24;

constexpr Shape kShapes[] = {
    {"few", kWindow, 3, 64, {70, 5000}, 4},
    {"windows_come_and_go", kWindow, 3, 64, {70, 5000}, 40},
    {"windows", kWindow, 300, 64, {70, 100000}, 200},
    {"leaves", kWindow, 5000, 2, {64, 128}, 300},
    {"tree", std::uint64_t{1} << 50, 3000, 64, {70, 100000}, 100},
    {"three_words", kWindow, 100, 64, {70, 5000}, 60, {0, 8, 9}},
};

class AttributeMapStressTest : public ::testing::TestWithParam<Shape> {};

TEST_P(AttributeMapStressTest, ReadersSeeWholeStores) {
  const Shape& shape = GetParam();
  AttributeMap map(shape.pages, 0);
  for (std::uint64_t i = 0; i < shape.comb; ++i) {
    const PageIndex page = kFixed + i * shape.stride;
    ASSERT_TRUE(map.Store({page, page + 1}, 8));
  }
  ASSERT_TRUE(map.Store(kLong, 8));
  ASSERT_TRUE(map.Store(kNearStart, 0));
  ASSERT_TRUE(map.Store(kNearEnd, 0));
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  // Even while only the left one is stored to, odd for the right one.
  std::atomic<std::uint64_t> turn{0};
  std::array<std::atomic<std::uint64_t>, 2> reads{};
  const auto is_word = [&](Attributes word) {
    return std::find(shape.words.begin(), shape.words.end(), word) != shape.words.end();
  };
  const auto read = [&](std::size_t reader) {
    std::mt19937_64 random(reader);
    std::uint64_t bad = 0;
    for (; !stop.load(std::memory_order_relaxed); ++reads[reader]) {
      const PageIndex fixed = kFixed + random() % shape.comb * shape.stride;
      bad += map.Get(fixed) != 8;
      bad += map.Get(fixed + 1) != 0;
      bad += !map.MixedBlock(fixed);
      bad += map.RunContaining(fixed).pages != PageRange{fixed, fixed + 1};
      bad += !is_word(map.Get(shape.whole.start + random() % shape.whole.pages()));
      // The run of the range's middle is the whole range, or one that holds it.
      const AttributeRun run = map.RunContaining((shape.whole.start + shape.whole.end) / 2);
      bad += run.pages.start > shape.whole.start || run.pages.end < shape.whole.end;
      bad += !is_word(run.attributes);
      bad += map.RangeHas(kLong, 8);
      bad += map.RunsIn(kLong).size() == 1;
      for (int i = 0; i < 32; ++i) {
        // Between the pages that come and go.
        bad += map.Get(kChurn + random() % (2 * shape.churn) * 3 + 1) != 0;
        const std::uint64_t before = turn.load();
        const bool left = map.Get(kLeft.end - 1 - random() % 100) == 8;
        const bool right = map.Get(kRight.start + random() % 100) == 8;
        if (turn.load() == before && (before % 2 == 0 ? right : left)) ++bad;
      }
      // The pages behind it keep the word 0.
      const PageRange more{shape.whole.start, shape.whole.end + 50};
      const std::vector<AttributeRun> runs = map.RunsIn(more);
      bad += runs.size() > 2 || runs.back().attributes != 0;
      bad += runs.size() == 2 && (runs[0].pages != shape.whole || runs[0].attributes == 0);
    }
    wrong += bad;
  };
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < reads.size(); ++i) readers.emplace_back(read, i);
  // Until each reader has seen a good deal.
  std::uint64_t store = 0;
  for (bool enough = false; !enough; ++store) {
    ASSERT_TRUE(map.Store(shape.whole, shape.words[store % shape.words.size()]));
    const std::uint64_t phase = store % (4 * shape.churn);
    const PageIndex page = kChurn + phase % (2 * shape.churn) * 3;
    // One by one, or all that were made.
    const bool made = phase < 2 * shape.churn;
    const bool all = !made && store / (4 * shape.churn) % 2 == 0;
    const PageRange taken{kChurn, kChurn + 6 * shape.churn};
    ASSERT_TRUE(map.Store(all ? taken : PageRange{page, page + 1}, made ? 8 : 0));
    ASSERT_TRUE(map.Store(kNearStart, 0));
    ASSERT_TRUE(map.Store(kNearEnd, 8));
    for (const PageRange range : {kLeft, kRight}) {
      ASSERT_TRUE(map.Store(range, 8));
      ASSERT_TRUE(map.Store(range, 0));
      ++turn;
    }
    ASSERT_TRUE(map.Store(kNearEnd, 0));
    ASSERT_TRUE(map.Store(kNearStart, 8));
    enough = store > 50000 && std::ranges::all_of(reads, [](const auto& count) {
               return count.load(std::memory_order_relaxed) > 5000;
             });
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
  std::string why;
  EXPECT_TRUE(map.CheckInvariants(&why)) << why;
}

// Words that no page had before, one pair after another: who has seen a pair never sees an older
// one.
TEST(AttributeMapWordsStressTest, WordsComeOneAfterAnother) {
  constexpr std::uint64_t kPairs = 400000;
  AttributeMap map(kWindow, 0);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::thread reader([&] {
    std::uint64_t latest = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      for (const PageIndex page : std::array<PageIndex, 4>{15, 5, 15, 25}) {
        const std::uint64_t pair = map.Get(page) / 2;
        wrong += pair < latest;
        latest = std::max(latest, pair);
      }
    }
  });
  for (Attributes pair = 1; pair <= kPairs; ++pair) {
    ASSERT_TRUE(map.Store({0, kWindow}, 2 * pair));
    ASSERT_TRUE(map.Store({10, 20}, 2 * pair + 1));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

// An end that goes to and fro across a block: no run is seen between its old end and its new one,
// and the block is never mixed.
void MoveAnEndToAndFro(Attributes other, std::string_view form) {
  constexpr PageRange kMoved = {600, 3000};
  constexpr PageIndex kBetween = 1200;
  AttributeMap map(kWindow, 0);
  ASSERT_TRUE(map.Store({100, kMoved.start}, 8));
  ASSERT_TRUE(map.Store({kWindow - 1, kWindow}, other));
  std::atomic<bool> stop{false};
  // How often the reader has found another run than the time before.
  std::atomic<std::uint64_t> changes{0};
  std::atomic<std::uint64_t> wrong{0};
  std::thread reader([&] {
    const AttributeRun before{{kMoved.start, kWindow - 1}, 0};
    const AttributeRun after{{100, kMoved.end}, 8};
    AttributeRun latest;
    while (!stop.load(std::memory_order_relaxed)) {
      const AttributeRun run = map.RunContaining(kBetween);
      changes += run != latest;
      latest = run;
      wrong += run != before && run != after;
      wrong += map.MixedBlock(kBetween);
    }
  });
  // Until both have run at the same time for a good while, if they ever do.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (changes.load(std::memory_order_relaxed) < 500000 &&
         std::chrono::steady_clock::now() < deadline) {
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(map.Store(kMoved, i % 2 == 0 ? 8 : 0));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_EQ(map.form(), form);
}

TEST(AttributeMapEndsStressTest, AnEndMovesAtOnce) { MoveAnEndToAndFro(8, "narrow"); }
TEST(AttributeMapEndsStressTest, AnEndAmongThreeWordsMovesAtOnce) { MoveAnEndToAndFro(9, "wide"); }

INSTANTIATE_TEST_SUITE_P(Shapes, AttributeMapStressTest, ::testing::ValuesIn(kShapes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace kvm_model
