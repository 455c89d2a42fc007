// Locks that are taken out of their order are counted and told, once for each pair.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <thread>

#include "kvm_model/mutex.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The violations that `body` adds, and what it writes to stderr.
struct Seen {
  std::uint64_t violations = 0;
  std::string text;
};
template <typename Body>
Seen Watch(Body body) {
  const std::uint64_t before = LockOrderViolations();
  testing::internal::CaptureStderr();
  body();
  return {LockOrderViolations() - before, testing::internal::GetCapturedStderr()};
}

TEST(LockOrderTest, LocksInOrderAreFine) {
  const Seen seen = Watch([] {
    Mutex state(LockRank::kVmState);
    SharedMutex slots(LockRank::kSlots);
    SharedMutex invalidate(LockRank::kInvalidate);
    for (int i = 0; i < 2; ++i) {
      const MutexLock first(state);
      const ReaderLock second(slots);
      const WriterLock third(invalidate);
    }
    // Left in another order than the reverse.
    slots.Lock();
    invalidate.Lock();
    slots.Unlock();
    invalidate.Unlock();
    const MutexLock again(state);
  });
  EXPECT_EQ(seen.violations, 0u);
  EXPECT_THAT(seen.text, IsEmpty());
}

TEST(LockOrderTest, AnInnerLockBeforeAnOuterOneIsToldOnce) {
  const auto invert = [] {
    SharedMutex slots(LockRank::kSlots);
    SharedMutex mmu(LockRank::kMmu);
    const ReaderLock inner(mmu);
    const ReaderLock outer(slots);
  };
  const Seen first = Watch(invert);
  EXPECT_EQ(first.violations, 1u);
  EXPECT_THAT(first.text, HasSubstr("\"slots\" is taken while \"mmu\" is held"));
  const Seen second = Watch(invert);
  EXPECT_EQ(second.violations, 1u);
  EXPECT_THAT(second.text, IsEmpty());
}

TEST(LockOrderTest, TwoLocksOfOneRankHaveNoOrder) {
  const Seen seen = Watch([] {
    SharedMutex one(LockRank::kInvalidate);
    SharedMutex other(LockRank::kInvalidate);
    const ReaderLock first(one);
    const ReaderLock second(other);
  });
  EXPECT_EQ(seen.violations, 1u);
  EXPECT_THAT(seen.text, HasSubstr("\"invalidate\" is taken while \"invalidate\" is held"));
}

TEST(LockOrderTest, AnotherThreadsLocksDoNotCount) {
  const Seen seen = Watch([] {
    Mutex cache(LockRank::kPageCache);
    SharedMutex slots(LockRank::kSlots);
    const MutexLock inner(cache);
    std::thread([&slots] { const WriterLock outer(slots); }).join();
  });
  EXPECT_EQ(seen.violations, 0u);
}

TEST(LockOrderTest, EveryRankHasAName) {
  for (int rank = 0; rank <= static_cast<int>(LockRank::kArch); ++rank) {
    EXPECT_FALSE(LockRankName(static_cast<LockRank>(rank)).empty());
  }
}

}  // namespace
}  // namespace kvm_model
