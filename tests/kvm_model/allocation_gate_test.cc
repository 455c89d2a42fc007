#include "kvm_model/allocation_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace kvm_model {
namespace {

TEST(AllocationGateTest, EverythingPassesWhileNothingIsArmed) {
  AllocationGate gate;
  EXPECT_FALSE(gate.armed());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(gate.Allocate());
}

TEST(AllocationGateTest, OnlyTheNthFails) {
  AllocationGate gate;
  gate.FailNth(3);
  EXPECT_TRUE(gate.Allocate());
  EXPECT_TRUE(gate.Allocate());
  EXPECT_TRUE(gate.armed());
  EXPECT_FALSE(gate.Allocate());
  EXPECT_FALSE(gate.armed());
  EXPECT_TRUE(gate.Allocate());
}

TEST(AllocationGateTest, TheFirstCanFail) {
  AllocationGate gate;
  gate.FailNth(1);
  EXPECT_FALSE(gate.Allocate());
  EXPECT_TRUE(gate.Allocate());
}

TEST(AllocationGateTest, ZeroDisarms) {
  AllocationGate gate;
  gate.FailNth(1);
  gate.FailNth(0);
  EXPECT_FALSE(gate.armed());
  EXPECT_TRUE(gate.Allocate());
}

TEST(AllocationGateTest, ArmingAgainStartsOver) {
  AllocationGate gate;
  gate.FailNth(2);
  EXPECT_TRUE(gate.Allocate());
  gate.FailNth(2);
  EXPECT_TRUE(gate.Allocate());
  EXPECT_FALSE(gate.Allocate());
}

TEST(AllocationGateTest, OneOfManyThreadsFailsAndOnlyOnce) {
  AllocationGate gate;
  gate.FailNth(1500);
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) failures += gate.Allocate() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 1);
  EXPECT_FALSE(gate.armed());
}

}  // namespace
}  // namespace kvm_model
