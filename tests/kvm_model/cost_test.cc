// What a call costs must not grow with what it has nothing to do with: each is timed in a small
// world and in a large one. Walking the whole large world would cost hundreds of times as much;
// tenfold is allowed, as the machine may be busy.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/user_ranges.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = 4096;

// The least of several rounds, in nanoseconds.
double TimeOf(absl::FunctionRef<void()> call) {
  constexpr int kRounds = 20;
  constexpr int kCallsARound = 50;
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCallsARound; ++i) call();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count());
  }
  return least;
}

double TimeToDropAPage(std::uint64_t resident_pages) {
  Machine machine;
  Task& task = machine.task();
  const std::uint64_t memory = *task.Mmap(resident_pages * kPage, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (std::uint64_t page = 0; page < resident_pages; ++page) {
    EXPECT_THAT(task.HostWrite(memory + page * kPage, std::byte{1}), Succeeds());
  }
  return TimeOf([&] { (void)task.Madvise(memory, kPage, MemoryAdvice::kDontNeed); });
}

TEST(CostTest, DroppingAPageDoesNotVisitTheOthers) {
  EXPECT_LT(TimeToDropAPage(20000), 10 * TimeToDropAPage(10));
}

double TimeToSetAttributes(std::uint32_t slots) {
  Machine machine("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
  const int vm = *machine.CreateVm(uapi::kX86SwProtectedVm);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    EXPECT_THAT(machine.SetSlot(vm, slot, 2 * slot, 1, 0), Succeeds());
  }
  std::uint64_t attributes = 0;
  return TimeOf([&] {
    attributes ^= uapi::kMemoryAttributePrivate;
    EXPECT_THAT(machine.Convert(vm, {4, 5}, attributes), Succeeds());
  });
}

TEST(CostTest, SettingAttributesDoesNotVisitSlotsElsewhere) {
  EXPECT_LT(TimeToSetAttributes(20000), 10 * TimeToSetAttributes(10));
}

Memslot SlotAt(std::uint32_t id, std::uint64_t address, std::uint64_t pages) {
  Memslot slot;
  slot.id = id;
  slot.gfns = {id, id + pages};
  slot.userspace_addr = address;
  return slot;
}

TEST(CostTest, ALongSlotThatIsGoneSlowsNoLookUp) {
  constexpr std::uint32_t kSlots = 20000;
  UserRanges ranges;
  for (std::uint32_t id = 0; id < kSlots; ++id) {
    const Memslot slot = SlotAt(id, 2 * id * kPage, 1);
    ranges.Replace(nullptr, &slot);
  }
  const std::uint64_t last = 2 * (kSlots - 1) * kPage;
  const auto time = [&] {
    int found = 0;
    const double least = TimeOf(
        [&] { ranges.ForEachGfns(last, last + kPage, 12, [&found](PageRange) { ++found; }); });
    EXPECT_GT(found, 0);
    return least;
  };
  const double before = time();
  const Memslot long_slot = SlotAt(kSlots, 0, 2 * kSlots);
  ranges.Replace(nullptr, &long_slot);
  ranges.Replace(&long_slot, nullptr);
  EXPECT_LT(time(), 10 * before);
}

}  // namespace
}  // namespace kvm_model
