// Huge arguments and corners of the address spaces: answers come at once, and are the right ones.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/populate.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;

constexpr std::uint64_t kMax = ~std::uint64_t{0};
constexpr std::uint64_t kMaxOffset = kMax >> 1;
constexpr int kKeep = FALLOC_FL_KEEP_SIZE;
constexpr int kPunch = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

class ExtremesTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  ExtremesTest() : world_(GetParam()), page_(world_.page()) {}

  std::vector<std::uint64_t> Corners() const {
    std::vector<std::uint64_t> corners;
    for (const std::uint64_t limit :
         {std::uint64_t{0}, page_, 64 * page_, std::uint64_t{1} << 31, std::uint64_t{1} << 32,
          std::uint64_t{1} << 44, std::uint64_t{1} << 47, std::uint64_t{1} << 52,
          std::uint64_t{1} << 63}) {
      for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, page_}) {
        corners.push_back(limit - step);
        corners.push_back(limit + step);
      }
    }
    return corners;
  }

  World world_;
  const std::uint64_t page_;
};

TEST_P(ExtremesTest, GuestAccessesAtEveryCornerOfThePhysicalAddresses) {
  const std::shared_ptr<Vm> vm = world_.VmOf(world_.vm());
  const Trail silent(nullptr);
  for (const std::uint64_t gpa : Corners()) {
    for (const auto addressing :
         {GuestAddressing::kAuto, GuestAddressing::kShared, GuestAddressing::kPrivate}) {
      const bool in_slot =
          (gpa >= 16 * page_ && gpa < 18 * page_) || (gpa >= 64 * page_ && gpa < 70 * page_);
      for (const GuestAccessResult& result :
           {GuestRead(*vm, gpa, addressing, silent),
            GuestWrite(*vm, gpa, std::byte{1}, addressing, silent)}) {
        if (in_slot) continue;
        ASSERT_FALSE(std::holds_alternative<std::byte>(result)) << std::hex << gpa;
        if (const auto* mmio = std::get_if<MmioExit>(&result)) {
          EXPECT_EQ(mmio->gpa, gpa);
        }
        if (const auto* fault = std::get_if<MemoryFaultExit>(&result)) {
          EXPECT_EQ(fault->gpa, gpa & ~(page_ - 1));
          EXPECT_EQ(fault->size, page_);
        }
      }
    }
  }
}

TEST_P(ExtremesTest, TheProgramsOwnAccessesAtEveryCornerOfItsAddresses) {
  for (const std::uint64_t address : Corners()) {
    if (address >= world_.scratch() && address < world_.scratch_end()) continue;
    EXPECT_FALSE(world_.task().HostRead(address).has_value()) << std::hex << address;
    EXPECT_FALSE(world_.task().HostWrite(address, std::byte{1}).has_value());
    EXPECT_FALSE(world_.task().Pin(address).has_value());
  }
  EXPECT_THAT(world_.task().HostRead(world_.scratch_end()), FailsWith(Signal::kSIGSEGV));
}

TEST_P(ExtremesTest, MmapWithHugeArguments) {
  Task& task = world_.task();
  const bool maps_files = world_.maps_guest_memfd();
  const int file = maps_files ? world_.file() : world_.vcpu();
  const Picture before = world_.Look();
  std::vector<std::uint64_t> mappings;
  for (const std::uint64_t offset :
       {std::uint64_t{0}, page_, kMaxOffset + 1 - page_, kMaxOffset + 1, kMax - page_ + 1, kMax}) {
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{1}, page_, std::uint64_t{1} << 47, kMaxOffset,
          kMaxOffset + 1, kMax - page_ + 1, kMax - page_ + 2, kMax}) {
      SCOPED_TRACE(testing::Message() << std::hex << offset << " " << length);
      const std::uint64_t largest = maps_files ? kMaxOffset : kMax;
      const bool fits = length != 0 && length <= page_ && offset % page_ == 0 &&
                        offset <= largest && page_ <= largest - offset;
      for (const int fd : {file, world_.device(), world_.vm()}) {
        const auto answer = task.Mmap(length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
        EXPECT_EQ(answer.has_value(), fits && fd == file);
        if (answer) mappings.push_back(*answer);
      }
    }
  }
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1} << 46, kMaxOffset, kMax}) {
    EXPECT_FALSE(task.Mmap(length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).has_value());
  }
  // Until the addresses run out, and then ENOMEM.
  while (const auto address = task.Mmap(std::uint64_t{1} << 40, PROT_READ, MAP_SHARED, file, 0)) {
    mappings.push_back(*address);
    ASSERT_LT(mappings.size(), 1000u);
  }
  EXPECT_THAT(task.Mmap(std::uint64_t{1} << 40, PROT_READ, MAP_SHARED, file, 0),
              FailsWith(Errno::kENOMEM));
  for (const std::uint64_t address : mappings) {
    EXPECT_THAT(task.Munmap(address, std::uint64_t{1} << 40), Succeeds());
  }
  EXPECT_EQ(Difference(before, world_.Look()), "");
}

TEST_P(ExtremesTest, MunmapWithHugeArguments) {
  Task& task = world_.task();
  const std::pair<std::uint64_t, std::uint64_t> kRefused[] = {
      {world_.scratch(), 0},         {world_.scratch() + 1, page_}, {world_.scratch(), kMax},
      {kMax - page_ + 1, 2 * page_}, {page_, kMax - page_ + 1},     {1, 1},
  };
  for (const auto& [address, length] : kRefused) {
    EXPECT_THAT(task.Munmap(address, length), FailsWith(Errno::kEINVAL)) << std::hex << address;
  }
  EXPECT_THAT(task.HostRead(world_.scratch()), Succeeds());
  // What is not mapped is passed over.
  EXPECT_THAT(task.Munmap(world_.scratch_end(), page_), Succeeds());
  EXPECT_THAT(task.Munmap(0, page_), Succeeds());
  // Everything at once.
  EXPECT_THAT(task.Munmap(0, std::uint64_t{1} << 46), Succeeds());
  EXPECT_THAT(task.HostRead(world_.scratch()), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(task.Munmap(0, std::uint64_t{1} << 46), Succeeds());
}

TEST_P(ExtremesTest, PreFaultOfAllPhysicalMemoryEndsWithTheSlots) {
  const std::uint64_t slot_gpa = 64 * page_;
  uapi::kvm_pre_fault_memory range{};
  range.gpa = slot_gpa;
  range.size = (kMax - page_ + 1) - slot_gpa;
  const auto answer = world_.Call(world_.vcpu(), uapi::Ioctl("KVM_PRE_FAULT_MEMORY"), range);
  std::memcpy(&range, world_.Peek(world_.scratch(), sizeof(range)).data(), sizeof(range));
  if (GetParam().per_vm_attributes || GetParam().vm_type == uapi::kX86SwProtectedVm) {
    EXPECT_THAT(answer, Answers(0));
    EXPECT_EQ(range.gpa, slot_gpa + 6 * page_) << "six pages, and then there is no slot";
    EXPECT_EQ(range.size, (kMax - page_ + 1) - range.gpa);
  } else {
    EXPECT_FALSE(answer.has_value());
    EXPECT_EQ(range.gpa, slot_gpa);
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, ExtremesTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

class GuestMemfdExtremesTest : public ExtremesTest {};

TEST_P(GuestMemfdExtremesTest, FallocateWithHugeArguments) {
  struct Case {
    int mode;
    std::uint64_t offset;
    std::uint64_t length;
    std::optional<Errno> error;
  };
  const std::uint64_t last = kMaxOffset + 1 - page_;  // the last page that an offset can name
  const Case kCases[] = {
      {kPunch, 0, last, std::nullopt},
      {kPunch, page_, last - page_, std::nullopt},
      {kPunch, last, page_, Errno::kEFBIG},
      {kPunch, last - page_, page_, std::nullopt},
      {kPunch, 0, kMaxOffset, Errno::kEINVAL},
      {kPunch, kMaxOffset, 1, Errno::kEFBIG},
      {kPunch, kMaxOffset, kMaxOffset, Errno::kEFBIG},
      {kPunch, kMaxOffset + 1, page_, Errno::kEINVAL},
      {kPunch, 0, kMaxOffset + 1, Errno::kEINVAL},
      {kPunch, kMax - page_ + 1, page_, Errno::kEINVAL},
      {kPunch, 0, kMax, Errno::kEINVAL},
      {kKeep, 0, last, Errno::kEINVAL},
      {kKeep, last, page_, Errno::kEFBIG},
      {kKeep, last - page_, page_, Errno::kEINVAL},
      {kKeep, kMax - page_ + 1, page_, Errno::kEINVAL},
      {kKeep, 0, kMax - page_ + 1, Errno::kEINVAL},
  };
  for (const Case& one : kCases) {
    const Result<> answer =
        world_.task().Fallocate(world_.file(), one.mode, one.offset, one.length);
    SCOPED_TRACE(testing::Message()
                 << one.mode << " " << std::hex << one.offset << " " << one.length);
    if (one.error.has_value()) {
      EXPECT_THAT(answer, FailsWith(*one.error));
    } else {
      EXPECT_THAT(answer, Succeeds());
    }
  }
  // Every mode, of which only two are taken.
  for (int bit = -1; bit < 32; ++bit) {
    const int mode = static_cast<int>(bit < 0 ? 0u : std::uint32_t{1} << bit);
    EXPECT_EQ(world_.task().Fallocate(world_.file(), mode, 0, page_).has_value(), mode == kKeep);
    const bool taken = (mode | kKeep) == kKeep || (mode | kKeep) == kPunch;
    EXPECT_EQ(world_.task().Fallocate(world_.file(), mode | kKeep, 0, page_).has_value(), taken);
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, GuestMemfdExtremesTest,
                         ::testing::ValuesIn(HostChoicesWithGuestMemfd()),
                         [](const auto& which) { return which.param.name; });

// The largest guest_memfd that there can be.
TEST(LargestGuestMemfdTest, IsMadeConvertedPunchedAndBound) {
  Machine machine("x86");
  const int vm = machine.CreateVm(uapi::kX86SwProtectedVm).value();
  const std::uint64_t pages = (std::uint64_t{1} << 51) - 1;
  const int file = machine.CreateGuestMemfd(vm, pages, uapi::kGuestMemfdFlagMmap).value();
  EXPECT_THAT(machine.CreateGuestMemfd(vm, pages + 1, 0), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.Convert(file, {0, pages}, 0), Answers(0));
  EXPECT_THAT(machine.Convert(file, {pages - 1, pages}, uapi::kMemoryAttributePrivate), Answers(0));
  EXPECT_THAT(machine.Convert(file, {pages - 1, pages + 1}, 0), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.Convert(file, {0, pages}, uapi::kMemoryAttributePrivate), Answers(0));
  EXPECT_THAT(machine.PunchHole(file, {0, pages}), Succeeds());
  EXPECT_THAT(machine.Allocate(file, {pages - 4, pages}), Succeeds());
  EXPECT_THAT(machine.BindSlot(vm, 0, 0, 16, file, pages - 16), Answers(0));
  const Trail silent(nullptr);
  EXPECT_EQ(GuestWrite(*machine.VmOf(vm), 15 * 4096, std::byte{9}, GuestAddressing::kAuto, silent)
                .index(),
            0u);
  EXPECT_THAT(machine.Convert(file, {0, pages}, 0, uapi::kSetMemoryAttributes2Preserve),
              Answers(0));
  const std::uint64_t address = machine.Map(file, 1, pages - 1).value();
  EXPECT_EQ(std::to_integer<int>(machine.task().HostRead(address).value()), 9);
  EXPECT_THAT(machine.PunchHole(file, {0, pages}), Succeeds());
  EXPECT_EQ(std::to_integer<int>(machine.task().HostRead(address).value()), 0);
}

// Where the sum is unsigned, no slot reaches past its file.
TEST(SlotPastItsFileTest, IsNoSlotOf612) {
  Machine machine("x86", {}, "linux-6.12");
  const int vm = machine.CreateVm(uapi::kX86SwProtectedVm).value();
  const int file = machine.CreateGuestMemfd(vm, 4, 0).value();
  const std::uint64_t last = (std::uint64_t{1} << 51) - 1;
  EXPECT_THAT(machine.BindSlot(vm, 0, 16, 1, file, last), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.BindSlot(vm, 0, 16, 1, file, 3), Answers(0));
}

// fallocate of more than any machine has: it ends, with ENOMEM.
TEST(LargestGuestMemfdTest, CannotBeAllocatedAsAWhole) {
  Machine machine("x86");
  const int vm = machine.CreateVm().value();
  const std::uint64_t pages = (std::uint64_t{1} << 51) - 1;
  const int file = machine.CreateGuestMemfd(vm, pages, 0).value();
  EXPECT_THAT(machine.Allocate(file, {0, pages}), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(machine.PunchHole(file, {0, pages}), Succeeds());
  EXPECT_THAT(machine.Allocate(file, {pages - 1, pages}), Succeeds());
}

// A slot may reach past its file where the sum of offset and size wraps; nothing there is a page.
TEST(SlotPastItsFileTest, HasNoPages) {
  for (const std::string revision : {"linux-6.18", "linux-7.0", "rfc-v4"}) {
    Machine machine("x86", {}, revision);
    const int vm = machine.CreateVm().value();
    const int file =
        machine.CreateGuestMemfd(vm, 4, uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared)
            .value();
    const std::uint64_t last = (std::uint64_t{1} << 51) - 1;
    ASSERT_THAT(machine.BindSlot(vm, 0, 16, 1, file, last), Answers(0)) << revision;
    EXPECT_THAT(machine.BindSlot(vm, 1, 32, 1, file, last), FailsWith(Errno::kEINVAL));
    const Trail silent(nullptr);
    const auto result = GuestRead(*machine.VmOf(vm), 16 * 4096, GuestAddressing::kAuto, silent);
    EXPECT_TRUE(std::holds_alternative<MemoryFaultExit>(result));
    EXPECT_THAT(machine.PunchHole(file, {0, 4}), Succeeds());
    EXPECT_THAT(machine.task().Close(file), Succeeds());
    EXPECT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0));
  }
}

TEST(SlotPastItsFileTest, IsRefusedWhereTheOffsetIsUnsigned) {
  Machine machine("x86", {}, "next-20260923");
  const int vm = machine.CreateVm().value();
  const int file = machine.CreateGuestMemfd(vm, 4, 0).value();
  const std::uint64_t last = (std::uint64_t{1} << 51) - 1;
  for (const std::uint64_t page : {std::uint64_t{4}, last, 2 * last}) {
    EXPECT_THAT(machine.BindSlot(vm, 0, 16, 1, file, page), FailsWith(Errno::kEINVAL)) << page;
  }
}

TEST(PopulateExtremesTest, EndsWithTheSlot) {
  Machine machine("x86");
  const int vm = machine.CreateVm(uapi::kX86TdxVm).value();
  const int file = machine.CreateGuestMemfd(vm, 4, 0).value();
  ASSERT_THAT(machine.BindSlot(vm, 0, 16, 4, file), Answers(0));
  const Trail silent(nullptr);
  Vm& target = *machine.VmOf(vm);
  EXPECT_THAT(Populate(target, 16, kMax >> 1, std::byte{1}, silent), Answers(4));
  EXPECT_THAT(Populate(target, 19, kMax >> 1, std::byte{1}, silent), Answers(1));
  for (const std::uint64_t pages : {std::uint64_t{0}, kMax, std::uint64_t{1} << 63}) {
    EXPECT_THAT(Populate(target, 16, pages, std::byte{1}, silent), FailsWith(Errno::kEINVAL));
  }
  for (const std::uint64_t gfn : {std::uint64_t{0}, std::uint64_t{20}, (kMax >> 12), kMax}) {
    EXPECT_THAT(Populate(target, gfn, 1, std::byte{1}, silent), FailsWith(Errno::kEINVAL)) << gfn;
  }
}

}  // namespace
}  // namespace kvm_model::hostile
