// Each call with its first, second, ... allocation failing until it passes: the failure is the
// specified one, nothing but what may stay has changed, and the same call succeeds afterwards.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "kvm_model/allocation_gate.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/kernel.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/failure/calls.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::failure {
namespace {

using uapi::Errno;

constexpr std::uint64_t kMostAllocations = 40;

class AllocationTest : public ::testing::TestWithParam<HostChoice> {};

// The call with its nth allocation failing; false when it makes fewer.
bool FailsAt(const HostChoice& choice, const Call& call, std::uint64_t nth) {
  World world(choice);
  AllocationGate& gate = world.kernel().allocations();
  const Picture before = world.Look();
  gate.FailNth(nth);
  const Outcome outcome = call.make(world);
  const bool failed = !gate.armed();
  gate.FailNth(0);
  if (!failed) {
    EXPECT_EQ(outcome, kOk);
    return false;
  }
  // What has got anywhere ends well, and says how far it got.
  const bool partial = call.name == "KVM_PRE_FAULT_MEMORY" && outcome == kOk;
  if (partial) {
    EXPECT_GT(nth, 1u) << "the page tables of the first page";
    return true;
  }
  // Before the merged form nobody looked whether the file could store the binding.
  if (call.name == "a slot of a guest_memfd" && !world.host().revision().binds_last &&
      outcome == kOk) {
    EXPECT_EQ(nth, 2u) << "the slot comes first";
    return true;
  }
  EXPECT_EQ(outcome, call.without_memory);
  EXPECT_EQ(Unexpected(call, before, world.Look()), "");
  const Outcome again = call.make(world);
  EXPECT_TRUE(again == kOk || again == call.again) << again;
  return true;
}

TEST_P(AllocationTest, EachAllocationOfEachCall) {
  for (const Call& call : Calls()) {
    SCOPED_TRACE(call.name);
    if (Plain(call, GetParam()) != kOk) continue;
    std::uint64_t nth = 1;
    while (nth < kMostAllocations && FailsAt(GetParam(), call, nth)) {
      ASSERT_FALSE(HasFailure()) << "allocation " << nth;
      ++nth;
    }
    ASSERT_LT(nth, kMostAllocations);
    EXPECT_EQ(nth > 1, Allocates(call, GetParam())) << nth - 1 << " allocations";
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, AllocationTest, ::testing::ValuesIn(hostile::HostChoices()),
                         [](const auto& which) { return which.param.name; });

// Every call is tried with success somewhere, but for the one whose work is not modelled.
TEST(AllocationCallsTest, EachIsGoodSomewhere) {
  for (const Call& call : Calls()) {
    std::string outcomes;
    bool good = false;
    for (const HostChoice& choice : hostile::HostChoices()) {
      const Outcome outcome = Plain(call, choice);
      good |= outcome == kOk;
      outcomes += outcome + " ";
    }
    EXPECT_EQ(good, call.name != "KVM_RUN") << call.name << ": " << outcomes;
  }
}

// Of a wrong type and a failing allocation, what is looked at first counts: four allocations come
// before the type and four after it.
TEST(AllocationOrderTest, TheTypeOfAVm) {
  Machine machine("x86");
  AllocationGate& gate = machine.kernel().allocations();
  for (std::uint64_t nth = 1; nth <= 8; ++nth) {
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVm(77), FailsWith(nth <= 4 ? Errno::kENOMEM : Errno::kEINVAL)) << nth;
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVm(0), FailsWith(Errno::kENOMEM)) << nth;
  }
  gate.FailNth(9);
  EXPECT_THAT(machine.CreateVm(0), Succeeds());
  EXPECT_TRUE(gate.armed());
}

TEST(AllocationOrderTest, TheIdOfAVcpu) {
  Machine machine("x86");
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(machine.CreateVcpu(vm, 0), Succeeds());
  AllocationGate& gate = machine.kernel().allocations();
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVcpu(vm, 0), FailsWith(nth <= 2 ? Errno::kENOMEM : Errno::kEEXIST));
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVcpu(vm, 1), FailsWith(Errno::kENOMEM)) << nth;
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVcpu(vm, ~std::uint64_t{0}), FailsWith(Errno::kEINVAL));
    EXPECT_TRUE(gate.armed());
  }
}

TEST(AllocationOrderTest, TheDirtyRingOfAVcpu) {
  Machine machine("x86");
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(machine.EnableCap(vm, 192, 65536), Succeeds());
  AllocationGate& gate = machine.kernel().allocations();
  for (std::uint64_t nth = 1; nth <= 5; ++nth) {
    gate.FailNth(nth);
    EXPECT_THAT(machine.CreateVcpu(vm, 1), FailsWith(Errno::kENOMEM)) << nth;
  }
  gate.FailNth(6);
  EXPECT_THAT(machine.CreateVcpu(vm, 1), Succeeds());
}

// As many pages as were mapped are told, whichever allocation fails.
TEST(PartialProgressTest, PreFault) {
  for (std::uint64_t nth = 1; nth < 12; ++nth) {
    World world(hostile::HostChoices().front());
    const std::uint64_t page = world.page();
    uapi::kvm_pre_fault_memory range{64 * page, 6 * page, 0, {}};
    const auto before = world.VmOf(world.vm())->MappedStage2();
    world.kernel().allocations().FailNth(nth);
    const auto answer = world.Call(world.vcpu(), uapi::Ioctl("KVM_PRE_FAULT_MEMORY"), range);
    if (world.kernel().allocations().armed()) return;
    const auto left = world.Peek(world.scratch(), sizeof(range));
    std::memcpy(&range, left.data(), sizeof(range));
    EXPECT_EQ(range.gpa + range.size, 70 * page);
    const std::uint64_t done = range.gpa / page - 64;
    EXPECT_LT(done, 6u);
    if (done == 0) {
      EXPECT_THAT(answer, FailsWith(Errno::kENOMEM)) << nth;
      EXPECT_EQ(world.VmOf(world.vm())->MappedStage2(), before);
    } else {
      EXPECT_THAT(answer, Answers(0)) << nth;
    }
    std::uint64_t mapped = 0;
    for (const PageRange run : world.VmOf(world.vm())->MappedStage2()) {
      mapped += Intersection(run, PageRange{64, 64 + done}).pages();
    }
    EXPECT_EQ(mapped, done) << "every page that was told is mapped";
  }
  FAIL() << "it never passes";
}

TEST(PartialProgressTest, Populate) {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    Machine machine("x86");
    const int vm = machine.CreateVm(uapi::kX86SnpVm).value();
    const int file = machine.CreateGuestMemfd(vm, 4, 0).value();
    ASSERT_THAT(machine.BindSlot(vm, 0, 16, 4, file), Answers(0));
    machine.kernel().allocations().FailNth(nth);
    const auto answer = Populate(*machine.VmOf(vm), 16, 4, std::byte{7}, Trail(nullptr));
    if (nth == 1) {
      EXPECT_THAT(answer, FailsWith(Errno::kENOMEM));
    } else {
      EXPECT_THAT(answer, Answers(static_cast<std::int64_t>(nth) - 1));
    }
    EXPECT_EQ(machine.GuestMemfdOf(file)->inode().page_cache().ResidentIn({0, 4}), nth - 1);
  }
}

TEST(PartialProgressTest, Fallocate) {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    Machine machine("x86");
    const int vm = machine.CreateVm().value();
    const int file = machine.CreateGuestMemfd(vm, 4, 0).value();
    machine.kernel().allocations().FailNth(nth);
    EXPECT_THAT(machine.Allocate(file, {0, 4}), FailsWith(Errno::kENOMEM));
    EXPECT_EQ(machine.GuestMemfdOf(file)->inode().page_cache().ResidentIn({0, 4}), nth - 1);
  }
}

}  // namespace
}  // namespace kvm_model::failure
