// Each request of the program itself for memory fails in turn, the first, the second and so on,
// until a call passes. The call that fails says so and can be made again, what it began is gone,
// and the locks were taken in their order.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "kvm_model/mutex.h"
#include "kvm_model/task.h"
#include "kvm_model/vm.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/memory_shortage.h"

namespace kvm_model {
namespace {

class MemoryCountdownTest : public ::testing::TestWithParam<bool> {
 protected:
  // Makes the call in a fresh world each time; how often it failed. `check` looks at the world
  // after each failure, and the call must then pass.
  template <typename World>
  std::uint64_t FailInTurn(absl::FunctionRef<bool(World&)> call,
                           absl::FunctionRef<void(World&)> check) {
    constexpr std::uint64_t kMost = 200;
    for (std::uint64_t failures = 0; failures < kMost; ++failures) {
      World world;
      BeginMemoryShortage({.granted = failures, .for_good = GetParam()});
      const bool passed = call(world);
      EndMemoryShortage();
      if (passed) return failures;
      check(world);
      EXPECT_TRUE(call(world)) << "after request " << failures << " failed";
    }
    return kMost;
  }
};

struct MemoryWorld {
  MemoryWorld() {
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    const int read_write = PROT_READ | PROT_WRITE;
    own = machine.task().Mmap(4 * machine.page_size(), read_write, anonymous, -1, 0).value();
    shared = machine.task()
                 .Mmap(4 * machine.page_size(), read_write, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
                 .value();
    vm = machine.CreateVm().value();
    guest_memfd = machine.CreateGuestMemfd(vm, 4, 3).value();
    file = machine.Map(guest_memfd, 4).value();
    machine.task().HostWrite(own, std::byte{1}).value();
    machine.task().HostWrite(shared, std::byte{2}).value();
    machine.task().HostWrite(file, std::byte{3}).value();
  }

  Machine machine;
  std::uint64_t own = 0;
  std::uint64_t shared = 0;
  std::uint64_t file = 0;
  int vm = -1;
  int guest_memfd = -1;
  std::unique_ptr<Task> child;
};

TEST_P(MemoryCountdownTest, Fork) {
  const std::uint64_t failures = FailInTurn<MemoryWorld>(
      [](MemoryWorld& world) {
        world.child = world.machine.task().Fork();
        return world.child != nullptr;
      },
      [](MemoryWorld& world) {
        EXPECT_EQ(world.machine.task().HostRead(world.own), std::byte{1});
        EXPECT_EQ(world.machine.task().HostRead(world.shared), std::byte{2});
        EXPECT_EQ(world.machine.task().HostRead(world.file), std::byte{3});
      });
  EXPECT_GT(failures, 5u);
  EXPECT_EQ(LockOrderViolations(), 0u);
}

TEST_P(MemoryCountdownTest, WritingToMemoryOfItsOwn) {
  const std::uint64_t failures = FailInTurn<MemoryWorld>(
      [](MemoryWorld& world) {
        const std::uint64_t page = world.own + 2 * world.machine.page_size();
        return world.machine.task().HostWrite(page, std::byte{7}).has_value();
      },
      [](MemoryWorld& world) {
        const std::uint64_t page = world.own + 2 * world.machine.page_size();
        EXPECT_EQ(world.machine.task().HostRead(page), std::byte{0});
      });
  EXPECT_GT(failures, 0u);
}

TEST_P(MemoryCountdownTest, AMemoryRegion) {
  const std::uint64_t failures = FailInTurn<MemoryWorld>(
      [](MemoryWorld& world) {
        return world.machine.SetSlot(world.vm, 3, 16, 4, world.own).has_value();
      },
      [](MemoryWorld& world) {
        const std::shared_ptr<Vm> vm = world.machine.VmOf(world.vm);
        EXPECT_FALSE(vm->had_memslots());
        const ReaderLock lock(vm->slots_lock());
        EXPECT_TRUE(vm->slots().empty());
        EXPECT_EQ(vm->slots().Containing(0, 17), nullptr);
        EXPECT_EQ(vm->slots().total_pages(), 0u);
      });
  EXPECT_GT(failures, 3u);
}

TEST_P(MemoryCountdownTest, AMapping) {
  const std::uint64_t failures = FailInTurn<MemoryWorld>(
      [](MemoryWorld& world) { return world.machine.Map(world.guest_memfd, 4).has_value(); },
      [](MemoryWorld& world) {
        EXPECT_EQ(world.machine.task().HostRead(world.file), std::byte{3});
      });
  EXPECT_GT(failures, 0u);
}

INSTANTIATE_TEST_SUITE_P(Requests, MemoryCountdownTest, ::testing::Bool(),
                         [](const auto& run) { return run.param ? "FromOneOn" : "OneAlone"; });

}  // namespace
}  // namespace kvm_model
