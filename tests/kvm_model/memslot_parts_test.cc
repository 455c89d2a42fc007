// What stands behind a memslot that KVM_SET_USER_MEMORY_REGION2 makes: the order of the checks of
// its guest_memfd, as the decision trail shows it, and where its writes are logged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;

constexpr std::uint64_t kPage = 4096;

// A slot of one page for a VM whose guest_memfd has two, the second bound already.
struct BindCall {
  enum class Fd { kFile, kClosed, kVm, kOtherVmsFile };
  Fd fd = Fd::kFile;
  std::uint64_t offset = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    const int file = *machine.CreateGuestMemfd(vm, 2, 0);
    (void)machine.BindSlot(vm, 0, 64, 1, file, 1);
    const int others = *machine.CreateGuestMemfd(*machine.CreateVm(), 2, 0);
    uapi::kvm_userspace_memory_region2 region{};
    region.slot = 1;
    region.flags = uapi::kMemGuestMemfd;
    region.memory_size = kPage;
    region.guest_memfd_offset = offset;
    const int fds[] = {file, 999, vm, others};
    region.guest_memfd = static_cast<std::uint32_t>(fds[static_cast<int>(fd)]);
    Listen(machine, recorder, [&] {
      return machine.task().Ioctl(vm, uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"), &region);
    });
  }
};

TEST(MemslotPartsTest, TheOrderOfTheChecksOfAGuestMemfd) {
  using Call = BindCall;
  ExpectInOrder<Call>({
      {"guest_memfd is not open", [](Call& call) { call.fd = Call::Fd::kClosed; }},
      {"guest_memfd is another kind of file", [](Call& call) { call.fd = Call::Fd::kVm; }},
      {"guest_memfd is another VM's", [](Call& call) { call.fd = Call::Fd::kOtherVmsFile; }},
      {"offset < 0 or not page aligned", [](Call& call) { call.offset = std::uint64_t{1} << 63; }},
      {"offset + size > i_size, as signed numbers", [](Call& call) { call.offset = 2 * kPage; }},
      {"the range is bound already", [](Call& call) { call.offset = kPage; }},
  });
}

// A slot with a dirty log, beside slot 0 at gfn 64.
struct CreateSlotCall {
  PageIndex gfn = 0;
  std::uint64_t failing_allocation = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    (void)machine.SetSlot(vm, 0, 64, 1);
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder,
           [&] { return machine.SetSlot(vm, 1, gfn, 2, 0, uapi::kMemLogDirtyPages); });
  }
};

TEST(MemslotPartsTest, TheOrderOfWhatANewSlotNeeds) {
  using Call = CreateSlotCall;
  ExpectInOrder<Call>({
      {"the gfns overlap another slot", [](Call& call) { call.gfn = 64; }},
      {"memory for the slot is short", [](Call& call) { call.failing_allocation = 1; }},
      {"no dirty ring is in use, or one with a bitmap"},
      {"memory for the dirty bitmap is short", [](Call& call) { call.failing_allocation = 2; }},
      {"the last gfn lies above the MMU's highest",
       [](Call& call) { call.gfn = PageIndex{1} << 40; }},
      {"memory for what the MMU notes of each page is short",
       [](Call& call) { call.failing_allocation = 3; }},
  });
}

struct DeleteSlotCall {
  void Make(TrailRecorder& recorder) const {
    Machine machine;
    const int vm = *machine.CreateVm();
    (void)machine.SetSlot(vm, 0, 64, 1);
    Listen(machine, recorder, [&] { return machine.SetSlot(vm, 0, 64, 0); });
  }
};

TEST(MemslotPartsTest, ADeletionAsksNothingOfANewSlot) {
  constexpr OrderedCheck<DeleteSlotCall> kQuestions[] = {
      {"a deletion of no slot"},
      {"the gfns overlap another slot"},
      {"memory for the slot is short"},
      {"memory for the slot's stand-in is short"},
  };
  EXPECT_THAT(
      Asked<DeleteSlotCall>({}, kQuestions),
      testing::ElementsAre("a deletion of no slot", "memory for the slot's stand-in is short"));
}

class DirtyBitmapOfASlotTest : public ::testing::Test {
 protected:
  void UseARing() {
    ASSERT_THAT(machine_.EnableCap(vm_, Cap("KVM_CAP_DIRTY_LOG_RING_ACQ_REL"), 0x10000),
                Succeeds());
  }
  void PutSlot(PageIndex gfn, std::uint32_t flags = uapi::kMemLogDirtyPages) {
    ASSERT_THAT(machine_.SetSlot(vm_, 0, gfn, 2, 0, flags), Succeeds());
  }
  std::shared_ptr<DirtyBitmap> Bitmap() {
    Vm& vm = *machine_.VmOf(vm_);
    const ReaderLock lock(vm.slots_lock());
    return vm.slots().ById(0, 0)->dirty_bitmap;
  }

  Machine machine_;
  const int vm_ = *machine_.CreateVm();
};

TEST_F(DirtyBitmapOfASlotTest, IsMadeWithTheFlagAndGoesWithIt) {
  PutSlot(0, 0);
  EXPECT_EQ(Bitmap(), nullptr);
  PutSlot(0);
  EXPECT_NE(Bitmap(), nullptr);
  PutSlot(0, 0);
  EXPECT_EQ(Bitmap(), nullptr);
}

TEST_F(DirtyBitmapOfASlotTest, IsNotMadeWhereARingIsInUse) {
  UseARing();
  PutSlot(0);
  EXPECT_EQ(Bitmap(), nullptr);
}

TEST_F(DirtyBitmapOfASlotTest, MovesWithTheSlotWhateverIsInUseByThen) {
  PutSlot(0);
  const std::shared_ptr<DirtyBitmap> made = Bitmap();
  PutSlot(64);
  EXPECT_EQ(Bitmap(), made);
  UseARing();
  PutSlot(128);
  EXPECT_EQ(Bitmap(), made);
}

}  // namespace
}  // namespace kvm_model
