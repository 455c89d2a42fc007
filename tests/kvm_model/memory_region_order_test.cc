// The order in which KVM_SET_USER_MEMORY_REGION2 checks its arguments. Nearly all checks answer
// EINVAL, so the decision trail tells which one it was: for each two checks that one call can
// break, the earlier one must decide. Moving a check past its neighbour fails here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/deciding_check.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
constexpr std::uint32_t kUserSlots = 32764;

// One call, and what the world is like when it is made. It begins as one that passes: a new slot of
// ordinary memory.
struct Input {
  bool first_form = false;
  bool unreadable = false;
  bool memory_is_short = false;
  uapi::kvm_userspace_memory_region2 region{};
};

using Check = DecidingCheck<Input>;

// The world: slot 1 is two ordinary pages at 1 GiB, slot 2 two pages of a guest_memfd at 2 GiB.
constexpr std::uint64_t kOrdinary = kGigabyte;
constexpr std::uint64_t kFileBacked = 2 * kGigabyte;
constexpr std::uint64_t kFree = 3 * kGigabyte;
constexpr std::uint64_t kUserAddress = std::uint64_t{1} << 44;

bool Guest(const Input& in) { return (in.region.flags & uapi::kMemGuestMemfd) != 0; }
bool Deletes(const Input& in) { return in.region.memory_size == 0; }
std::uint32_t Id(const Input& in) { return in.region.slot & 0xffff; }
bool Exists(const Input& in) { return (in.region.slot >> 16) == 0 && (Id(in) == 1 || Id(in) == 2); }
// A slot that exists becomes another: only its place may differ.
bool Changes(const Input& in) { return Exists(in) && !Deletes(in); }
bool Overlaps(const Input& in) {
  const std::uint64_t place = in.region.guest_phys_addr;
  return (place == kOrdinary && Id(in) != 1) || (place == kFileBacked && Id(in) != 2);
}

constexpr auto kChecks = std::to_array<Check>({
    {1, "the argument can't be read", Errno::kEFAULT, [](Input& in) { in.unreadable = true; },
     [](const Input& in) { return in.unreadable; }},
    {2, "flags & ~(LOG_DIRTY_PAGES|READONLY)", Errno::kEINVAL,
     [](Input& in) { in.first_form = true, in.region.flags |= 0x100; },
     [](const Input& in) { return in.first_form && (in.region.flags & ~3u) != 0; }},
    {3, "slot id >= KVM_USER_MEM_SLOTS", Errno::kEINVAL,
     [](Input& in) { in.region.slot = (in.region.slot & ~0xffffu) | kUserSlots; },
     [](const Input& in) { return Id(in) >= kUserSlots; }},
    {4, "flags & ~valid", Errno::kEINVAL, [](Input& in) { in.region.flags |= 0x100; },
     [](const Input& in) {
       const std::uint32_t valid = Guest(in) ? uapi::kMemGuestMemfd : 3u;
       return (in.region.flags & ~valid) != 0;
     }},
    {5, "memory_size is not page aligned", Errno::kEINVAL,
     [](Input& in) { in.region.memory_size += 1; },
     [](const Input& in) { return in.region.memory_size % kPageSize != 0; }},
    {6, "guest_phys_addr is not page aligned", Errno::kEINVAL,
     [](Input& in) { in.region.guest_phys_addr += 1; },
     [](const Input& in) { return in.region.guest_phys_addr % kPageSize != 0; }},
    {7, "userspace_addr is not page aligned", Errno::kEINVAL,
     [](Input& in) { in.region.userspace_addr += 1; },
     [](const Input& in) { return in.region.userspace_addr % kPageSize != 0; }},
    {7, "userspace_addr is tagged or no user range", Errno::kEINVAL,
     [](Input& in) { in.region.userspace_addr += std::uint64_t{1} << 62; },
     [](const Input& in) {
       return in.region.userspace_addr + in.region.memory_size > 0x7ffffffff000;
     }},
    {8, "guest_memfd_offset is not page aligned or wraps", Errno::kEINVAL,
     [](Input& in) {
       in.region.flags |= uapi::kMemGuestMemfd;
       in.region.guest_memfd_offset = 1;
     },
     [](const Input& in) { return Guest(in) && in.region.guest_memfd_offset % kPageSize != 0; }},
    {9, "address space >= the VM's address spaces", Errno::kEINVAL,
     [](Input& in) { in.region.slot |= 2u << 16; },
     [](const Input& in) { return in.region.slot >> 16 >= 2; }},
    {10, "guest_phys_addr + memory_size wraps", Errno::kEINVAL,
     [](Input& in) {
       in.region.guest_phys_addr +=
           0 - 2 * kPageSize - in.region.guest_phys_addr / kPageSize * kPageSize;
       if (in.region.memory_size < 2 * kPageSize) in.region.memory_size += 2 * kPageSize;
     },
     [](const Input& in) {
       return in.region.guest_phys_addr + in.region.memory_size < in.region.guest_phys_addr;
     }},
    {11, "more than KVM_MEM_MAX_NR_PAGES", Errno::kEINVAL,
     [](Input& in) { in.region.memory_size += kPageSize << 31, in.region.userspace_addr = 0; },
     [](const Input& in) { return in.region.memory_size / kPageSize > 0x7fffffff; }},
    {12, "a deletion of no slot", Errno::kEINVAL,
     [](Input& in) { in.region.memory_size = 0, in.region.slot = 9; },
     [](const Input& in) { return Deletes(in) && !Exists(in); }},
    {14, "a guest_memfd slot exists already", Errno::kEINVAL,
     [](Input& in) { in.region.flags |= uapi::kMemGuestMemfd, in.region.slot = 2; },
     [](const Input& in) { return Changes(in) && Guest(in); }},
    {14, "userspace_addr differs", Errno::kEINVAL,
     [](Input& in) { in.region.slot = 1, in.region.userspace_addr += kPageSize; },
     [](const Input& in) { return Changes(in) && in.region.userspace_addr != kUserAddress; }},
    {14, "the size differs", Errno::kEINVAL,
     [](Input& in) { in.region.slot = 1, in.region.memory_size += kPageSize; },
     [](const Input& in) { return Changes(in) && in.region.memory_size != 2 * kPageSize; }},
    {14, "READONLY or GUEST_MEMFD differs", Errno::kEINVAL, [](Input& in) { in.region.slot = 2; },
     [](const Input& in) { return Changes(in) && Id(in) == 2 && !Guest(in); }},
    {15, "the gfns overlap another slot", Errno::kEEXIST,
     [](Input& in) { in.region.guest_phys_addr = kOrdinary; },
     [](const Input& in) { return !Deletes(in) && Overlaps(in); }},
    {16, "memory for the slot is short", Errno::kENOMEM,
     [](Input& in) { in.memory_is_short = true; },
     [](const Input& in) { return in.memory_is_short; }},
    {17, "guest_memfd is not open", Errno::kEBADF,
     [](Input& in) {
       in.region.flags |= uapi::kMemGuestMemfd;
       in.region.guest_memfd = 999;
     },
     [](const Input& in) { return Guest(in) && in.region.guest_memfd == 999; }},
});

Input Plain() {
  Input input;
  input.region.slot = 3;
  input.region.guest_phys_addr = kFree;
  input.region.memory_size = 2 * kPageSize;
  input.region.userspace_addr = kUserAddress;
  return input;
}

Decision Call(const Input& input) {
  Machine machine("x86", {}, "linux-7.0");
  const int vm = *machine.CreateVm();
  const int file = *machine.CreateGuestMemfd(vm, 2, 0);
  EXPECT_THAT(machine.SetSlot(vm, 1, kOrdinary / kPageSize, 2, kUserAddress), Succeeds());
  // machine.BindSlot() leaves userspace_addr 0.
  uapi::kvm_userspace_memory_region2 bound{};
  bound.slot = 2;
  bound.flags = uapi::kMemGuestMemfd;
  bound.guest_phys_addr = kFileBacked;
  bound.memory_size = 2 * kPageSize;
  bound.userspace_addr = kUserAddress;
  bound.guest_memfd = static_cast<std::uint32_t>(file);
  const std::uint32_t second = uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2");
  EXPECT_THAT(machine.task().Ioctl(vm, second, &bound), Succeeds());

  uapi::kvm_userspace_memory_region2 region = input.region;
  const std::uint32_t request =
      input.first_form ? uapi::RequestOf("KVM_SET_USER_MEMORY_REGION") : second;
  const std::uint64_t address = input.unreadable ? 8 : reinterpret_cast<std::uint64_t>(&region);
  if (input.memory_is_short) machine.kernel().allocations().FailNth(1);
  TrailRecorder recorder;
  machine.task().SetTrailListener(&recorder);
  const Result<std::int64_t> answer = machine.task().Ioctl(vm, request, address);
  machine.task().SetTrailListener(nullptr);
  return {answer, DecidingPredicate(recorder)};
}

TEST(MemoryRegionOrderTest, EachCheckAloneDecides) {
  ExpectEachDecidesAlone<Input>(kChecks, Plain(), Call);
}

TEST(MemoryRegionOrderTest, TheEarlierOfTwoChecksDecides) {
  const auto shown = ExpectTheEarlierDecides<Input>(kChecks, Plain(), Call);
  // Neighbours that no call breaks both of: what the first one refuses is out of the second's
  // reach.
  const std::set<std::string_view> apart = {
      "more than KVM_MEM_MAX_NR_PAGES",  // a deletion has no pages
      "a deletion of no slot",           // and no other checks of the slot
  };
  for (std::size_t i = 0; i + 1 < kChecks.size(); ++i) {
    if (apart.contains(kChecks[i].text)) continue;
    EXPECT_TRUE(shown.contains({i, i + 1})) << kChecks[i].text << " / " << kChecks[i + 1].text;
  }
}

}  // namespace
}  // namespace kvm_model
