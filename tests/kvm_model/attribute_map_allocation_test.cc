// Counts and fails the program's own allocations: a commit makes none, and a prepare that can't
// have its memory changes nothing.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
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

TEST(AttributeMapAllocationTest, AUniformMapIsMadeWithoutAllocating) {
  const std::size_t before = MemoryRequests();
  const AttributeMap map(AttributeMap::kMaxPages, 8);
  EXPECT_EQ(MemoryRequests(), before);
  EXPECT_EQ(map.allocated_bytes(), 0u);
}

TEST(AttributeMapAllocationTest, APrepareWithoutMemoryFailsAndChangesNothing) {
  AttributeMap map(8, 8);
  for (std::uint64_t left = 0;; ++left) {
    const std::size_t bytes = map.allocated_bytes();
    BeginMemoryShortage({.granted = left});
    auto store = map.Prepare({2, 4}, 0);
    EndMemoryShortage();
    ASSERT_EQ(map.run_count(), 1u);
    if (store.has_value()) {
      EXPECT_GT(left, 0u) << "the first store needs memory";
      break;
    }
    EXPECT_EQ(store.error(), uapi::Errno::kENOMEM);
    EXPECT_EQ(map.allocated_bytes(), bytes) << "a failed reservation was not given back";
    EXPECT_TRUE(map.RangeHas({0, 8}, 8));
    ASSERT_LT(left, 1000u);
  }
}

TEST(AttributeMapAllocationTest, AMapThatWasRefusedMemoryWorksAfterwards) {
  AttributeMap map(8, 8);
  BeginMemoryShortage();
  const bool refused = !map.Prepare({2, 4}, 0).has_value();
  EndMemoryShortage();
  EXPECT_TRUE(refused);
  EXPECT_EQ(AllocationsOfCommit(map, {2, 4}, 0), 0u);
  EXPECT_EQ(map.Get(3), 0u);
  EXPECT_TRUE(map.CheckInvariants());
}

}  // namespace
}  // namespace kvm_model
