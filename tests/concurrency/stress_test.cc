// Many threads of one process make calls of all kinds at once. Nothing may crash or race, what they
// leave must be in order, and nobody sees a conversion that is half done.
//
// KVM_MODEL_STRESS_ROUNDS in the environment: how many calls each thread makes, 1500 otherwise.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
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

#include "kvm_model/guest_fault.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/concurrency/environment_number.h"
#include "tests/concurrency/lock_order_environment.h"
#include "tests/concurrency/stress_world.h"
#include "tests/concurrency/yielding_listener.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);

constexpr std::uint64_t kSeed = 42;
constexpr std::size_t kThreads = 6;

std::uint64_t Rounds() { return EnvironmentNumber("KVM_MODEL_STRESS_ROUNDS", 1500); }

class StressTest : public ::testing::TestWithParam<StressWorld::Kind> {};

TEST_P(StressTest, CallsOfAllKindsMeet) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const std::uint64_t rounds = Rounds();
  StressWorld world(GetParam());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&world, rounds, i] {
      YieldingListener::Seed(kSeed + i);
      std::mt19937_64 random(kSeed + i);
      for (std::uint64_t round = 0; round < rounds; ++round) world.MakeACall(random);
    });
  }
  for (std::thread& thread : threads) thread.join();
  world.ExpectOrder();
}

std::string NameOf(const testing::TestParamInfo<StressWorld::Kind>& kind) {
  switch (kind.param) {
    case StressWorld::Kind::kGuestMemfd:
      return "GuestMemfd";
    case StressWorld::Kind::kVm:
      return "Vm";
    case StressWorld::Kind::kSnp:
      return "Snp";
    case StressWorld::Kind::kArm64:
      break;
  }
  return "Arm64";
}

INSTANTIATE_TEST_SUITE_P(Kinds, StressTest,
                         testing::Values(StressWorld::Kind::kGuestMemfd, StressWorld::Kind::kVm,
                                         StressWorld::Kind::kSnp, StressWorld::Kind::kArm64),
                         NameOf);

// Runs `writer` Rounds() times in one thread, and each reader over and over in another until it is
// done.
void ReadWhile(const std::function<void(std::uint64_t)>& writer,
               const std::vector<std::function<void()>>& readers) {
  const std::uint64_t rounds = Rounds();
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (const std::function<void()>& reader : readers) {
    threads.emplace_back([&done, &reader] {
      YieldingListener::Seed(kSeed);
      while (!done) reader();
    });
  }
  for (std::uint64_t round = 0; round < rounds; ++round) writer(round);
  done = true;
  for (std::thread& thread : threads) thread.join();
}

// What is written while the file is private is zeroed before it becomes shared.
class SecretTest : public ::testing::Test {
 public:
  void Write() {
    ASSERT_TRUE(world_.Convert(ConversionWorld::kAll, kPrivate, kPreserve).has_value());
    for (PageIndex page = 0; page < ConversionWorld::kPages; ++page) {
      ASSERT_TRUE(world_.GuestWrite(page, 1));
    }
    ASSERT_TRUE(world_.Convert(ConversionWorld::kAll, kShared, kZero).has_value());
  }
  // The file as a whole.
  void Look() {
    const GuestMemfdInode& inode = world_.inode();
    const ReaderLock lock(inode.invalidate_lock());
    const bool is_private = inode.IsPrivate(0);
    if (!inode.attributes().RangeHas(ConversionWorld::kAll, is_private ? kPrivate : kShared)) {
      ++halves_;
    }
    for (PageIndex page = 0; !is_private && page < ConversionWorld::kPages; ++page) {
      if (!world_.PageIs(page, 0)) ++leaks_;
    }
  }
  void ReadAsHost() {
    for (PageIndex page = 0; page < ConversionWorld::kPages; ++page) {
      if (world_.HostRead(page).value_or(0) != 0) ++leaks_;
    }
  }
  void ReadAsGuest(GuestAddressing addressing) {
    for (PageIndex page = 0; page < ConversionWorld::kPages; ++page) {
      const std::uint64_t gpa = (ConversionWorld::kFirstGfn + page) * world_.machine().page_size();
      const GuestAccessResult result = GuestRead(world_.vm(), gpa, addressing, Trail(nullptr));
      const auto* const byte = std::get_if<std::byte>(&result);
      const bool is_shared = addressing == GuestAddressing::kShared;
      if (is_shared && byte != nullptr && *byte != std::byte{0}) ++leaks_;
      // A guest that follows the attributes is never refused.
      if (addressing == GuestAddressing::kAuto && byte == nullptr) ++refusals_;
    }
  }

 protected:
  ConversionWorld world_;
  std::atomic<int> halves_ = 0;
  std::atomic<int> leaks_ = 0;
  std::atomic<int> refusals_ = 0;
};

TEST_F(SecretTest, NoReaderSeesHalfAConversion) {
  ReadWhile([this](std::uint64_t) { Write(); }, {[this] { Look(); }, [this] { ReadAsHost(); },
                                                 [this] { ReadAsGuest(GuestAddressing::kShared); },
                                                 [this] { ReadAsGuest(GuestAddressing::kAuto); }});
  EXPECT_EQ(halves_, 0);
  EXPECT_EQ(leaks_, 0);
  EXPECT_EQ(refusals_, 0);
}

TEST(VmAttributesStressTest, NoReaderSeesHalfAChange) {
  Machine machine("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
  const int vm_fd = *machine.CreateVm(uapi::kX86SwProtectedVm);
  const std::shared_ptr<Vm> vm = machine.VmOf(vm_fd);
  std::atomic<int> halves = 0;
  ReadWhile(
      [&](std::uint64_t round) {
        const std::uint64_t attributes = round % 2 == 0 ? kPrivate : kShared;
        EXPECT_TRUE(machine.Convert(vm_fd, {0, 1000}, attributes).has_value());
      },
      {[&] {
        const ReaderLock lock(vm->slots_lock());
        const std::uint64_t attributes = vm->gfn_attributes().Get(0);
        if (!vm->gfn_attributes().RangeHas({0, 1000}, attributes)) ++halves;
      }});
  EXPECT_EQ(halves, 0);
}

TEST(DirtyLogStressTest, EveryWriteIsToldOnce) {
  constexpr std::uint64_t kPages = 64;
  Machine machine;
  const int vm_fd = *machine.CreateVm();
  const std::shared_ptr<Vm> vm = machine.VmOf(vm_fd);
  const std::uint64_t memory = *machine.task().Mmap(
      kPages * machine.page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_TRUE(machine.SetSlot(vm_fd, 0, 0, kPages, memory, uapi::kMemLogDirtyPages).has_value());
  YieldingListener listener;
  machine.task().SetTrailListener(&listener);
  std::array<std::atomic<std::uint64_t>, kPages> told = {};
  const auto collect = [&] {
    std::uint64_t bits = 0;
    uapi::kvm_dirty_log log{};
    log.dirty_bitmap = reinterpret_cast<std::uint64_t>(&bits);
    EXPECT_TRUE(machine.task()
                    .Ioctl(vm_fd, machine.Request(uapi::Ioctl("KVM_GET_DIRTY_LOG")), &log)
                    .has_value());
    for (PageIndex page = 0; page < kPages; ++page) told[page] += bits >> page & 1;
  };
  std::uint64_t writes = 0;
  ReadWhile(
      [&](std::uint64_t) {
        // What was written before is told by now, so that no two writes to a page become one.
        collect();
        ++writes;
        for (PageIndex page = 0; page < kPages; ++page) {
          EXPECT_TRUE(std::holds_alternative<std::byte>(
              GuestWrite(*vm, page * machine.page_size(), std::byte{1}, GuestAddressing::kShared,
                         Trail(nullptr))));
        }
      },
      {collect, collect});
  collect();
  for (PageIndex page = 0; page < kPages; ++page) EXPECT_EQ(told[page], writes) << "page " << page;
}

TEST(CloseStressTest, AFileIsClosedWhileItsGuestRuns) {
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
