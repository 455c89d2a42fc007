// Bitmaps of dirty logs of which a part can't be read or written.
#include "kvm_model/dirty_bitmap.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::failure {
namespace {

using hostile::HostChoice;
using hostile::World;
using uapi::Errno;

constexpr std::uint64_t kWordBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kPieceBytes = DirtyBitmap::kPieceWords * kWordBytes;
constexpr PageIndex kPiecePages = DirtyBitmap::kPieceWords * 64;

// The slot with a log of a hostile::World, its bitmap of two words; or one that is larger than a
// piece of bitmaps. The log is read and cleared with and without manual protection.
class DirtyBitmapTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  // Where there is KVM_CLEAR_DIRTY_LOG, and a read takes the log before it copies it.
  static bool IsProtectedForReading(const World& world) {
    return world.host().facts().dirtylog_read_protect;
  }

  static void ProtectManually(World& world) {
    uapi::kvm_enable_cap cap{};
    cap.cap = uapi::Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
    cap.args[0] = uapi::kDirtyLogManualProtectEnable;
    ASSERT_THAT(world.Call(world.vm(), uapi::Ioctl("KVM_ENABLE_CAP"), cap), Answers(0));
  }

  // A slot of a piece and 64 pages takes the place of the one with the log; the guest writes a page
  // of either part.
  static void EnlargeTheSlot(World& world) {
    constexpr PageIndex kGfn = PageIndex{1} << 20;
    uapi::kvm_userspace_memory_region2 region{};
    region.slot = World::kLoggedSlot;
    const uapi::IoctlId set_region = uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2");
    ASSERT_THAT(world.Call(world.vm(), set_region, region), Answers(0));
    region.flags = uapi::kMemLogDirtyPages;
    region.guest_phys_addr = kGfn * world.page();
    region.memory_size = (kPiecePages + 64) * world.page();
    region.userspace_addr = Map(world, region.memory_size);
    ASSERT_THAT(world.Call(world.vm(), set_region, region), Answers(0));
    for (const PageIndex gfn : {kGfn, kGfn + kPiecePages}) {
      (void)GuestWrite(*world.VmOf(world.vm()), gfn * world.page(), std::byte{1},
                       world.shared_addressing(), Trail(nullptr));
    }
  }

  static std::uint64_t Map(World& world, std::uint64_t bytes) {
    return world.task()
        .Mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        .value();
  }

  static Result<std::int64_t> Get(World& world, std::uint64_t bitmap) {
    return world.Call(world.vm(), uapi::Ioctl("KVM_GET_DIRTY_LOG"),
                      uapi::kvm_dirty_log{World::kLoggedSlot, 0, bitmap});
  }
  static Result<std::int64_t> Clear(World& world, std::uint64_t bitmap, PageIndex pages) {
    return world.Call(world.vm(), uapi::Ioctl("KVM_CLEAR_DIRTY_LOG"),
                      uapi::kvm_clear_dirty_log{World::kLoggedSlot,
                                                static_cast<std::uint32_t>(pages), 0, bitmap});
  }

  // The slot and its words that are not zero, as in "0:2 5=1 ".
  static std::string Log(World& world) {
    return world.Look().at("fd " + std::to_string(world.vm()) + " dirty pages");
  }
  static std::uint64_t WordAt(World& world, std::uint64_t address) {
    std::uint64_t word = 0;
    std::memcpy(&word, world.Peek(address, sizeof(word)).data(), sizeof(word));
    return word;
  }
  static void FillWithOnes(World& world, std::uint64_t address, std::uint64_t bytes) {
    world.Poke(address, std::vector<std::byte>(bytes, std::byte{0xff}));
  }

  // A read of the log whose bitmap ends too early: what fits is copied, the call fails, and the log
  // is lost where it was taken first.
  static void ReadFails(World& world, std::uint64_t bitmap, bool manual, const std::string& log,
                        std::uint64_t first_word) {
    if (manual) ProtectManually(world);
    ASSERT_EQ(Log(world), log);
    EXPECT_THAT(Get(world, bitmap), FailsWith(Errno::kEFAULT));
    EXPECT_EQ(WordAt(world, bitmap), first_word);
    EXPECT_EQ(Log(world), IsProtectedForReading(world) && !manual ? "0:2 " : log);
  }

  // Clearing all pages with such a bitmap clears none.
  static void ClearFails(World& world, std::uint64_t bitmap, PageIndex pages, bool manual,
                         const std::string& log) {
    if (manual) ProtectManually(world);
    ASSERT_EQ(Log(world), log);
    EXPECT_THAT(Clear(world, bitmap, pages), FailsWith(Errno::kEFAULT));
    EXPECT_EQ(Log(world), log);
  }

  // Without manual protection, and with it where there is any.
  static std::vector<bool> Protections() {
    if (!IsProtectedForReading(World(GetParam()))) return {false};
    return {false, true};
  }
};

TEST_P(DirtyBitmapTest, TheSecondOfTwoWordsCannotBeWritten) {
  for (const bool manual : Protections()) {
    World world(GetParam());
    ReadFails(world, world.scratch_end() - kWordBytes, manual, "0:2 0=3 ", 3);
  }
}

TEST_P(DirtyBitmapTest, TheSecondOfTwoWordsCannotBeRead) {
  if (!IsProtectedForReading(World(GetParam()))) return;
  for (const bool manual : Protections()) {
    World world(GetParam());
    const std::uint64_t bitmap = world.scratch_end() - kWordBytes;
    FillWithOnes(world, bitmap, kWordBytes);
    ClearFails(world, bitmap, World::kLoggedPages, manual, "0:2 0=3 ");
    // Of the pages that the first word is about nothing else kept them.
    EXPECT_THAT(Clear(world, bitmap, 64), Answers(0));
    EXPECT_EQ(Log(world), "0:2 ");
  }
}

TEST_P(DirtyBitmapTest, TheSecondPieceCannotBeWritten) {
  for (const bool manual : Protections()) {
    World world(GetParam());
    EnlargeTheSlot(world);
    ReadFails(world, Map(world, kPieceBytes), manual, "0:2 0=1 8192=1 ", 1);
  }
}

// The first piece fails, and the second is taken all the same.
TEST_P(DirtyBitmapTest, NothingCanBeWritten) {
  for (const bool manual : Protections()) {
    World world(GetParam());
    EnlargeTheSlot(world);
    if (manual) ProtectManually(world);
    EXPECT_THAT(Get(world, world.scratch_end()), FailsWith(Errno::kEFAULT));
    EXPECT_EQ(Log(world), IsProtectedForReading(world) && !manual ? "0:2 " : "0:2 0=1 8192=1 ");
  }
}

TEST_P(DirtyBitmapTest, TheSecondPieceCannotBeRead) {
  if (!IsProtectedForReading(World(GetParam()))) return;
  for (const bool manual : Protections()) {
    World world(GetParam());
    EnlargeTheSlot(world);
    const std::uint64_t bitmap = Map(world, kPieceBytes);
    FillWithOnes(world, bitmap, kPieceBytes);
    ClearFails(world, bitmap, kPiecePages + 64, manual, "0:2 0=1 8192=1 ");
    EXPECT_THAT(Clear(world, bitmap, kPiecePages), Answers(0));
    EXPECT_EQ(Log(world), "0:2 8192=1 ");
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, DirtyBitmapTest, ::testing::ValuesIn(hostile::HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::failure
