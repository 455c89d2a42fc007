#include "kvm_model/page_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "kvm_model/page.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PageSetTest, ANewSetIsEmpty) {
  const PageSet set(std::uint64_t{1} << 52);
  EXPECT_TRUE(set.empty());
  EXPECT_THAT(set.Runs(), IsEmpty());
  EXPECT_TRUE(set.Disjoint({0, std::uint64_t{1} << 52}));
  EXPECT_FALSE(set.Contains(0));
}

TEST(PageSetTest, NeighboursMergeIntoOneRun) {
  PageSet set(8);
  set.Insert({1, 3});
  set.Insert({3, 5});
  EXPECT_THAT(set.Runs(), ElementsAre(PageRange{1, 5}));
  EXPECT_TRUE(set.ContainsAll({1, 5}));
  EXPECT_FALSE(set.ContainsAll({0, 5}));
  EXPECT_FALSE(set.Disjoint({4, 8}));
  EXPECT_TRUE(set.Disjoint({5, 8}));
}

TEST(PageSetTest, ErasingFromTheMiddleLeavesTwoRuns) {
  PageSet set(8);
  set.Insert({0, 8});
  set.Erase({3, 4});
  EXPECT_THAT(set.Runs(), ElementsAre(PageRange{0, 3}, PageRange{4, 8}));
  EXPECT_EQ(set.CountIn({2, 6}), 3u);
}

TEST(PageSetTest, ErasingEverythingMakesItEmptyAgain) {
  PageSet set(8);
  set.Insert({2, 4});
  EXPECT_FALSE(set.empty());
  set.Erase({0, 8});
  EXPECT_TRUE(set.empty());
}

TEST(PageSetTest, AFullSetIsNotEmpty) {
  PageSet set(8);
  set.Insert({0, 8});
  EXPECT_FALSE(set.empty());
  EXPECT_THAT(set.Runs(), ElementsAre(PageRange{0, 8}));
}

TEST(PageSetTest, EmptyRangesChangeNothing) {
  PageSet set(8);
  set.Insert({8, 8});
  set.Insert({3, 3});
  EXPECT_TRUE(set.empty());
  set.Insert({0, 8});
  set.Erase({4, 4});
  EXPECT_EQ(set.CountIn({0, 8}), 8u);
}

TEST(PageSetTest, OnlyMembersInsideTheRangeAreVisited) {
  PageSet set(16);
  set.Insert({1, 4});
  set.Insert({6, 9});
  set.Insert({12, 13});
  std::vector<PageRange> runs;
  set.ForEachRun({2, 8}, [&runs](PageRange run) { runs.push_back(run); });
  EXPECT_THAT(runs, ElementsAre(PageRange{2, 4}, PageRange{6, 8}));
}

}  // namespace
}  // namespace kvm_model
