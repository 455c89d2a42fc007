// The program's own memory runs short while the map of attributes gets ready, a guest's write is
// to be logged, or a launch flow fills a page: the call fails as it does where the kernel's runs
// short, and changes nothing.
#include "tests/kvm_model/memory_shortage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
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

using uapi::Errno;

// An interval map takes no memory for its first runs: here is a file, or a VM's memory, of as many
// as that, so that what comes next has to ask.
constexpr std::uint64_t kLoneRuns = 11;
constexpr std::uint64_t kManyPages = 64;
constexpr PageRange kNext = {2 * kLoneRuns + 2, 2 * kLoneRuns + 3};
void MakeLoneRuns(absl::FunctionRef<bool(PageRange)> make) {
  for (PageIndex run = 0; run < kLoneRuns; ++run) {
    ASSERT_TRUE(make({2 * run + 1, 2 * run + 2}));
  }
}

// The kernel's request is made first, and granted; then there is none.
void ExpectShortage(ConversionWorld& world, int fd, std::string_view granted) {
  MakeLoneRuns(
      [&](PageRange run) { return world.machine().Convert(fd, run, kPrivate).has_value(); });
  const Snapshot before = world.Take();
  TrailRecorder recorder;
  world.machine().task().SetTrailListener(&recorder);
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatReturnNull});
  const auto answer = world.machine().Convert(fd, kNext, kPrivate);
  EndMemoryShortage();
  world.machine().task().SetTrailListener(nullptr);
  EXPECT_THAT(answer, FailsWith(Errno::kENOMEM));
  EXPECT_NE(recorder.ToText().find(granted), std::string::npos) << recorder.ToText();
  EXPECT_TRUE(world.Take() == before);
}

TEST(MemoryShortageTest, AConversionFails) {
  ConversionWorld world({.pages = kManyPages});
  ExpectShortage(world, world.guest_memfd_fd(), "memory for the tree's nodes is short: no");
  EXPECT_THAT(world.Convert(kNext, kPrivate), Succeeds());
}

TEST(MemoryShortageTest, SettingAVmsAttributesFails) {
  ConversionWorld::Options options;
  options.settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
  options.flags = kMmap;
  ConversionWorld world(options);
  ExpectShortage(world, world.vm_fd(), "memory for the entries is short: no");
  EXPECT_THAT(world.machine().Convert(world.vm_fd(), kNext, kPrivate), Succeeds());
}

// The dirty log's memory is made when a guest first writes: before the byte is.
TEST(MemoryShortageTest, AGuestsWriteFails) {
  ConversionWorld world;
  std::vector<std::byte> memory(2 * world.machine().page_size());
  const std::uint64_t page =
      (reinterpret_cast<std::uint64_t>(memory.data()) | (world.machine().page_size() - 1)) + 1;
  ASSERT_THAT(world.machine().SetSlot(world.vm_fd(), 2, 64, 1, page, uapi::kMemLogDirtyPages),
              Succeeds());
  const auto write = [&world] {
    return GuestWrite(world.vm(), 64 * world.machine().page_size(), std::byte{7},
                      GuestAddressing::kAuto, Trail(nullptr));
  };
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatThrow});
  const GuestAccessResult failed = write();
  EndMemoryShortage();
  ASSERT_TRUE(std::holds_alternative<Errno>(failed));
  EXPECT_EQ(std::get<Errno>(failed), Errno::kENOMEM);
  EXPECT_EQ(*reinterpret_cast<const std::byte*>(page), std::byte{0});
  EXPECT_TRUE(std::holds_alternative<std::byte>(write()));
  EXPECT_EQ(*reinterpret_cast<const std::byte*>(page), std::byte{7});
}

// Whichever of its requests for memory is the one that fails, a guest that gets the page has it in
// the reverse map.
TEST(MemoryShortageTest, AFaultThatMakesAPagePrivateFails) {
  std::uint64_t refused = 0;
  std::uint64_t granted = 0;
  for (bool failed = true; failed; ++granted) {
    ConversionWorld::Options options;
    options.pages = kManyPages;
    options.vm_type = uapi::kX86SnpVm;
    options.flags = kMmap;
    ConversionWorld world(options);
    const auto read = [&world](PageRange page) {
      const std::uint64_t gpa =
          (ConversionWorld::kFirstGfn + page.start) * world.vm().host().page_size();
      const auto byte = GuestRead(world.vm(), gpa, GuestAddressing::kPrivate, Trail(nullptr));
      return std::holds_alternative<std::byte>(byte);
    };
    MakeLoneRuns(read);
    BeginMemoryShortage({.granted = granted});
    const bool has_page = read(kNext);
    failed = EndMemoryShortage();
    EXPECT_EQ(has_page, world.inode().page_cache().assigned(kNext.start)) << granted;
    EXPECT_TRUE(has_page || failed) << granted;
    refused += has_page ? 0 : 1;
    EXPECT_TRUE(read(kNext)) << granted;
  }
  EXPECT_GT(refused, 2U);
}

TEST(MemoryShortageTest, PopulatingFails) {
  ConversionWorld::Options options;
  options.vm_type = uapi::kX86SnpVm;
  options.flags = kMmap;
  ConversionWorld world(options);
  const Snapshot before = world.Take();
  const auto populate = [&world] {
    return Populate(world.vm(), ConversionWorld::kFirstGfn, 2, std::byte{7}, Trail(nullptr));
  };
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatThrow});
  const Result<std::int64_t> failed = populate();
  EndMemoryShortage();
  EXPECT_THAT(failed, FailsWith(Errno::kENOMEM));
  EXPECT_TRUE(world.Take() == before);
  EXPECT_THAT(populate(), Answers(2));
}

// The page is there already, but not in use.
// The page is there already, but not in use.
TEST(MemoryShortageTest, AFailingPopulateLeavesNothingInThePage) {
  ConversionWorld::Options options;
  options.vm_type = uapi::kX86SnpVm;
  options.flags = kMmap;
  options.pages = kManyPages;
  ConversionWorld world(options);
  const int fd = world.guest_memfd_fd();
  ASSERT_THAT(world.machine().Allocate(fd, {0, kManyPages}), Succeeds());
  const auto populate = [&world](PageIndex page) {
    return Populate(world.vm(), ConversionWorld::kFirstGfn + page, 1, std::byte{7}, Trail(nullptr));
  };
  MakeLoneRuns([&](PageRange run) { return populate(run.start).has_value(); });
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatReturnNull});
  const Result<std::int64_t> failed = populate(kNext.start);
  EndMemoryShortage();
  EXPECT_THAT(failed, FailsWith(Errno::kENOMEM));
  EXPECT_THAT(world.Convert(kNext, kShared, kZero), Succeeds());
  EXPECT_EQ(world.HostRead(kNext.start), 0);
}

TEST(MemoryShortageTest, AHoleInTheMiddleFails) {
  ConversionWorld world({.pages = kManyPages});
  const auto punch = [&world](PageRange hole) {
    return world.machine().PunchHole(world.guest_memfd_fd(), hole);
  };
  ASSERT_THAT(world.machine().Allocate(world.guest_memfd_fd(), {0, kManyPages}), Succeeds());
  MakeLoneRuns([&](PageRange run) { return punch(run).has_value(); });
  const Snapshot before = world.Take();
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatReturnNull});
  const Result<> failed = punch(kNext);
  EndMemoryShortage();
  EXPECT_THAT(failed, FailsWith(Errno::kENOMEM));
  EXPECT_EQ(world.Take().resident, before.resident);
  EXPECT_THAT(punch(kNext), Succeeds());
}

TEST(MemoryShortageTest, UnmappingThePartOfAnAreaFails) {
  ConversionWorld world;
  ASSERT_TRUE(world.HostWrite(3, 7));
  const std::uint64_t page = world.machine().page_size();
  BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatThrow});
  const Result<> failed = world.machine().task().Munmap(world.AddressOf(1), page);
  EndMemoryShortage();
  EXPECT_THAT(failed, FailsWith(Errno::kENOMEM));
  EXPECT_EQ(world.HostRead(1), 0);
  EXPECT_EQ(world.HostRead(3), 7);
  EXPECT_THAT(world.machine().task().Munmap(world.AddressOf(1), page), Succeeds());
  EXPECT_EQ(world.HostRead(3), 7);
}

// Two pieces of a log, so that the memory for one of them alone doesn't do.
TEST(MemoryShortageTest, ADirtyLogThatCannotBeToldIsKept) {
  constexpr std::uint64_t kPages = DirtyBitmap::kPieceWords * 64 + 64;
  for (const std::uint64_t manual : {0u, 3u}) {
    ConversionWorld world;
    ASSERT_THAT(world.machine().EnableCap(world.vm_fd(), 168, manual), Succeeds());
    ASSERT_THAT(world.machine().SetSlot(world.vm_fd(), 2, 64, kPages, 0, uapi::kMemLogDirtyPages),
                Succeeds());
    DirtyBitmap& bitmap = [&]() -> DirtyBitmap& {
      const ReaderLock lock(world.vm().slots_lock());
      return *world.vm().slots().ById(0, 2)->dirty_bitmap;
    }();
    bitmap.Set(5);
    const DirtyBitmap::Words before = bitmap.Read(0);
    uapi::kvm_clear_dirty_log clear{};
    std::vector<std::uint64_t> words(kPages / 64, ~std::uint64_t{0});
    clear.slot = 2;
    clear.num_pages = kPages;
    clear.dirty_bitmap = reinterpret_cast<std::uint64_t>(words.data());
    uapi::kvm_dirty_log get{};
    get.slot = 2;
    get.dirty_bitmap = clear.dirty_bitmap;
    const auto call = [&world](uapi::IoctlId id, void* argument) {
      return world.machine().task().Ioctl(world.vm_fd(), world.machine().Request(id), argument);
    };
    BeginMemoryShortage({.of = MemoryShortage::Of::kThoseThatThrow});
    const auto not_told = call(uapi::Ioctl("KVM_GET_DIRTY_LOG"), &get);
    const auto not_cleared = call(uapi::Ioctl("KVM_CLEAR_DIRTY_LOG"), &clear);
    EndMemoryShortage();
    EXPECT_THAT(not_told, FailsWith(Errno::kENOMEM));
    EXPECT_THAT(not_cleared, FailsWith(Errno::kENOMEM));
    EXPECT_EQ(bitmap.Read(0), before);
  }
}

}  // namespace
}  // namespace kvm_model
