// Many threads of one process convert, touch memory, run the guest, ask for capabilities and come
// and go with files of their own. Nothing may crash or race, and what they leave must be in order.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "kvm_model/fd_table.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/guest_memfd_mapping.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/header_version.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr int kRounds = 1500;
constexpr std::uint64_t kSeed = 42;

PageRange RandomRange(std::mt19937_64& random) {
  const PageIndex start = random() % ConversionWorld::kPages;
  return {start, start + 1 + random() % (ConversionWorld::kPages - start)};
}

class ThreadsTest : public ::testing::Test {
 public:
  // Runs each body in a thread of its own, with a generator of its own, until all are done.
  void RunAll(const std::vector<std::function<void(std::mt19937_64&)>>& bodies) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      threads.emplace_back([&bodies, i] {
        std::mt19937_64 random(kSeed + i);
        for (int round = 0; round < kRounds; ++round) bodies[i](random);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ExpectOrder();
  }

  void ExpectOrder() {
    const GuestMemfdInode& inode = world_.inode();
    const ReaderLock lock(inode.invalidate_lock());
    std::string why;
    EXPECT_TRUE(inode.attributes().CheckInvariants(&why)) << why;
    for (PageIndex page = 0; page < ConversionWorld::kPages; ++page) {
      EXPECT_FALSE(world_.mapping().IsMapped(page) && inode.IsPrivate(page))
          << "page " << page << " is private and in the host's page table";
    }
  }

  // What a thread does in one round.
  void Convert(std::mt19937_64& random) {
    const auto answer = world_.Convert(RandomRange(random), random() % 2 * kPrivate,
                                       random() % 2 == 0 ? kUnspecified : kPreserve);
    if (!answer.has_value() && answer.error() != Errno::kEAGAIN) ++surprises_;
  }
  void TouchAsHost(std::mt19937_64& random) {
    const PageIndex page = random() % ConversionWorld::kPages;
    if (random() % 2 == 0) {
      (void)world_.HostRead(page);
    } else {
      (void)world_.HostWrite(page, static_cast<std::uint8_t>(random()));
    }
  }
  void TouchAsGuest(std::mt19937_64& random) {
    const PageIndex page = random() % ConversionWorld::kPages;
    if (random() % 2 == 0) {
      (void)world_.GuestRead(page);
    } else {
      (void)world_.GuestWrite(page, static_cast<std::uint8_t>(random()));
    }
  }
  void PinForAMoment(std::mt19937_64& random) {
    (void)world_.machine().task().Pin(world_.AddressOf(random() % ConversionWorld::kPages));
  }
  void CheckCapabilities(std::mt19937_64&) {
    constexpr auto kFlags =
        uapi::Cap("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", uapi::HeaderVersion::kRfcV4);
    if (world_.machine().Check(world_.vm_fd(), kFlags) != 3) ++surprises_;
    if (world_.machine().Check(world_.machine().kvm(), kFlags) != 3) ++surprises_;
  }
  void MakeAndCloseAFile(std::mt19937_64& random) {
    Machine& machine = world_.machine();
    const auto file = machine.CreateGuestMemfd(world_.vm_fd(), 4, kMmap | kInitShared);
    if (!file) {
      ++surprises_;
      return;
    }
    const auto slot = static_cast<std::uint32_t>(1 + random() % 3);
    const bool bound = machine.BindSlot(world_.vm_fd(), slot, 100 * slot, 4, *file).has_value();
    const auto address = machine.Map(*file, 4);
    if (address) {
      (void)machine.task().HostWrite(*address, std::byte{1});
      (void)machine.task().Munmap(*address, 4 * machine.page_size());
    }
    (void)machine.Convert(*file, {0, 2}, kPrivate);
    if (!machine.task().Close(*file)) ++surprises_;
    if (bound) (void)machine.SetSlot(world_.vm_fd(), slot, 100 * slot, 0);
  }
  void PunchAndAllocate(std::mt19937_64& random) {
    const PageRange range = RandomRange(random);
    if (!world_.machine().PunchHole(world_.guest_memfd_fd(), range)) ++surprises_;
    if (!world_.machine().Allocate(world_.guest_memfd_fd(), range)) ++surprises_;
  }
  void ForkAndTouch(std::mt19937_64& random) {
    const auto child = world_.machine().task().Fork();
    (void)child->HostRead(world_.AddressOf(random() % ConversionWorld::kPages));
  }

  auto Body(void (ThreadsTest::*body)(std::mt19937_64&)) {
    return [this, body](std::mt19937_64& random) { (this->*body)(random); };
  }

 protected:
  ConversionWorld world_;
  std::atomic<int> surprises_ = 0;
};

TEST_F(ThreadsTest, ConversionsMeetHostAndGuestAccesses) {
  RunAll({Body(&ThreadsTest::Convert), Body(&ThreadsTest::Convert), Body(&ThreadsTest::TouchAsHost),
          Body(&ThreadsTest::TouchAsGuest), Body(&ThreadsTest::PinForAMoment),
          Body(&ThreadsTest::CheckCapabilities)});
  EXPECT_EQ(surprises_, 0);
}

TEST_F(ThreadsTest, FilesComeAndGoBesideConversions) {
  const std::vector<int> before = world_.machine().task().fds().Open();
  RunAll({Body(&ThreadsTest::Convert), Body(&ThreadsTest::MakeAndCloseAFile),
          Body(&ThreadsTest::MakeAndCloseAFile), Body(&ThreadsTest::TouchAsGuest),
          Body(&ThreadsTest::ForkAndTouch)});
  EXPECT_EQ(surprises_, 0);
  EXPECT_EQ(world_.machine().task().fds().Open(), before) << "descriptors leaked";
}

TEST_F(ThreadsTest, HolesArePunchedWhilePagesAreInUse) {
  RunAll({Body(&ThreadsTest::PunchAndAllocate), Body(&ThreadsTest::Convert),
          Body(&ThreadsTest::TouchAsHost), Body(&ThreadsTest::TouchAsGuest),
          Body(&ThreadsTest::PinForAMoment)});
  EXPECT_EQ(surprises_, 0);
}

TEST(ThreadsAndCloseTest, AFileIsClosedWhileItsGuestRuns) {
  for (int turn = 0; turn < 50; ++turn) {
    Machine machine;
    const int vm_fd = *machine.CreateVm(uapi::kX86SwProtectedVm);
    const std::shared_ptr<Vm> vm = machine.VmOf(vm_fd);
    const int file = *machine.CreateGuestMemfd(vm_fd, 8, kMmap | kInitShared);
    ASSERT_TRUE(machine.BindSlot(vm_fd, 0, 0, 8, file).has_value());
    std::atomic<bool> closed = false;
    std::thread guest([&] {
      while (!closed)
        (void)GuestWrite(*vm, 0, std::byte{1}, GuestAddressing::kAuto, Trail(nullptr));
    });
    std::thread converter([&] {
      for (std::uint64_t i = 0; !closed; ++i) (void)machine.Convert(file, {0, 8}, i % 2 * kPrivate);
    });
    for (int i = 0; i < turn; ++i) std::this_thread::yield();
    EXPECT_TRUE(machine.task().Close(file).has_value());
    closed = true;
    guest.join();
    converter.join();
    const auto after = GuestRead(*vm, 0, GuestAddressing::kAuto, Trail(nullptr));
    EXPECT_TRUE(std::holds_alternative<MemoryFaultExit>(after)) << "the file is gone";
    EXPECT_TRUE(vm->MappedStage2().empty());
  }
}

}  // namespace
}  // namespace kvm_model
