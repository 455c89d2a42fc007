// What each outcome of a conversion leaves behind: attributes, contents, host page tables and what
// the guest has mapped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using uapi::Errno;

constexpr PageRange kRange = {2, 6};

// Every page of the file is in use by the host and by the guest.
class ConversionAtomicityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (PageIndex page = 0; page < ConversionWorld::kPages; ++page) {
      ASSERT_THAT(world_.HostWrite(page, static_cast<std::uint8_t>(page + 1)), Succeeds());
      ASSERT_EQ(world_.GuestRead(page), static_cast<int>(page + 1));
    }
    before_ = world_.Take();
    ASSERT_THAT(before_.host_mapped, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
    ASSERT_THAT(before_.stage2, ElementsAre(PageRange{16, 24}));
  }
  void ExpectUnchanged() { EXPECT_TRUE(world_.Take() == before_); }

  ConversionWorld world_;
  Snapshot before_;
};

TEST_F(ConversionAtomicityTest, AnInvalidCallChangesNothing) {
  EXPECT_THAT(world_.Convert(kRange, kPrivate | 1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(world_.Convert({2, 9}, kPrivate), FailsWith(Errno::kEINVAL));
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, AnUnreadableArgumentChangesNothing) {
  EXPECT_THAT(
      world_.machine().task().Ioctl(
          world_.guest_memfd_fd(), uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2"), std::uint64_t{8}),
      FailsWith(Errno::kEFAULT));
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, AnUnknownIoctlChangesNothing) {
  uapi::kvm_memory_attributes args{};
  args.size = world_.machine().page_size();
  args.attributes = kPrivate;
  EXPECT_THAT(world_.machine().task().Ioctl(world_.guest_memfd_fd(),
                                            uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES"), &args),
              FailsWith(Errno::kENOTTY));
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, AnUnsupportedContentModeChangesNothing) {
  EXPECT_THAT(world_.Convert(kRange, kPrivate, kZero), FailsWith(Errno::kEOPNOTSUPP));
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, RunningOutOfMemoryChangesNothing) {
  world_.machine().kernel().allocations().FailNth(1);
  EXPECT_THAT(world_.Convert(kRange, kPrivate, kPreserve), FailsWith(Errno::kENOMEM));
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, APinnedPageLeavesOnlyTheHostsMappingsOfTheRangeGone) {
  auto pin = world_.machine().task().Pin(world_.AddressOf(4));
  ASSERT_THAT(pin, Succeeds());
  EXPECT_THAT(world_.Convert(kRange, kPrivate), FailsWith(Errno::kEAGAIN));
  Snapshot expected = before_;
  expected.host_mapped = {0, 1, 6, 7};
  EXPECT_TRUE(world_.Take() == expected);
  for (PageIndex page = 2; page < 6; ++page) {
    EXPECT_THAT(world_.HostRead(page), Answers(static_cast<int>(page + 1))) << "still shared";
  }
  ExpectUnchanged();
}

TEST_F(ConversionAtomicityTest, AConversionToWhatTheRangeIsChangesContentsOnly) {
  EXPECT_THAT(world_.Convert(kRange, kShared, kZero), Succeeds());
  Snapshot after = world_.Take();
  for (PageIndex page = 2; page < 6; ++page) {
    EXPECT_TRUE(world_.PageIs(page, 0));
    after.contents[page] = before_.contents[page];
  }
  EXPECT_TRUE(after == before_) << "more than the range's contents changed";
}

TEST_F(ConversionAtomicityTest, AConversionToWhatTheRangeIsIgnoresPins) {
  ASSERT_THAT(world_.Convert(kRange, kPrivate, kPreserve), Succeeds());
  ASSERT_THAT(world_.Convert(kRange, kShared, kPreserve), Succeeds());
  auto pin = world_.machine().task().Pin(world_.AddressOf(4));
  EXPECT_THAT(world_.Convert(kRange, kShared, kPreserve), Succeeds());
}

TEST_F(ConversionAtomicityTest, AConversionToPrivateTakesTheRangeFromHostAndGuest) {
  const std::unique_ptr<Task> child = world_.machine().task().Fork();
  ASSERT_THAT(child->HostRead(world_.AddressOf(3)), Succeeds());
  EXPECT_THAT(world_.Convert(kRange, kPrivate, kPreserve), Succeeds());
  Snapshot expected = before_;
  expected.attributes = {{{0, 2}, kShared}, {kRange, kPrivate}, {{6, 8}, kShared}};
  expected.host_mapped = {0, 1, 6, 7};
  expected.stage2 = {{16, 18}, {22, 24}};
  EXPECT_TRUE(world_.Take() == expected);
  EXPECT_THAT(world_.HostRead(3), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(world_.HostWrite(3, 1), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(child->HostRead(world_.AddressOf(3)), FailsWith(Signal::kSIGBUS));
  EXPECT_EQ(world_.GuestRead(3), 4) << "the guest keeps its page";
}

TEST_F(ConversionAtomicityTest, AConversionToSharedKeepsHostMappingsAndZapsSharedPartsToo) {
  ASSERT_THAT(world_.Convert({3, 5}, kPrivate, kPreserve), Succeeds());
  ASSERT_EQ(world_.GuestRead(3), 4);
  const Snapshot mixed = world_.Take();
  ASSERT_THAT(mixed.stage2, ElementsAre(PageRange{16, 20}, PageRange{21, 24}));
  EXPECT_THAT(world_.Convert(kRange, kShared, kPreserve), Succeeds());
  Snapshot expected = mixed;
  expected.attributes = {{{0, 8}, kShared}};
  expected.stage2 = {{16, 18}, {22, 24}};
  EXPECT_TRUE(world_.Take() == expected);
  EXPECT_THAT(world_.HostRead(3), Answers(4));
}

TEST_F(ConversionAtomicityTest, AMixedRangeBecomesOneValue) {
  ASSERT_THAT(world_.Convert({3, 4}, kPrivate, kPreserve), Succeeds());
  ASSERT_THAT(world_.Convert({5, 6}, kPrivate, kPreserve), Succeeds());
  EXPECT_THAT(world_.Convert(ConversionWorld::kAll, kPrivate, kPreserve), Succeeds());
  EXPECT_THAT(world_.Take().attributes, ElementsAre(AttributeRun{{0, 8}, kPrivate}));
  EXPECT_THAT(world_.Take().host_mapped, IsEmpty());
  EXPECT_THAT(world_.Take().stage2, IsEmpty());
}

TEST_F(ConversionAtomicityTest, TheLowestOfManyPinnedPagesDecidesForAMixedRange) {
  ASSERT_THAT(world_.Convert({0, 2}, kPrivate, kPreserve), Succeeds());
  auto high = world_.machine().task().Pin(world_.AddressOf(6));
  auto low = world_.machine().task().Pin(world_.AddressOf(4));
  uapi::kvm_memory_attributes2 left{};
  EXPECT_THAT(world_.Convert(ConversionWorld::kAll, kPrivate, 0, &left), FailsWith(Errno::kEAGAIN));
  EXPECT_EQ(left.error_offset, 4 * world_.machine().page_size());
  EXPECT_THAT(world_.Take().attributes,
              ElementsAre(AttributeRun{{0, 2}, kPrivate}, AttributeRun{{2, 8}, kShared}));
  low->reset();
  EXPECT_THAT(world_.Convert(ConversionWorld::kAll, kPrivate, 0, &left), FailsWith(Errno::kEAGAIN));
  EXPECT_EQ(left.error_offset, 6 * world_.machine().page_size());
  high->reset();
  EXPECT_THAT(world_.Convert(ConversionWorld::kAll, kPrivate, kPreserve), Succeeds());
}

TEST_F(ConversionAtomicityTest, APinOutsideTheRangeDoesNotMatter) {
  auto pin = world_.machine().task().Pin(world_.AddressOf(6));
  EXPECT_THAT(world_.Convert(kRange, kPrivate), Succeeds());
}

TEST(ConversionBindingsTest, EveryBindingOfTheFileIsZapped) {
  Machine machine;
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  const int file = *machine.CreateGuestMemfd(vm, 8, kMmap | kInitShared);
  ASSERT_THAT(machine.BindSlot(vm, 0, 100, 4, file, 0), Succeeds());
  ASSERT_THAT(machine.BindSlot(vm, 1, 200, 4, file, 4), Succeeds());
  for (const PageIndex gfn : {100u, 101u, 102u, 103u, 200u, 201u, 202u, 203u}) {
    ASSERT_TRUE(
        machine.VmOf(vm)->MapStage2(gfn, /*is_private=*/false, machine.VmOf(vm)->invalidate_seq()));
  }
  EXPECT_THAT(machine.Convert(file, {3, 6}, kPrivate), Succeeds());
  EXPECT_THAT(machine.VmOf(vm)->MappedStage2(),
              ElementsAre(PageRange{100, 103}, PageRange{202, 204}));
}

TEST(ConversionBindingsTest, AFileNeedsNoBindingAndNoMapping) {
  Machine machine;
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  const int file = *machine.CreateGuestMemfd(vm, 8, 0);
  EXPECT_THAT(machine.Convert(file, {0, 8}, kShared), Succeeds());
  EXPECT_THAT(machine.Convert(file, {7, 8}, kPrivate), Succeeds());
}

}  // namespace
}  // namespace kvm_model
