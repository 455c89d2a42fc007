// Many threads of one process make calls of all kinds at once. Nothing may crash or race, what they
// leave must be in order, and nobody sees a conversion that is half done.
//
// KVM_MODEL_STRESS_ROUNDS in the environment: how many calls each thread makes, 1500 otherwise.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
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
#include "tests/concurrency/lock_order_environment.h"
#include "tests/concurrency/stress_world.h"
#include "tests/kvm_model/conversion_world.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);

constexpr std::uint64_t kSeed = 42;
constexpr std::size_t kThreads = 6;

int Rounds() {
  const char* const wanted = std::getenv("KVM_MODEL_STRESS_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : 1500;
}

class StressTest : public ::testing::TestWithParam<StressWorld::Store> {};

TEST_P(StressTest, CallsOfAllKindsMeet) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  StressWorld world(GetParam());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&world, i] {
      std::mt19937_64 random(kSeed + i);
      for (int round = 0; round < Rounds(); ++round) world.MakeACall(random);
    });
  }
  for (std::thread& thread : threads) thread.join();
  world.ExpectOrder();
}

INSTANTIATE_TEST_SUITE_P(Stores, StressTest,
                         testing::Values(StressWorld::Store::kGuestMemfd, StressWorld::Store::kVm),
                         [](const testing::TestParamInfo<StressWorld::Store>& store) {
                           return store.param == StressWorld::Store::kVm ? "Vm" : "GuestMemfd";
                         });

// Runs `writer` Rounds() times in one thread, and each reader over and over in another until it is
// done.
void ReadWhile(const std::function<void(int)>& writer,
               const std::vector<std::function<void()>>& readers) {
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (const std::function<void()>& reader : readers) {
    threads.emplace_back([&done, &reader] {
      while (!done) reader();
    });
  }
  for (int round = 0; round < Rounds(); ++round) writer(round);
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
  ReadWhile([this](int) { Write(); }, {[this] { Look(); }, [this] { ReadAsHost(); },
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
      [&](int round) {
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
