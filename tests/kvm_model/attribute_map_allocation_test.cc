// Counts and fails the program's own allocations: a commit makes none, and a prepare that can't
// have its memory changes nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/memory_shortage.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPages = 200000;

// Stores, and returns how often the commit allocated.
std::size_t AllocationsOfCommit(AttributeMap& map, PageRange range, Attributes attributes) {
  auto store = map.Prepare(range, attributes);
  if (!store.has_value()) return std::size_t(-1);
  const std::size_t before = MemoryRequests();
  map.Commit(*std::move(store));
  return MemoryRequests() - before;
}

TEST(AttributeMapAllocationTest, ThisProgramCountsAllocations) {
  const std::size_t before = MemoryRequests();
  const std::vector<int> something(10);
  EXPECT_EQ(MemoryRequests() - before, 1u);
}

TEST(AttributeMapAllocationTest, NoCommitAllocatesOnTheWayToManyRunsAndBack) {
  AttributeMap map(kPages, 0);
  std::size_t total = 0;
  for (PageIndex page = 1; page < kPages; page += 2) {
    total += AllocationsOfCommit(map, {page, page + 1}, 8);
  }
  EXPECT_EQ(total, 0u);
  ASSERT_EQ(map.run_count(), kPages);
  for (PageIndex page = kPages; page > 0; page -= 2) {
    total += AllocationsOfCommit(map, {page - 2, page}, 8);
  }
  EXPECT_EQ(total, 0u);
  EXPECT_EQ(map.run_count(), 1u);
}

TEST(AttributeMapAllocationTest, NoRandomCommitAllocatesInAMapOfManyRuns) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  AttributeMap map(kPages, 0);
  for (PageIndex page = 1; page < kPages; page += 2) AllocationsOfCommit(map, {page, page + 1}, 8);
  std::size_t total = 0;
  for (int i = 0; i < 100000; ++i) {
    const PageIndex start = random() % (kPages - 16);
    total += AllocationsOfCommit(map, {start, start + 1 + random() % 16}, random() % 4);
  }
  EXPECT_EQ(total, 0u);
  EXPECT_TRUE(map.CheckInvariants());
}

// Runs that begin and end anywhere in a tree of some levels, and one merger after another that has
// no more memory than Trim() left.
void MergeAfterTrims(Attributes third, std::string_view form) {
  constexpr std::uint64_t kRuns = 10000;
  const auto run_at = [](std::uint64_t i) { return PageRange{10 * i + 1, 10 * i + 5}; };
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    AttributeMap map(AttributeMap::kMaxPages, 0);
    ASSERT_TRUE(map.Store({AttributeMap::kMaxPages - 1, AttributeMap::kMaxPages}, third));
    const auto make_runs = [&](std::uint64_t count) {
      for (; count > 0; --count) ASSERT_TRUE(map.Store(run_at(random() % kRuns), 8));
    };
    make_runs(6000);
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t first = random() % kRuns;
      const std::uint64_t last = std::min(kRuns - 1, first + random() % (i % 2 == 0 ? 300 : 4000));
      const PageRange range{run_at(first).start, run_at(last).end};
      map.Trim();
      const std::size_t before = MemoryRequests();
      map.Commit(map.PrepareMerger(range, 0));
      ASSERT_EQ(MemoryRequests(), before);
      ASSERT_TRUE(map.RangeHas(range, 0));
      std::string why;
      ASSERT_TRUE(map.CheckInvariants(&why)) << why;
      make_runs(500);
    }
    EXPECT_EQ(map.form(), form);
  }
}

TEST(AttributeMapAllocationTest, AMergerHasItsNodesAfterTrim) { MergeAfterTrims(8, "narrow"); }
TEST(AttributeMapAllocationTest, AMergerOfThreeWordsHasItsNodesAfterTrim) {
  // The third word is there from the first run on.
  MergeAfterTrims(9, "wide");
}

TEST(AttributeMapAllocationTest, ATrimThatIsShortOfMemoryKeepsNoMore) {
  AttributeMap map(AttributeMap::kMaxPages, 0);
  for (PageIndex i = 1; i <= 5000; ++i) ASSERT_TRUE(map.Store({i << 20, (i << 20) + 1}, 8));
  // A third word that is gone again.
  ASSERT_TRUE(map.Store({7, 9}, 3));
  ASSERT_TRUE(map.Store({7, 9}, 0));
  map.Trim();
  for (Attributes i = 0; i < 20000; ++i) ASSERT_TRUE(map.Store({50, 51}, i % 2 * 8));
  const std::size_t before = map.allocated_bytes();
  const std::vector<AttributeRun> runs = map.Runs();
  BeginMemoryShortage({.granted = 50});
  map.Trim();
  ASSERT_TRUE(EndMemoryShortage());
  EXPECT_EQ(map.form(), "wide");
  EXPECT_LE(map.allocated_bytes(), before);
  EXPECT_TRUE(map.Runs() == runs);
}

TEST(AttributeMapAllocationTest, AUniformMapIsMadeWithoutAllocating) {
  const std::size_t before = MemoryRequests();
  const AttributeMap map(AttributeMap::kMaxPages, 8);
  EXPECT_EQ(MemoryRequests(), before);
  EXPECT_EQ(map.allocated_bytes(), 0u);
}

TEST(AttributeMapAllocationTest, AFewRunsAllocateNothing) {
  AttributeMap map(AttributeMap::kMaxPages, 8);
  const std::size_t before = MemoryRequests();
  for (PageIndex page = 0; page < 22; page += 2) {
    ASSERT_TRUE(map.Store({page << 40, (page << 40) + 1}, 0));
  }
  EXPECT_EQ(MemoryRequests(), before);
  EXPECT_EQ(map.run_count(), 22u);
}

// A map on the way to each form, and the store that makes it what it becomes.
struct Step {
  std::string_view name;
  std::uint64_t pages;
  std::uint64_t runs;  // of one page, every second one
  PageRange range;
  Attributes attributes;
  std::string_view form;
};
void PrintTo(const Step& step, std::ostream* out) { *out << step.name; }

class AttributeMapShortageTest : public ::testing::TestWithParam<Step> {};

TEST_P(AttributeMapShortageTest, APrepareWithoutMemoryFailsAndChangesNothing) {
  const Step& step = GetParam();
  AttributeMap map(step.pages, 8);
  for (PageIndex i = 0; i < step.runs; ++i) ASSERT_TRUE(map.Store({2 * i, 2 * i + 1}, 0));
  map.Trim();
  const std::vector<AttributeRun> before = map.Runs();
  std::uint64_t granted = 0;
  for (;; ++granted) {
    BeginMemoryShortage({.granted = granted});
    auto store = map.Prepare(step.range, step.attributes);
    const bool failed = EndMemoryShortage();
    std::string why;
    ASSERT_TRUE(map.CheckInvariants(&why)) << why;
    ASSERT_TRUE(map.Runs() == before);
    ASSERT_TRUE(store.has_value() || failed);
    // A map that finds no memory for windows stays a tree.
    if (!store.has_value()) {
      EXPECT_EQ(store.error(), uapi::Errno::kENOMEM);
    }
    if (!failed) break;
    ASSERT_LT(granted, 1000u);
  }
  EXPECT_GT(granted, 0u);
  EXPECT_EQ(AllocationsOfCommit(map, step.range, step.attributes), 0u);
  EXPECT_EQ(map.form(), step.form);
  EXPECT_TRUE(map.RangeHas(step.range, step.attributes));
}

INSTANTIATE_TEST_SUITE_P(
    Steps, AttributeMapShortageTest,
    ::testing::Values(
        Step{"a_leaf", AttributeMap::kMaxPages, 12, {100, 101}, 0, "narrow"},
        Step{"a_tree", AttributeMap::kMaxPages, 5000, {99, 9000}, 8, "narrow"},
        Step{"windows", 1 << 24, 12, {1000, 1001}, 0, "windows"},
        Step{"another_window", (1 << 24) + 9, 20000, {1 << 24, (1 << 24) + 1}, 0, "windows"},
        Step{"wide", 1 << 24, 3, {1000, 1001}, 5, "wide"},
        Step{"wide_from_windows", 1 << 24, 3000, {9000, 9001}, 5, "wide"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace kvm_model
