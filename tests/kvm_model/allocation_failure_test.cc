// Every ioctl with its first, second, ... allocation failing until it passes: each failure is
// ENOMEM and leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <variant>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Errno;

// What a failing call must leave as it was, beside the file of the world.
struct Outside {
  std::vector<int> fds;
  // The lowest number that is neither open nor reserved.
  int next_fd = 0;
  std::size_t slots = 0;
  std::size_t vcpus = 0;
  friend bool operator==(const Outside&, const Outside&) = default;
};

Outside OutsideOf(ConversionWorld& world) {
  Outside outside;
  Task& task = world.machine().task();
  outside.fds = task.fds().Open();
  outside.next_fd = *task.Dup(world.machine().kvm());
  EXPECT_THAT(task.Close(outside.next_fd), Succeeds());
  {
    const ReaderLock lock(world.vm().slots_lock());
    const Vm& vm = world.vm();
    outside.slots = vm.slots().All().size();
  }
  MutexLock lock(world.vm().state_lock());
  outside.vcpus = world.vm().state().vcpu_ids.size();
  return outside;
}

// Fails one allocation after the other and returns how many the call makes.
int AllocationsUntilItPasses(ConversionWorld& world,
                             const std::function<Result<std::int64_t>()>& call) {
  AllocationGate& gate = world.machine().kernel().allocations();
  const Snapshot before = world.Take();
  const Outside outside = OutsideOf(world);
  for (int n = 1; n < 100; ++n) {
    gate.FailNth(static_cast<std::uint64_t>(n));
    const Result<std::int64_t> answer = call();
    const bool happened = !gate.armed();
    gate.FailNth(0);
    if (!happened) {
      EXPECT_THAT(answer, Succeeds());
      return n - 1;
    }
    EXPECT_THAT(answer, FailsWith(Errno::kENOMEM)) << "allocation " << n;
    EXPECT_TRUE(world.Take() == before) << "allocation " << n;
    EXPECT_TRUE(OutsideOf(world) == outside) << "allocation " << n;
  }
  ADD_FAILURE() << "it never passes";
  return 0;
}

Result<std::int64_t> Number(const Result<int>& answer) {
  if (!answer) return Failure(answer.error());
  return *answer;
}

Result<std::int64_t> Number(const Result<>& answer) {
  if (!answer) return Failure(answer.error());
  return 0;
}

class AllocationFailureTest : public ::testing::Test {
 protected:
  Machine& machine() { return world_.machine(); }
  int Allocations(const std::function<Result<std::int64_t>()>& call) {
    return AllocationsUntilItPasses(world_, call);
  }

  ConversionWorld world_;
};

TEST_F(AllocationFailureTest, CreateVm) {
  EXPECT_GE(Allocations([&] { return Number(machine().CreateVm(uapi::kX86SwProtectedVm)); }), 1);
}

TEST_F(AllocationFailureTest, CreateGuestMemfd) {
  EXPECT_GE(
      Allocations([&] { return Number(machine().CreateGuestMemfd(world_.vm_fd(), 8, kMmap)); }), 2);
}

TEST_F(AllocationFailureTest, CreateVcpu) {
  EXPECT_GE(Allocations([&] { return Number(machine().CreateVcpu(world_.vm_fd(), 3)); }), 1);
}

TEST_F(AllocationFailureTest, SetUserMemoryRegion) {
  EXPECT_GE(Allocations([&] { return machine().SetSlot(world_.vm_fd(), 5, 1000, 4); }), 1);
}

TEST_F(AllocationFailureTest, SetUserMemoryRegionWithADirtyLog) {
  EXPECT_GE(Allocations([&] {
              return machine().SetSlot(world_.vm_fd(), 5, 1000, 4, 0, uapi::kMemLogDirtyPages);
            }),
            2);
}

TEST_F(AllocationFailureTest, TurningOnADirtyLog) {
  ASSERT_THAT(machine().SetSlot(world_.vm_fd(), 5, 1000, 4), Succeeds());
  EXPECT_GE(Allocations([&] {
              return machine().SetSlot(world_.vm_fd(), 5, 1000, 4, 0, uapi::kMemLogDirtyPages);
            }),
            2);
}

TEST_F(AllocationFailureTest, BindingAGuestMemfd) {
  ConversionWorld::Options options;
  options.revision = "next-20260923";
  ConversionWorld world(options);
  const int file = *world.machine().CreateGuestMemfd(world.vm_fd(), 8, kMmap);
  EXPECT_GE(AllocationsUntilItPasses(
                world, [&] { return world.machine().BindSlot(world.vm_fd(), 5, 1000, 8, file); }),
            2);
}

// The slot is made, and the file doesn't know of it.
TEST_F(AllocationFailureTest, TheSeedIgnoresThatABindingIsNotStored) {
  const int file = *machine().CreateGuestMemfd(world_.vm_fd(), 8, kMmap);
  machine().kernel().allocations().FailNth(2);
  ASSERT_THAT(machine().BindSlot(world_.vm_fd(), 5, 1000, 8, file), Answers(0));
  EXPECT_FALSE(machine().kernel().allocations().armed());
  const auto read =
      GuestRead(world_.vm(), 1000 * machine().page_size(), GuestAddressing::kAuto, Trail(nullptr));
  const auto* exit = std::get_if<MemoryFaultExit>(&read);
  ASSERT_NE(exit, nullptr);
  EXPECT_EQ(exit->error, Errno::kEIO);
  EXPECT_THAT(machine().BindSlot(world_.vm_fd(), 6, 2000, 8, file), Answers(0))
      << "its pages are free";
}

// The slot that is invalid while the old one goes.
TEST_F(AllocationFailureTest, DeletingASlotNeedsASlotInItsStead) {
  EXPECT_EQ(Allocations([&] { return machine().SetSlot(world_.vm_fd(), 0, 0, 0); }), 1);
}

TEST_F(AllocationFailureTest, ConvertingToPrivate) {
  ASSERT_THAT(world_.HostWrite(3, 7), Succeeds());
  EXPECT_GE(Allocations([&] { return world_.Convert({2, 6}, kPrivate, kPreserve); }), 1);
}

TEST_F(AllocationFailureTest, ConvertingToShared) {
  ASSERT_THAT(world_.Convert({2, 6}, kPrivate, kPreserve), Succeeds());
  EXPECT_GE(Allocations([&] { return world_.Convert({3, 5}, kShared, kZero); }), 1);
}

TEST_F(AllocationFailureTest, PunchingAHoleNeedsNoMemory) {
  EXPECT_EQ(
      Allocations([&] { return Number(machine().PunchHole(world_.guest_memfd_fd(), {2, 6})); }), 0);
}

TEST_F(AllocationFailureTest, AllocatingOnePage) {
  EXPECT_EQ(
      Allocations([&] { return Number(machine().Allocate(world_.guest_memfd_fd(), {2, 3})); }), 1);
}

TEST_F(AllocationFailureTest, AllocatingManyPagesKeepsThoseBeforeTheFailure) {
  machine().kernel().allocations().FailNth(3);
  EXPECT_THAT(machine().Allocate(world_.guest_memfd_fd(), {2, 6}), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(world_.Take().resident, ::testing::ElementsAre(PageRange{2, 4}));
}

TEST_F(AllocationFailureTest, AHostFaultIsASignalAndWorksTheNextTime) {
  machine().kernel().allocations().FailNth(1);
  EXPECT_THAT(world_.HostRead(3), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(world_.Take().host_mapped, ::testing::IsEmpty());
  EXPECT_THAT(world_.HostRead(3), Answers(0));
}

TEST_F(AllocationFailureTest, AGuestFaultIsAnExitAndWorksTheNextTime) {
  machine().kernel().allocations().FailNth(1);
  const auto result = GuestRead(world_.vm(), ConversionWorld::kFirstGfn * machine().page_size(),
                                GuestAddressing::kAuto, Trail(nullptr));
  const auto* const exit = std::get_if<MemoryFaultExit>(&result);
  ASSERT_NE(exit, nullptr);
  EXPECT_EQ(exit->error, Errno::kENOMEM);
  EXPECT_THAT(world_.Take().stage2, ::testing::IsEmpty());
  EXPECT_EQ(world_.GuestRead(0), 0);
}

TEST(AllocationFailureOnVmTest, SettingTheAttributesOfAVm) {
  ConversionWorld world({.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}, .flags = kMmap});
  EXPECT_GE(AllocationsUntilItPasses(
                world, [&] { return world.machine().Convert(world.vm_fd(), {2, 6}, kPrivate); }),
            1);
}

}  // namespace
}  // namespace kvm_model
