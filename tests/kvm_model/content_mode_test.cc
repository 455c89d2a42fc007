// What a conversion does to bytes, by content mode and VM type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using uapi::Errno;

constexpr PageRange kAll = ConversionWorld::kAll;

// Writes page + 1 into the pages of the range, through the host.
void FillShared(ConversionWorld& world, PageRange range) {
  for (PageIndex page = range.start; page < range.end; ++page) {
    ASSERT_THAT(world.HostWrite(page, static_cast<std::uint8_t>(page + 1)), Succeeds());
  }
}

// Whether each page of the range still holds what FillShared() wrote.
bool Kept(ConversionWorld& world, PageIndex page) {
  return world.PageIs(page, static_cast<std::uint8_t>(page + 1));
}

// Random bytes are equal to what was there once in 2^64 pages or so.
bool Scrambled(ConversionWorld& world, PageIndex page, const Snapshot& before) {
  return world.Take().contents[page] != before.contents[page];
}

// What one of x86's hooks asked, and the errno that it failed with, or 0. A conversion doesn't fail
// with its hook, so that the trail alone tells.
struct HookTrail {
  std::vector<std::string_view> asked;
  std::int64_t error = 0;
};

HookTrail TrailOfHook(ConversionWorld& world, std::string_view function, std::uint64_t mode) {
  TrailRecorder recorder;
  world.machine().task().SetTrailListener(&recorder);
  EXPECT_THAT(world.Convert(kAll, kShared, mode), Answers(0));
  world.machine().task().SetTrailListener(nullptr);
  HookTrail hook;
  for (const TrailStep& step : recorder.steps()) {
    if (step.function != function) continue;
    if (step.kind == TrailStep::Kind::kPredicate) hook.asked.push_back(step.text);
    if (step.kind == TrailStep::Kind::kErrno) hook.error = step.number;
  }
  return hook;
}

class ContentModeTest : public ::testing::Test {
 protected:
  ConversionWorld world_;
};

TEST_F(ContentModeTest, UnspecifiedScramblesASoftwareProtectedVmsPages) {
  FillShared(world_, kAll);
  const Snapshot shared = world_.Take();
  ASSERT_THAT(world_.Convert({2, 6}, kPrivate), Succeeds());
  const Snapshot converted = world_.Take();
  for (PageIndex page = 0; page < 8; ++page) {
    EXPECT_EQ(Scrambled(world_, page, shared), page >= 2 && page < 6) << page;
  }
  ASSERT_THAT(world_.Convert({2, 6}, kShared), Succeeds());
  for (PageIndex page = 2; page < 6; ++page) EXPECT_TRUE(Scrambled(world_, page, converted));
}

TEST_F(ContentModeTest, ScramblingIsTheSameInEachRun) {
  ConversionWorld twin;
  FillShared(world_, kAll);
  FillShared(twin, kAll);
  ASSERT_THAT(world_.Convert(kAll, kPrivate), Succeeds());
  ASSERT_THAT(twin.Convert(kAll, kPrivate), Succeeds());
  EXPECT_EQ(world_.Take().contents, twin.Take().contents);
}

TEST_F(ContentModeTest, PreserveKeepsBytesInBothDirections) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.Convert(kAll, kPrivate, kPreserve), Succeeds());
  EXPECT_EQ(world_.GuestRead(3), 4);
  EXPECT_TRUE(world_.GuestWrite(3, 0xbe));
  ASSERT_THAT(world_.Convert(kAll, kShared, kPreserve), Succeeds());
  EXPECT_THAT(world_.HostRead(3), Answers(0xbe));
  EXPECT_THAT(world_.HostRead(4), Answers(5));
}

TEST_F(ContentModeTest, ZeroLeavesZeroes) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.Convert(kAll, kPrivate, kPreserve), Succeeds());
  ASSERT_THAT(world_.Convert({2, 6}, kShared, kZero), Succeeds());
  for (PageIndex page = 0; page < 8; ++page) {
    EXPECT_EQ(world_.PageIs(page, 0), page >= 2 && page < 6) << page;
  }
}

TEST_F(ContentModeTest, TheModeCoversPartsThatAreInTheTargetStateAlready) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.Convert({1, 2}, kPrivate, kPreserve), Succeeds());
  ASSERT_THAT(world_.Convert({0, 3}, kShared, kZero), Succeeds());
  EXPECT_THAT(world_.HostRead(0), Answers(0));
  EXPECT_THAT(world_.HostRead(1), Answers(0));
  EXPECT_THAT(world_.HostRead(2), Answers(0));
  EXPECT_THAT(world_.HostRead(3), Answers(4));
}

TEST_F(ContentModeTest, ARedundantRequestWipesLiveMemory) {
  FillShared(world_, kAll);
  ASSERT_EQ(world_.Take().host_mapped.size(), 8u);
  ASSERT_THAT(world_.Convert({0, 4}, kShared, kZero), Succeeds());
  EXPECT_THAT(world_.HostRead(3), Answers(0));
  EXPECT_EQ(world_.Take().host_mapped.size(), 8u) << "it stayed mapped";
  const Snapshot before = world_.Take();
  ASSERT_THAT(world_.Convert({4, 8}, kShared), Succeeds());
  EXPECT_TRUE(Scrambled(world_, 5, before));
}

TEST_F(ContentModeTest, HolesStayHoles) {
  FillShared(world_, {2, 3});
  for (const std::uint64_t mode : {kUnspecified, kPreserve}) {
    ASSERT_THAT(world_.Convert(kAll, kPrivate, mode), Succeeds());
    ASSERT_THAT(world_.Convert(kAll, kShared, mode), Succeeds());
  }
  ASSERT_THAT(world_.Convert(kAll, kShared, kZero), Succeeds());
  EXPECT_THAT(world_.Take().resident, ElementsAre(PageRange{2, 3}));
  EXPECT_THAT(world_.HostRead(5), Answers(0)) << "a hole's first use reads zero";
}

TEST_F(ContentModeTest, APageThatWasOnlyAllocatedReadsZeroWhateverTheMode) {
  for (const std::uint64_t mode : {kUnspecified, kZero, kPreserve}) {
    ConversionWorld world;
    ASSERT_THAT(world.machine().Allocate(world.guest_memfd_fd(), {2, 4}), Succeeds());
    ASSERT_THAT(world.Convert(kAll, kPrivate, mode == kZero ? kPreserve : mode), Succeeds());
    EXPECT_EQ(world.GuestRead(3), 0) << mode;
    ASSERT_THAT(world.Convert(kAll, kShared, mode), Succeeds());
    EXPECT_THAT(world.HostRead(2), Answers(0)) << mode;
  }
}

TEST_F(ContentModeTest, ToSharedTheModeStopsAtAPoisonedPageAndTheConversionSucceeds) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.Convert(kAll, kPrivate, kPreserve), Succeeds());
  ASSERT_THAT(world_.inode().page_cache().Poison(3), Succeeds());
  EXPECT_THAT(world_.Convert(kAll, kShared, kZero), Answers(0));
  EXPECT_THAT(world_.Take().attributes, ElementsAre(AttributeRun{kAll, kShared}));
  EXPECT_TRUE(world_.PageIs(2, 0));
  EXPECT_TRUE(Kept(world_, 3));
  EXPECT_TRUE(Kept(world_, 4)) << "pages behind the poisoned one keep their bytes";
}

TEST_F(ContentModeTest, ToPrivateAPoisonedPageIsInUseAndNothingIsScrambled) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.inode().page_cache().Poison(3), Succeeds());
  EXPECT_THAT(world_.Convert(kAll, kPrivate), FailsWith(Errno::kEAGAIN));
  for (PageIndex page = 0; page < 8; ++page) EXPECT_TRUE(Kept(world_, page)) << page;
}

TEST_F(ContentModeTest, APoisonedPageBreaksTheProgramThatTouchesIt) {
  FillShared(world_, kAll);
  ASSERT_THAT(world_.inode().page_cache().Poison(3), Succeeds());
  EXPECT_THAT(world_.HostRead(3), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(world_.HostRead(2), Succeeds());
}

TEST_F(ContentModeTest, TheTrailOfUnspecifiedTellsThatAPoisonedPageStoppedIt) {
  constexpr std::string_view kHook = "kvm_arch_gmem_apply_content_mode_unspecified";
  FillShared(world_, kAll);
  const HookTrail whole = TrailOfHook(world_, kHook, kUnspecified);
  EXPECT_THAT(whole.asked, ElementsAre("the VM is SW_PROTECTED"));
  EXPECT_EQ(whole.error, 0);
  const Snapshot before = world_.Take();
  ASSERT_THAT(world_.inode().page_cache().Poison(3), Succeeds());
  const HookTrail stopped = TrailOfHook(world_, kHook, kUnspecified);
  EXPECT_THAT(stopped.asked, ElementsAre("the VM is SW_PROTECTED"));
  EXPECT_EQ(stopped.error, static_cast<std::int64_t>(Errno::kEHWPOISON));
  for (PageIndex page = 0; page < 8; ++page) {
    EXPECT_EQ(Scrambled(world_, page, before), page < 3) << page;
  }
}

TEST_F(ContentModeTest, EachHookAsksWhichVmItIs) {
  FillShared(world_, kAll);
  const HookTrail zero = TrailOfHook(world_, "kvm_arch_gmem_apply_content_mode_zero", kZero);
  EXPECT_THAT(zero.asked, ElementsAre("the VM type supports ZERO"));
  EXPECT_EQ(zero.error, 0);
  const HookTrail preserve =
      TrailOfHook(world_, "kvm_arch_gmem_apply_content_mode_preserve", kPreserve);
  EXPECT_THAT(preserve.asked, ElementsAre("the VM is SW_PROTECTED"));
  EXPECT_EQ(preserve.error, 0);
  ConversionWorld ordinary({.vm_type = uapi::kX86DefaultVm});
  const HookTrail unspecified =
      TrailOfHook(ordinary, "kvm_arch_gmem_apply_content_mode_unspecified", kUnspecified);
  EXPECT_THAT(unspecified.asked, ElementsAre("the VM is SW_PROTECTED"));
  EXPECT_EQ(unspecified.error, 0);
}

class ConfidentialContentTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(ConfidentialContentTest, ZeroToSharedReadsZero) {
  ConversionWorld world({.vm_type = GetParam(), .flags = kMmap});
  for (PageIndex page = 0; page < 8; ++page) ASSERT_TRUE(world.GuestWrite(page, 7));
  ASSERT_THAT(world.Convert({2, 4}, kShared, kZero), Succeeds());
  EXPECT_THAT(world.HostRead(2), Answers(0));
  EXPECT_THAT(world.HostRead(3), Answers(0));
  EXPECT_TRUE(world.PageIs(4, 7));
}

INSTANTIATE_TEST_SUITE_P(VmType, ConfidentialContentTest,
                         ::testing::Values(uapi::kX86SnpVm, uapi::kX86TdxVm), [](const auto& test) {
                           return test.param == uapi::kX86SnpVm ? "SNP" : "TDX";
                         });

class OrdinaryContentTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(OrdinaryContentTest, UnspecifiedToSharedTouchesNothing) {
  ConversionWorld world({.vm_type = GetParam()});
  FillShared(world, kAll);
  ASSERT_THAT(world.Convert(kAll, kShared), Succeeds());
  for (PageIndex page = 0; page < 8; ++page) EXPECT_TRUE(Kept(world, page)) << page;
}

// The file begins private even where the VM can't have private memory.
TEST_P(OrdinaryContentTest, AFileThatBeganPrivateBecomesUsable) {
  ConversionWorld world({.vm_type = GetParam(), .flags = kMmap});
  EXPECT_THAT(world.HostRead(0), FailsWith(Signal::kSIGBUS));
  EXPECT_EQ(world.GuestRead(0), -1);
  EXPECT_THAT(world.Take().resident, IsEmpty());
  ASSERT_THAT(world.Convert({0, 1}, kShared), Succeeds());
  EXPECT_THAT(world.HostRead(0), Answers(0));
  EXPECT_EQ(world.GuestRead(0), 0);
}

INSTANTIATE_TEST_SUITE_P(VmType, OrdinaryContentTest,
                         ::testing::Values(uapi::kX86DefaultVm, uapi::kX86SevVm,
                                           uapi::kX86SevEsVm));

}  // namespace
}  // namespace kvm_model
