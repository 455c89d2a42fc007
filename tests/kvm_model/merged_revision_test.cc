// What changed with the merged form that no call shows: how references are looked for, which hooks
// run, and under which locks attributes are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSeed = "rfc-v4";
constexpr std::string_view kMerged = "next-20260923";
constexpr std::string_view kDrainsAll = "lru_add_drain_all()";
constexpr std::string_view kDrainsOne = "lru_add_drain():";

// How long a look that nothing holds up may take, and one that should be held up is given.
constexpr std::chrono::seconds kEnoughForAnyone{20};
constexpr std::chrono::milliseconds kEnoughToLook{20};

ConversionWorld::Options On(std::string_view revision,
                            std::uint64_t vm_type = uapi::kX86SwProtectedVm) {
  ConversionWorld::Options options;
  options.revision = revision;
  options.vm_type = vm_type;
  return options;
}

// The decisions of a conversion of [0, 4).
std::string TrailOf(ConversionWorld& world, std::uint64_t attributes) {
  TrailRecorder recorder;
  Listen(world.machine(), recorder, [&] { return world.Convert({0, 4}, attributes); });
  return recorder.ToText();
}

TEST(MergedDrainsTest, APinnedPageIsKnownAsOneWithoutADrain) {
  for (const std::string_view revision : {kSeed, kMerged}) {
    ConversionWorld world(On(revision));
    const auto pin = world.machine().task().Pin(world.AddressOf(0));
    ASSERT_TRUE(pin.has_value());
    const std::string trail = TrailOf(world, kPrivate);
    EXPECT_THAT(trail, HasSubstr("EAGAIN"));
    EXPECT_EQ(trail.find(kDrainsAll) != std::string::npos, revision == kSeed) << trail;
    EXPECT_THAT(trail, Not(HasSubstr(kDrainsOne)));
  }
}

TEST(MergedDrainsTest, APageOnItsWayToTheListsDrainsThisCpuBeforeAll) {
  for (const std::string_view revision : {kSeed, kMerged}) {
    ConversionWorld world(On(revision));
    ASSERT_THAT(world.HostWrite(1, 1), Succeeds());
    const std::string trail = TrailOf(world, kPrivate);
    EXPECT_THAT(trail, Not(HasSubstr("EAGAIN")));
    EXPECT_EQ(trail.find(kDrainsAll) != std::string::npos, revision == kSeed) << trail;
    EXPECT_EQ(trail.find(kDrainsOne) != std::string::npos, revision == kMerged) << trail;
  }
}

TEST(MergedHooksTest, TheArchitectureFollowsSnpPagesThroughHooksOfOtherNames) {
  for (const std::string_view revision : {kSeed, kMerged}) {
    ConversionWorld::Options options = On(revision, uapi::kX86SnpVm);
    options.flags = kMmap;
    ConversionWorld world(options);
    TrailRecorder fault;
    (void)GuestRead(world.vm(), ConversionWorld::kFirstGfn * world.machine().page_size(),
                    GuestAddressing::kPrivate, Trail(&fault));
    const bool merged = revision == kMerged;
    EXPECT_THAT(fault.ToText(), HasSubstr(merged ? "make_private" : "kvm_arch_gmem_prepare"));
    EXPECT_THAT(TrailOf(world, kShared),
                HasSubstr(merged ? "make_shared" : "kvm_arch_gmem_invalidate"));
    EXPECT_FALSE(world.inode().page_cache().assigned(0));
  }
}

TEST(MergedHooksTest, OtherVmTypesHaveNothingToFollow) {
  ConversionWorld world(On(kMerged));
  ASSERT_THAT(world.Convert({0, 4}, kPrivate), Answers(0));
  ASSERT_GE(world.GuestRead(0), 0);
  EXPECT_THAT(TrailOf(world, kShared), Not(HasSubstr("make_shared")));
}

// Whether a look at a gfn's attributes ends while somebody holds the lock of the file, as a
// conversion does from its first look to its last page.
bool LooksWithoutTheLockOfTheFile(std::string_view revision) {
  ConversionWorld world(On(revision));
  EXPECT_THAT(world.Convert({0, 1}, kPrivate), Answers(0));
  std::promise<bool> answer;
  std::future<bool> answered = answer.get_future();
  std::thread reader;
  std::future_status status{};
  {
    const WriterLock conversion(world.inode().invalidate_lock());
    reader = std::thread([&] {
      const ReaderLock slots(world.vm().slots_lock());
      answer.set_value(GfnIsPrivate(world.vm(), ConversionWorld::kFirstGfn, Trail(nullptr)));
    });
    status = answered.wait_for(revision == kSeed ? kEnoughToLook : kEnoughForAnyone);
  }
  reader.join();
  EXPECT_TRUE(answered.get()) << revision;
  return status == std::future_status::ready;
}

TEST(MergedLookUpTest, AttributesAreReadWithoutTheLockOfTheFile) {
  EXPECT_TRUE(LooksWithoutTheLockOfTheFile(kMerged));
}

TEST(MergedLookUpTest, TheSeedWaitsForTheLockOfTheFile) {
  EXPECT_FALSE(LooksWithoutTheLockOfTheFile(kSeed));
}

// What the kernel would warn of: a page without an entry.
TEST(MergedLookUpTest, APageWithoutAnEntryIsAsTheFileBegan) {
  for (const std::uint64_t flags : {kMmap, kMmap | kInitShared}) {
    ConversionWorld::Options options = On(kMerged);
    options.flags = flags;
    ConversionWorld world(options);
    const Attributes began = flags == kMmap ? kPrivate : kShared;
    EXPECT_EQ(world.inode().AttributesUnderRcu(ConversionWorld::kPages), began);
    const ReaderLock lock(world.inode().invalidate_lock());
    EXPECT_EQ(world.inode().AttributesOf(ConversionWorld::kPages), kShared) << "the seed's";
  }
}

}  // namespace
}  // namespace kvm_model
