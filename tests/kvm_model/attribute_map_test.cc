#include "kvm_model/attribute_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using uapi::kMemoryAttributePrivate;

void Store(AttributeMap& map, PageRange range, Attributes attributes) {
  auto store = map.Prepare(range, attributes);
  ASSERT_TRUE(store.has_value());
  map.Commit(*std::move(store));
  std::string why;
  EXPECT_TRUE(map.CheckInvariants(&why)) << why;
}

TEST(AttributeMapTest, AUniformMapAllocatesNothing) {
  const AttributeMap map(AttributeMap::kMaxPages, kMemoryAttributePrivate);
  EXPECT_EQ(map.allocated_bytes(), 0u);
  EXPECT_EQ(map.run_count(), 1u);
  EXPECT_EQ(map.Get(AttributeMap::kMaxPages - 1), kMemoryAttributePrivate);
  EXPECT_TRUE(map.CheckInvariants());
}

TEST(AttributeMapTest, AStoreInTheMiddleMakesThreeRuns) {
  AttributeMap map(4, 8);
  Store(map, {1, 2}, 0);
  EXPECT_THAT(map.Runs(), ElementsAre(AttributeRun{{0, 1}, 8}, AttributeRun{{1, 2}, 0},
                                      AttributeRun{{2, 4}, 8}));
  EXPECT_EQ(map.run_count(), 3u);
}

TEST(AttributeMapTest, AStoreOfTheOldValueChangesNothing) {
  AttributeMap map(4, 8);
  Store(map, {1, 3}, 8);
  EXPECT_THAT(map.Runs(), ElementsAre(AttributeRun{{0, 4}, 8}));
}

TEST(AttributeMapTest, AStoreMergesWithBothNeighbours) {
  AttributeMap map(6, 0);
  Store(map, {0, 2}, 8);
  Store(map, {4, 6}, 8);
  Store(map, {2, 4}, 8);
  EXPECT_THAT(map.Runs(), ElementsAre(AttributeRun{{0, 6}, 8}));
}

TEST(AttributeMapTest, WhatIsUniformIsKnownAtAGlanceOnceATreeHasShrunk) {
  // Too large for windows, with more runs than the map itself has room for.
  AttributeMap map(std::uint64_t{1} << 40, 0);
  EXPECT_TRUE(map.IsKnownUniform(0));
  EXPECT_FALSE(map.IsKnownUniform(8));
  constexpr std::uint64_t kRuns = 1000;
  const auto run = [](std::uint64_t i) { return PageRange{i << 20, (i << 20) + 1}; };
  for (std::uint64_t i = 0; i < kRuns; ++i) {
    Store(map, run(i), 8);
    EXPECT_FALSE(map.IsKnownUniform(0));
    EXPECT_FALSE(map.IsKnownUniform(8));
  }
  ASSERT_EQ(map.form(), "narrow");
  for (std::uint64_t i = 0; i < kRuns; ++i) {
    EXPECT_FALSE(map.IsKnownUniform(0));
    Store(map, run(i), 0);
  }
  EXPECT_TRUE(map.IsKnownUniform(0));
  Store(map, {0, map.pages()}, 8);
  EXPECT_TRUE(map.IsKnownUniform(8));
  EXPECT_FALSE(map.IsKnownUniform(0));
}

TEST(AttributeMapTest, AStoreOverEverythingMakesTheMapUniform) {
  AttributeMap map(6, 0);
  Store(map, {1, 2}, 8);
  Store(map, {3, 4}, 8);
  Store(map, {0, 6}, 1);
  EXPECT_THAT(map.Runs(), ElementsAre(AttributeRun{{0, 6}, 1}));
}

TEST(AttributeMapTest, AMapOfOnePage) {
  AttributeMap map(1, 0);
  Store(map, {0, 1}, 8);
  EXPECT_EQ(map.Get(0), 8u);
  EXPECT_EQ(map.NextChange(0), 1u);
  EXPECT_EQ(map.run_count(), 1u);
}

TEST(AttributeMapTest, TheLastPageOfTheLargestMap) {
  const PageIndex last = AttributeMap::kMaxPages - 1;
  AttributeMap map(AttributeMap::kMaxPages, 0);
  Store(map, {last, last + 1}, 8);
  EXPECT_EQ(map.Get(last), 8u);
  EXPECT_EQ(map.Get(last - 1), 0u);
  EXPECT_EQ(map.NextChange(0), last);
  EXPECT_EQ(map.NextChange(last), AttributeMap::kMaxPages);
  EXPECT_EQ(map.RunContaining(last), (AttributeRun{{last, last + 1}, 8}));
}

TEST(AttributeMapTest, EveryRangeHasEverythingWhenItIsEmpty) {
  const AttributeMap map(4, 8);
  EXPECT_TRUE(map.RangeHas({2, 2}, 0));
  EXPECT_TRUE(map.RangeHas({4, 4}, 1));
}

TEST(AttributeMapTest, AMaskHidesOtherBits) {
  AttributeMap map(4, 8);
  Store(map, {1, 2}, 8 | 1);
  EXPECT_FALSE(map.RangeHas({0, 4}, 8));
  EXPECT_TRUE(map.RangeHas({0, 4}, 8, 8));
  EXPECT_TRUE(map.RangeHas({1, 2}, 1, 1));
  EXPECT_FALSE(map.RangeHas({0, 2}, 1, 1));
}

TEST(AttributeMapTest, AllBitsOfAWordAreKept) {
  AttributeMap map(2, 0);
  Store(map, {1, 2}, ~Attributes{0});
  EXPECT_EQ(map.Get(1), ~Attributes{0});
}

TEST(AttributeMapTest, RunsAreCutToTheRangeThatIsVisited) {
  AttributeMap map(8, 0);
  Store(map, {2, 5}, 8);
  std::vector<AttributeRun> runs;
  map.ForEachRun({3, 7}, [&runs](const AttributeRun& run) { runs.push_back(run); });
  EXPECT_THAT(runs, ElementsAre(AttributeRun{{3, 5}, 8}, AttributeRun{{5, 7}, 0}));
}

TEST(AttributeMapTest, AnEmptyRangeHasNoRuns) {
  AttributeMap map(8, 0);
  Store(map, {2, 5}, 8);
  std::vector<AttributeRun> runs;
  map.ForEachRun({3, 3}, [&runs](const AttributeRun& run) { runs.push_back(run); });
  EXPECT_THAT(runs, IsEmpty());
}

TEST(AttributeMapTest, APreparedStoreThatIsDroppedChangesNothing) {
  AttributeMap map(8, 0);
  Store(map, {2, 5}, 8);
  const std::vector<AttributeRun> before = map.Runs();
  {
    const auto dropped = map.Prepare({0, 8}, 1);
    ASSERT_TRUE(dropped.has_value());
    EXPECT_EQ(dropped->range(), (PageRange{0, 8}));
    EXPECT_EQ(dropped->attributes(), 1u);
  }
  EXPECT_EQ(map.Runs(), before);
  EXPECT_TRUE(map.CheckInvariants());
}

TEST(AttributeMapTest, ManyDroppedStoresHoldNoMoreThanOne) {
  AttributeMap map(8, 0);
  ASSERT_TRUE(map.Prepare({1, 2}, 8).has_value());
  const std::size_t one = map.allocated_bytes();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(map.Prepare({1, 2}, 8).has_value());
  EXPECT_EQ(map.allocated_bytes(), one);
}

TEST(AttributeMapTest, MemoryFollowsTheRunsAndNotThePages) {
  AttributeMap map(AttributeMap::kMaxPages, 0);
  Store(map, {1, AttributeMap::kMaxPages - 1}, 8);
  EXPECT_LT(map.allocated_bytes(), 64u * 1024);
  AttributeMap striped(2000, 0);
  for (PageIndex page = 1; page < 2000; page += 2) Store(striped, {page, page + 1}, 8);
  EXPECT_EQ(striped.run_count(), 2000u);
  Store(striped, {0, 2000}, 0);
  EXPECT_EQ(striped.run_count(), 1u);
  EXPECT_LT(striped.allocated_bytes(), 64u * 1024) << "a map that shrank gives memory back";
}

}  // namespace
}  // namespace kvm_model
