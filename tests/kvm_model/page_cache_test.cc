#include "kvm_model/page_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using uapi::Errno;

constexpr std::uint64_t kPages = 64;
constexpr unsigned kShift = 12;
constexpr std::size_t kLastByte = (std::size_t{1} << kShift) - 1;

class PageCacheTest : public ::testing::Test {
 protected:
  void Write(PageIndex page, std::uint8_t value) {
    ASSERT_THAT(cache_.Use(page), Succeeds());
    std::array<std::byte, 1 << kShift> bytes;
    bytes.fill(std::byte{value});
    ASSERT_THAT(cache_.Write(page, 0, bytes), Succeeds());
  }
  PageCache::BusyCheck FirstBusy(PageRange range) {
    return cache_.FirstBusy(range, /*in_stages=*/false);
  }
  int ByteOf(PageIndex page, std::size_t offset = 0) const {
    std::array<std::byte, 1> byte{};
    cache_.Read(page, offset, byte);
    return std::to_integer<int>(byte[0]);
  }
  bool AllBytesAre(PageIndex page, int value) const {
    return ByteOf(page) == value && ByteOf(page, 2048) == value && ByteOf(page, kLastByte) == value;
  }

  AllocationGate gate_;
  PageCache cache_{kPages, kShift, &gate_};
  std::mt19937_64 random_{1};
};

TEST_F(PageCacheTest, ANewCacheIsAllHoles) {
  EXPECT_THAT(cache_.ResidentRuns(), IsEmpty());
  EXPECT_FALSE(cache_.resident(0));
  EXPECT_EQ(cache_.ResidentIn({0, kPages}), 0u);
}

TEST_F(PageCacheTest, ADroppedAllocationLeavesAHole) {
  gate_.FailNth(1);
  EXPECT_THAT(cache_.Use(3), FailsWith(Errno::kENOMEM));
  EXPECT_FALSE(cache_.resident(3));
  EXPECT_THAT(cache_.Use(3), Succeeds());
  EXPECT_TRUE(cache_.resident(3));
}

TEST_F(PageCacheTest, APageThatIsResidentNeedsNoMemory) {
  ASSERT_THAT(cache_.Allocate(3), Succeeds());
  gate_.FailNth(1);
  EXPECT_THAT(cache_.Allocate(3), Succeeds());
  EXPECT_THAT(cache_.Use(3), Succeeds());
  EXPECT_TRUE(gate_.armed());
}

TEST_F(PageCacheTest, BytesArePagesOfTheirOwn) {
  Write(1, 0x11);
  Write(2, 0x22);
  EXPECT_TRUE(AllBytesAre(1, 0x11));
  EXPECT_TRUE(AllBytesAre(2, 0x22));
  EXPECT_THAT(cache_.ResidentRuns(), ElementsAre(PageRange{1, 3}));
}

TEST_F(PageCacheTest, AnAllocatedPageReadsZeroOnItsFirstUseWhateverWasAppliedBefore) {
  for (PageIndex page = 0; page < 3; ++page) ASSERT_THAT(cache_.Allocate(page), Succeeds());
  EXPECT_THAT(cache_.Scramble({0, 2}, random_), Succeeds());
  EXPECT_THAT(cache_.Zero({1, 3}), Succeeds());
  for (PageIndex page = 0; page < 3; ++page) {
    ASSERT_THAT(cache_.Use(page), Succeeds());
    EXPECT_TRUE(AllBytesAre(page, 0)) << page;
  }
}

TEST_F(PageCacheTest, AUsedPageIsNotClearedByItsNextUse) {
  Write(0, 0x42);
  ASSERT_THAT(cache_.Allocate(0), Succeeds());
  ASSERT_THAT(cache_.Use(0), Succeeds());
  EXPECT_TRUE(AllBytesAre(0, 0x42));
}

TEST_F(PageCacheTest, ZeroReachesOnlyTheRange) {
  for (PageIndex page = 0; page < 4; ++page) Write(page, 0x42);
  EXPECT_THAT(cache_.Zero({1, 3}), Succeeds());
  EXPECT_TRUE(AllBytesAre(0, 0x42));
  EXPECT_TRUE(AllBytesAre(1, 0));
  EXPECT_TRUE(AllBytesAre(2, 0));
  EXPECT_TRUE(AllBytesAre(3, 0x42));
  EXPECT_TRUE(cache_.resident(1)) << "zeroes are not a hole";
}

TEST_F(PageCacheTest, ScrambleChangesEveryPageOfTheRangeAndNoOther) {
  for (PageIndex page = 0; page < 4; ++page) Write(page, 0x42);
  EXPECT_THAT(cache_.Scramble({1, 3}, random_), Succeeds());
  EXPECT_TRUE(AllBytesAre(0, 0x42));
  EXPECT_FALSE(AllBytesAre(1, 0x42));
  EXPECT_FALSE(AllBytesAre(2, 0x42));
  EXPECT_TRUE(AllBytesAre(3, 0x42));
}

TEST_F(PageCacheTest, HolesStayHoles) {
  Write(1, 0x42);
  EXPECT_THAT(cache_.Zero({0, 4}), Succeeds());
  EXPECT_THAT(cache_.Scramble({0, 4}, random_), Succeeds());
  EXPECT_THAT(cache_.ResidentRuns(), ElementsAre(PageRange{1, 2}));
}

TEST_F(PageCacheTest, ZeroStopsAtThePoisonedPage) {
  for (PageIndex page = 0; page < 4; ++page) Write(page, 0x42);
  ASSERT_THAT(cache_.Poison(2), Succeeds());
  EXPECT_THAT(cache_.Zero({0, 4}), FailsWith(Errno::kEHWPOISON));
  EXPECT_TRUE(AllBytesAre(0, 0));
  EXPECT_TRUE(AllBytesAre(1, 0));
  EXPECT_TRUE(AllBytesAre(2, 0x42));
  EXPECT_TRUE(AllBytesAre(3, 0x42));
  EXPECT_THAT(cache_.Zero({3, 4}), Succeeds()) << "the poisoned page is outside";
}

TEST_F(PageCacheTest, ScrambleStopsAtThePoisonedPage) {
  for (PageIndex page = 0; page < 4; ++page) Write(page, 0x42);
  ASSERT_THAT(cache_.Poison(1), Succeeds());
  EXPECT_THAT(cache_.Scramble({0, 4}, random_), FailsWith(Errno::kEHWPOISON));
  EXPECT_FALSE(AllBytesAre(0, 0x42));
  EXPECT_TRUE(AllBytesAre(1, 0x42));
  EXPECT_TRUE(AllBytesAre(3, 0x42));
}

TEST_F(PageCacheTest, AHoleCannotBePoisoned) {
  EXPECT_THAT(cache_.Poison(5), FailsWith(Errno::kENOENT));
  EXPECT_FALSE(cache_.poisoned(5));
}

TEST_F(PageCacheTest, TruncationMakesHolesThatReadZero) {
  Write(1, 0x42);
  Write(2, 0x43);
  ASSERT_THAT(cache_.Poison(1), Succeeds());
  cache_.Truncate({1, 2});
  EXPECT_THAT(cache_.ResidentRuns(), ElementsAre(PageRange{2, 3}));
  EXPECT_FALSE(cache_.poisoned(1)) << "the poisoned page is no longer the file's";
  ASSERT_THAT(cache_.Use(1), Succeeds());
  EXPECT_TRUE(AllBytesAre(1, 0));
  EXPECT_TRUE(AllBytesAre(2, 0x43));
}

TEST_F(PageCacheTest, TruncationTakesPinsOutOfSightAndTheirEndIsHarmless) {
  Write(1, 0x42);
  const PageCache::PinId before = cache_.Pin(1);
  cache_.Truncate({0, kPages});
  ASSERT_THAT(cache_.Use(1), Succeeds());
  EXPECT_EQ(FirstBusy({0, kPages}).first_busy, std::nullopt);
  const PageCache::PinId after = cache_.Pin(1);
  cache_.Unpin(1, before);
  EXPECT_THAT(FirstBusy({0, kPages}).first_busy, Eq(1u)) << "the new pin was dropped";
  cache_.Unpin(1, after);
  EXPECT_EQ(FirstBusy({0, kPages}).first_busy, std::nullopt);
}

TEST_F(PageCacheTest, PinnedAndPoisonedPagesAreToldInOrder) {
  Write(1, 0x42);
  Write(5, 0x42);
  EXPECT_THAT(cache_.PinnedPages(), IsEmpty());
  cache_.Pin(5);
  cache_.Pin(1);
  cache_.Pin(5);
  EXPECT_THAT(cache_.PinnedPages(), ElementsAre(1u, 5u, 5u));
  EXPECT_THAT(cache_.PoisonedPages(), IsEmpty());
  ASSERT_THAT(cache_.Poison(5), Succeeds());
  ASSERT_THAT(cache_.Poison(1), Succeeds());
  EXPECT_THAT(cache_.PoisonedPages(), ElementsAre(1u, 5u));
  ASSERT_THAT(cache_.Truncate({2, kPages}), Succeeds());
  EXPECT_THAT(cache_.PinnedPages(), ElementsAre(1u));
  EXPECT_THAT(cache_.PoisonedPages(), ElementsAre(1u));
}

TEST_F(PageCacheTest, EveryPinOfAPageMustGo) {
  Write(1, 0x42);
  const PageCache::PinId first = cache_.Pin(1);
  const PageCache::PinId second = cache_.Pin(1);
  cache_.Unpin(1, first);
  EXPECT_THAT(FirstBusy({1, 2}).first_busy, Eq(1u));
  cache_.Unpin(1, second);
  EXPECT_EQ(FirstBusy({1, 2}).first_busy, std::nullopt);
}

TEST_F(PageCacheTest, TheLowestBusyPageOfTheRangeIsFound) {
  for (PageIndex page = 0; page < 8; ++page) Write(page, 1);
  cache_.Pin(6);
  cache_.Pin(3);
  ASSERT_THAT(cache_.Poison(4), Succeeds());
  EXPECT_THAT(FirstBusy({0, 8}).first_busy, Eq(3u));
  EXPECT_THAT(FirstBusy({4, 8}).first_busy, Eq(4u)) << "a poisoned page keeps a reference";
  EXPECT_THAT(FirstBusy({5, 8}).first_busy, Eq(6u));
  EXPECT_EQ(FirstBusy({7, 8}).first_busy, std::nullopt);
  EXPECT_EQ(FirstBusy({0, 3}).first_busy, std::nullopt);
}

TEST_F(PageCacheTest, AMemoryErrorIsToldAsTheReasonWhereNoPinIsOne) {
  for (PageIndex page = 0; page < 4; ++page) Write(page, 1);
  cache_.Pin(1);
  for (PageIndex page = 1; page < 3; ++page) ASSERT_THAT(cache_.Poison(page), Succeeds());
  EXPECT_FALSE(FirstBusy({0, 4}).by_memory_error) << "page 1 is pinned too";
  EXPECT_TRUE(FirstBusy({2, 4}).by_memory_error);
  EXPECT_FALSE(FirstBusy({3, 4}).by_memory_error) << "no page is busy";
}

TEST_F(PageCacheTest, TheLruBatchDrainsOnce) {
  Write(1, 1);
  const PageCache::BusyCheck first = FirstBusy({0, 4});
  EXPECT_EQ(first.first_busy, std::nullopt);
  EXPECT_EQ(first.drained, PageCache::Drained::kAllCpus);
  EXPECT_EQ(FirstBusy({0, 4}).drained, PageCache::Drained::kNone);
}

TEST_F(PageCacheTest, ARangeWithoutBatchedPagesDrainsNothing) {
  Write(1, 1);
  EXPECT_EQ(FirstBusy({2, kPages}).drained, PageCache::Drained::kNone);
  EXPECT_EQ(FirstBusy({1, 2}).drained, PageCache::Drained::kAllCpus);
}

TEST_F(PageCacheTest, AFullBatchEmptiesItself) {
  for (PageIndex page = 0; page < PageCache::kLruBatchPages; ++page) Write(page, 1);
  EXPECT_EQ(FirstBusy({0, kPages}).drained, PageCache::Drained::kNone);
  Write(40, 1);
  EXPECT_EQ(FirstBusy({0, kPages}).drained, PageCache::Drained::kAllCpus);
}

TEST_F(PageCacheTest, ATruncatedPageLeavesTheBatch) {
  Write(1, 1);
  cache_.Truncate({1, 2});
  EXPECT_EQ(FirstBusy({0, kPages}).drained, PageCache::Drained::kNone);
}

TEST_F(PageCacheTest, APinnedPageDrainsAllUnlessTheSearchGoesInStages) {
  Write(1, 1);
  Write(2, 1);
  cache_.Pin(1);
  const PageCache::BusyCheck staged = cache_.FirstBusy({0, 4}, /*in_stages=*/true);
  EXPECT_THAT(staged.first_busy, Eq(1u));
  EXPECT_EQ(staged.drained, PageCache::Drained::kNone) << "the search ends at page 1";
  const PageCache::BusyCheck at_once = FirstBusy({0, 4});
  EXPECT_THAT(at_once.first_busy, Eq(1u));
  EXPECT_EQ(at_once.drained, PageCache::Drained::kAllCpus);
}

TEST_F(PageCacheTest, InStagesABatchedPageDrainsThisCpuAlone) {
  Write(1, 1);
  Write(3, 1);
  cache_.Pin(3);
  const PageCache::BusyCheck busy = cache_.FirstBusy({0, 4}, /*in_stages=*/true);
  EXPECT_THAT(busy.first_busy, Eq(3u));
  EXPECT_EQ(busy.drained, PageCache::Drained::kThisCpu);
  EXPECT_EQ(cache_.FirstBusy({0, 3}, /*in_stages=*/true).drained, PageCache::Drained::kNone);
}

TEST_F(PageCacheTest, InStagesAReferenceThatStaysDrainsAllCpus) {
  Write(1, 1);
  ASSERT_THAT(cache_.Poison(1), Succeeds());
  const PageCache::BusyCheck busy = cache_.FirstBusy({0, 4}, /*in_stages=*/true);
  EXPECT_THAT(busy.first_busy, Eq(1u));
  EXPECT_EQ(busy.drained, PageCache::Drained::kAllCpus);
}

TEST_F(PageCacheTest, WhatIsTheGuestsOwnIsTakenBackByRangeAndByTruncation) {
  for (PageIndex page = 0; page < 4; ++page) {
    Write(page, 1);
    EXPECT_TRUE(cache_.Assign(page));
  }
  EXPECT_TRUE(cache_.TakeBack({1, 2}));
  EXPECT_FALSE(cache_.TakeBack({1, 2})) << "nothing of it was the guest's any longer";
  cache_.Truncate({2, 3});
  EXPECT_TRUE(cache_.assigned(0));
  EXPECT_FALSE(cache_.assigned(1));
  EXPECT_FALSE(cache_.assigned(2));
  EXPECT_TRUE(cache_.assigned(3));
}

}  // namespace
}  // namespace kvm_model
