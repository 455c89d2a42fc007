// A SharedMutex keeps writers alone, lets readers in together, and no reader before a writer that
// waits.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "kvm_model/mutex.h"

namespace kvm_model {
namespace {

// Long enough for a thread that nothing keeps to have gone on.
constexpr std::chrono::milliseconds kMoment{20};

void Join(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
}

TEST(SharedMutexTest, ReadersSeeAllOfAWriterOrNothing) {
  constexpr int kRounds = 20'000;
  SharedMutex mutex(LockRank::kMmu);
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::atomic<int> torn = 0;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        const WriterLock lock(mutex);
        ++first;
        ++second;
      }
    });
  }
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        const ReaderLock lock(mutex);
        if (first != second) ++torn;
      }
    });
  }
  Join(threads);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(first, 3u * kRounds);
  EXPECT_EQ(second, 3u * kRounds);
}

TEST(SharedMutexTest, ReadersHoldItTogether) {
  constexpr int kReaders = 4;
  SharedMutex mutex(LockRank::kMmu);
  std::atomic<int> inside = 0;
  std::vector<std::thread> threads;
  mutex.Lock();
  for (int reader = 0; reader < kReaders; ++reader) {
    threads.emplace_back([&] {
      const ReaderLock lock(mutex);
      ++inside;
      // Ends only if all are in at once.
      while (inside < kReaders) std::this_thread::yield();
    });
  }
  std::this_thread::sleep_for(kMoment);
  EXPECT_EQ(inside, 0);
  mutex.Unlock();
  Join(threads);
  EXPECT_EQ(inside, kReaders);
  // It is free again, for either.
  {
    const ReaderLock lock(mutex);
  }
  {
    const WriterLock lock(mutex);
  }
}

TEST(SharedMutexTest, NoReaderComesInBeforeAWriterThatWaits) {
  SharedMutex mutex(LockRank::kMmu);
  std::atomic<bool> written = false;
  std::atomic<bool> writer_came_first = false;
  mutex.ReaderLock();
  std::thread writer([&] {
    const WriterLock lock(mutex);
    written = true;
  });
  std::this_thread::sleep_for(kMoment);
  std::thread reader([&] {
    const ReaderLock lock(mutex);
    writer_came_first = written.load();
  });
  std::this_thread::sleep_for(kMoment);
  EXPECT_FALSE(written);
  mutex.ReaderUnlock();
  writer.join();
  reader.join();
  EXPECT_TRUE(writer_came_first);
}

TEST(SharedMutexTest, WritersAndReadersThatWaitAllGetIn) {
  constexpr int kThreads = 6;
  constexpr int kTimes = 200;
  SharedMutex mutex(LockRank::kMmu);
  std::atomic<int> read = 0;
  int written = 0;
  for (int i = 0; i < kTimes; ++i) {
    std::vector<std::thread> threads;
    mutex.Lock();
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, writes = thread % 2 == 0] {
        if (writes) {
          const WriterLock lock(mutex);
          ++written;
        } else {
          const ReaderLock lock(mutex);
          ++read;
        }
      });
    }
    std::this_thread::yield();
    mutex.Unlock();
    Join(threads);
  }
  EXPECT_EQ(read + written, kThreads * kTimes);
}

}  // namespace
}  // namespace kvm_model
