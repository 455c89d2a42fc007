// How a conversion fails once its arguments are good: which reason comes first, and what the caller
// finds in error_offset.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mm.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using uapi::Errno;
using Args = uapi::kvm_memory_attributes2;

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint32_t kRequest = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
constexpr PageRange kRange = {2, 6};

// A struct that can be read and not written.
class ReadOnlyArgs : public Mapping {
 public:
  explicit ReadOnlyArgs(const Args& args) : args_(args) {}
  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail&) override {
    const auto from = std::as_bytes(std::span(&args_, 1)).subspan(offset, bytes.size());
    std::ranges::copy(from, bytes.begin());
    return {};
  }
  Access Write(std::uint64_t, std::span<const std::byte>, const Trail&) override {
    return std::unexpected(Signal::kSIGSEGV);
  }
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t, const Trail&) override {
    return std::unexpected(Signal::kSIGSEGV);
  }
  void Unmap(PageRange) override {}
  std::shared_ptr<Mapping> Fork() const override { return std::make_shared<ReadOnlyArgs>(args_); }

 private:
  const Args args_;
};

class ConversionErrorsTest : public ::testing::Test {
 protected:
  Task& task() { return world_.machine().task(); }
  AllocationGate& gate() { return world_.machine().kernel().allocations(); }
  static Args ArgsFor(PageRange range, std::uint64_t attributes, std::uint64_t flags) {
    Args args{};
    args.offset = range.start * kPageSize;
    args.size = range.pages() * kPageSize;
    args.attributes = attributes;
    args.flags = flags;
    return args;
  }
  auto Call(Args& args) { return task().Ioctl(world_.guest_memfd_fd(), kRequest, &args); }
  int DrainsOf(PageRange range, std::uint64_t attributes) {
    TrailRecorder recorder;
    task().SetTrailListener(&recorder);
    (void)world_.Convert(range, attributes, kPreserve);
    task().SetTrailListener(nullptr);
    return static_cast<int>(std::ranges::count_if(recorder.steps(), [](const TrailStep& step) {
      return step.kind == TrailStep::Kind::kEffect && step.text.starts_with("lru_add_drain_all");
    }));
  }

  ConversionWorld world_;
};

TEST_F(ConversionErrorsTest, AnUnsupportedModeTellsTheRequestsOffset) {
  Args args = ArgsFor(kRange, kPrivate, kZero);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEOPNOTSUPP));
  EXPECT_EQ(args.error_offset, 2 * kPageSize);
}

TEST_F(ConversionErrorsTest, RunningOutOfMemoryTellsTheRequestsOffset) {
  gate().FailNth(1);
  Args args = ArgsFor(kRange, kPrivate, 0);
  EXPECT_THAT(Call(args), FailsWith(Errno::kENOMEM));
  EXPECT_EQ(args.error_offset, 2 * kPageSize);
}

TEST_F(ConversionErrorsTest, APageInUseTellsTheLowestSuchPage) {
  auto high = task().Pin(world_.AddressOf(5));
  auto low = task().Pin(world_.AddressOf(4));
  auto outside = task().Pin(world_.AddressOf(1));
  Args args = ArgsFor(kRange, kPrivate, 0);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEAGAIN));
  EXPECT_EQ(args.error_offset, 4 * kPageSize);
}

TEST_F(ConversionErrorsTest, TheRestOfTheStructStaysAsItWas) {
  Args args = ArgsFor(kRange, kPrivate, kZero);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEOPNOTSUPP));
  EXPECT_EQ(args.offset, 2 * kPageSize);
  EXPECT_EQ(args.size, 4 * kPageSize);
  EXPECT_EQ(args.attributes, kPrivate);
  EXPECT_EQ(args.flags, kZero);
  EXPECT_TRUE(std::ranges::all_of(args.reserved, [](std::uint64_t word) { return word == 0; }));
}

TEST_F(ConversionErrorsTest, AnInvalidCallLeavesErrorOffsetAlone) {
  Args args = ArgsFor(kRange, kPrivate, kZero | kPreserve);
  args.error_offset = 77;
  EXPECT_THAT(Call(args), FailsWith(Errno::kEINVAL));
  EXPECT_EQ(args.error_offset, 77u);
  args.error_offset = 0;
  EXPECT_THAT(Call(args), FailsWith(Errno::kEINVAL));
  EXPECT_EQ(args.error_offset, 0u);
}

TEST_F(ConversionErrorsTest, SuccessLeavesErrorOffsetAlone) {
  Args args = ArgsFor(kRange, kPrivate, 0);
  EXPECT_THAT(Call(args), Answers(0));
  EXPECT_EQ(args.error_offset, 0u);
  EXPECT_THAT(Call(args), Answers(0)) << "the same again: already private";
}

TEST_F(ConversionErrorsTest, TheSameStructCannotBeTriedAgainUntilErrorOffsetIsCleared) {
  auto pin = task().Pin(world_.AddressOf(4));
  Args args = ArgsFor(kRange, kPrivate, 0);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEAGAIN));
  pin->reset();
  EXPECT_THAT(Call(args), FailsWith(Errno::kEINVAL));
  args.error_offset = 0;
  EXPECT_THAT(Call(args), Answers(0));
}

TEST_F(ConversionErrorsTest, AnErrorAtOffsetZeroCanBeTriedAgain) {
  auto pin = task().Pin(world_.AddressOf(0));
  Args args = ArgsFor({0, 1}, kPrivate, 0);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEAGAIN));
  EXPECT_EQ(args.error_offset, 0u);
  pin->reset();
  EXPECT_THAT(Call(args), Answers(0));
}

TEST_F(ConversionErrorsTest, AnErrorThatCannotBeWrittenBackIsEfault) {
  auto pin = task().Pin(world_.AddressOf(4));
  const auto args = std::make_shared<ReadOnlyArgs>(ArgsFor(kRange, kPrivate, 0));
  const std::uint64_t address = *task().mm().Map(args, sizeof(Args), PROT_READ);
  const Snapshot before = world_.Take();
  EXPECT_THAT(task().Ioctl(world_.guest_memfd_fd(), kRequest, address), FailsWith(Errno::kEFAULT));
  EXPECT_EQ(world_.Take().attributes, before.attributes);
  EXPECT_EQ(world_.Take().contents, before.contents);
  pin->reset();
  EXPECT_THAT(task().Ioctl(world_.guest_memfd_fd(), kRequest, address), Answers(0))
      << "success writes nothing back";
}

TEST_F(ConversionErrorsTest, TheArgumentMayLieInTheMemoryThatIsConverted) {
  const Args args = ArgsFor({0, 8}, kPrivate, kPreserve);
  ASSERT_THAT(task().mm().CopyToUser(world_.AddressOf(3), args), Succeeds());
  EXPECT_THAT(task().Ioctl(world_.guest_memfd_fd(), kRequest, world_.AddressOf(3)), Answers(0));
  EXPECT_THAT(task().Ioctl(world_.guest_memfd_fd(), kRequest, world_.AddressOf(3)),
              FailsWith(Errno::kEFAULT));
}

// What decides when two reasons to fail meet.

TEST_F(ConversionErrorsTest, ARangeOutsideTheFileComesBeforeTheMode) {
  EXPECT_THAT(world_.Convert({6, 9}, kPrivate, kZero), FailsWith(Errno::kEINVAL));
}

TEST_F(ConversionErrorsTest, AnUnsupportedModeComesBeforeWhatTheRangeIs) {
  ASSERT_THAT(world_.Convert(kRange, kPrivate), Succeeds());
  EXPECT_THAT(world_.Convert(kRange, kPrivate, kZero), FailsWith(Errno::kEOPNOTSUPP));
}

TEST_F(ConversionErrorsTest, AnUnsupportedModeComesBeforeMemory) {
  gate().FailNth(1);
  EXPECT_THAT(world_.Convert(kRange, kPrivate, kZero), FailsWith(Errno::kEOPNOTSUPP));
  EXPECT_TRUE(gate().armed());
}

TEST_F(ConversionErrorsTest, WhatTheRangeIsComesBeforeMemory) {
  gate().FailNth(1);
  EXPECT_THAT(world_.Convert(kRange, kShared, kPreserve), Answers(0));
  EXPECT_TRUE(gate().armed());
}

TEST_F(ConversionErrorsTest, MemoryComesBeforePagesInUse) {
  auto pin = task().Pin(world_.AddressOf(4));
  gate().FailNth(1);
  EXPECT_THAT(world_.Convert(kRange, kPrivate), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(world_.Take().host_mapped, ElementsAre(4)) << "nothing was unmapped yet";
}

TEST_F(ConversionErrorsTest, ToSharedNobodyLooksForPagesInUse) {
  ASSERT_THAT(world_.Convert({4, 5}, kPrivate), Succeeds());
  auto pin = task().Pin(world_.AddressOf(5));
  EXPECT_THAT(world_.Convert(kRange, kShared), Answers(0));
}

TEST_F(ConversionErrorsTest, TheLruBatchesAreDrainedOnceAndOnlyWhenAPageWaitsInThem) {
  EXPECT_EQ(DrainsOf(kRange, kPrivate), 0) << "holes only";
  ASSERT_THAT(world_.Convert(kRange, kShared), Succeeds());
  ASSERT_THAT(world_.HostWrite(3, 1), Succeeds());
  ASSERT_THAT(world_.HostWrite(4, 1), Succeeds());
  EXPECT_EQ(DrainsOf(kRange, kPrivate), 1);
  ASSERT_THAT(world_.Convert(kRange, kShared), Succeeds());
  EXPECT_EQ(DrainsOf(kRange, kPrivate), 0) << "they are on the lists now";
}

TEST_F(ConversionErrorsTest, ADrainDoesNotDropAPin) {
  auto pin = task().Pin(world_.AddressOf(4));
  EXPECT_EQ(DrainsOf(kRange, kPrivate), 1);
  EXPECT_THAT(world_.Convert(kRange, kPrivate), FailsWith(Errno::kEAGAIN));
}

TEST_F(ConversionErrorsTest, APinOnAPageThatWasPunchedOutIsForgotten) {
  auto pin = task().Pin(world_.AddressOf(4));
  ASSERT_THAT(world_.machine().PunchHole(world_.guest_memfd_fd(), {4, 5}), Succeeds());
  EXPECT_THAT(world_.Convert(kRange, kPrivate), Answers(0));
}

TEST_F(ConversionErrorsTest, APoisonedPageIsInUse) {
  for (PageIndex page = 2; page < 6; ++page) ASSERT_THAT(world_.HostWrite(page, 9), Succeeds());
  ASSERT_THAT(world_.inode().page_cache().Poison(3), Succeeds());
  Args args = ArgsFor(kRange, kPrivate, 0);
  EXPECT_THAT(Call(args), FailsWith(Errno::kEAGAIN));
  EXPECT_EQ(args.error_offset, 3 * kPageSize);
  EXPECT_TRUE(world_.PageIs(2, 9)) << "contents are unchanged";
}

}  // namespace
}  // namespace kvm_model
