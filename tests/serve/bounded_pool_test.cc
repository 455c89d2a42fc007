// The threads of the server of kvmsim serve, and their queue.
#include "tools/serve/bounded_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>

namespace kvm_model::serve {
namespace {

TEST(BoundedPoolTest, EveryTaskRunsOnceBeforeItEnds) {
  std::atomic<int> ran = 0;
  BoundedPool pool(3, 4);
  for (int i = 0; i < 100; ++i) pool.enqueue([&ran] { ++ran; });
  pool.shutdown();
  EXPECT_EQ(ran, 100);
}

TEST(BoundedPoolTest, AFullQueueWaitsForRoom) {
  std::binary_semaphore go(0);
  std::atomic<int> queued = 0;
  BoundedPool pool(1, 2);
  // One at work and two that wait are all that there is room for.
  std::thread client([&] {
    for (int i = 0; i < 4; ++i) {
      pool.enqueue([&go] {
        go.acquire();
        go.release();
      });
      ++queued;
    }
  });
  while (queued < 3) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(queued, 3);
  go.release();
  client.join();
  EXPECT_EQ(queued, 4);
  pool.shutdown();
}

TEST(BoundedPoolTest, AnEndingPoolKeepsNobodyWaiting) {
  std::binary_semaphore go(0);
  std::atomic<int> ran = 0;
  std::atomic<int> queued = 0;
  BoundedPool pool(1, 1);
  const auto task = [&] {
    go.acquire();
    go.release();
    ++ran;
  };
  std::thread client([&] {
    for (int i = 0; i < 5; ++i) {
      pool.enqueue(task);
      ++queued;
    }
    go.release();
  });
  while (queued < 2) std::this_thread::yield();
  // It waits for the task at work, which waits for the client.
  pool.shutdown();
  client.join();
  EXPECT_GE(ran, 2);
}

}  // namespace
}  // namespace kvm_model::serve
