// The architectures' own checks of memory slots, and the limits that differ between them.
#include <sys/mman.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

// The first gfn that a guest can't have, and what a slot that takes it answers.
struct Limit {
  std::string name;
  std::string arch;
  Settings settings;
  std::uint64_t vm_type;
  std::uint64_t first_gfn_beyond;
  Errno error;
};

void PrintTo(const Limit& limit, std::ostream* out) { *out << limit.name; }

constexpr std::uint64_t Gfns(unsigned bits, unsigned page_shift = 12) {
  return std::uint64_t{1} << (bits - page_shift);
}

const Limit kLimits[] = {
    {"x86_46_bits", "x86", {}, 0, Gfns(46), Errno::kEINVAL},
    {"x86_52_bits", "x86", {{"hw.maxphyaddr", "52"}}, 0, Gfns(52), Errno::kEINVAL},
    {"x86_36_bits", "x86", {{"hw.maxphyaddr", "36"}}, 0, Gfns(36), Errno::kEINVAL},
    // Without two-dimensional page tables KVM's own 52 bits count.
    {"x86_shadow", "x86", {{"hw.maxphyaddr", "39"}, {"hw.tdp", "n"}}, 0, Gfns(52), Errno::kEINVAL},
    {"arm64_default_40_bits", "arm64", {}, 0, Gfns(40), Errno::kEFAULT},
    {"arm64_32_bits", "arm64", {}, 32, Gfns(32), Errno::kEFAULT},
    {"arm64_48_bits", "arm64", {}, 48, Gfns(48), Errno::kEFAULT},
    {"arm64_64k_pages", "arm64", {{"CONFIG_PAGE_SHIFT", "16"}}, 44, Gfns(44, 16), Errno::kEFAULT},
    // The last possible page can't be used either.
    {"riscv_Sv39x4", "riscv", {{"hw.gpa_bits", "41"}}, 0, Gfns(41) - 1, Errno::kEFAULT},
    {"riscv_Sv48x4", "riscv", {}, 0, Gfns(50) - 1, Errno::kEFAULT},
    {"riscv_Sv57x4", "riscv", {{"hw.gpa_bits", "59"}}, 0, Gfns(59) - 1, Errno::kEFAULT},
    {"loongarch_48_bits", "loongarch", {}, 0, Gfns(48, 14), Errno::kENOMEM},
    {"loongarch_40_bits_4k",
     "loongarch",
     {{"hw.gpa_bits", "40"}, {"CONFIG_PAGE_SHIFT", "12"}},
     0,
     Gfns(40),
     Errno::kENOMEM},
};

class GuestPhysicalLimitTest : public ::testing::TestWithParam<Limit> {
 protected:
  GuestPhysicalLimitTest()
      : machine_(GetParam().arch, GetParam().settings),
        vm_(machine_.CreateVm(GetParam().vm_type).value()) {}

  Machine machine_;
  int vm_;
};

TEST_P(GuestPhysicalLimitTest, ASlotMayEndRightBelowIt) {
  const std::uint64_t limit = GetParam().first_gfn_beyond;
  EXPECT_THAT(machine_.SetSlot(vm_, 0, limit - 1, 1), Answers(0));
  EXPECT_THAT(machine_.SetSlot(vm_, 1, limit - 9, 8), Answers(0));
}

TEST_P(GuestPhysicalLimitTest, ASlotThatTakesItIsRefusedAndLeavesNothing) {
  const std::uint64_t limit = GetParam().first_gfn_beyond;
  for (const auto& [gfn, pages] : {std::pair{limit, 1}, {limit - 1, 2}, {limit - 7, 8}}) {
    EXPECT_THAT(machine_.SetSlot(vm_, 0, gfn, static_cast<std::uint64_t>(pages)),
                FailsWith(GetParam().error));
    EXPECT_THAT(machine_.SetSlot(vm_, 0, 0, 0), FailsWith(Errno::kEINVAL)) << "no slot to delete";
  }
}

TEST_P(GuestPhysicalLimitTest, ASlotIsNotMovedToIt) {
  const std::uint64_t limit = GetParam().first_gfn_beyond;
  ASSERT_THAT(machine_.SetSlot(vm_, 0, 16, 2), Answers(0));
  EXPECT_THAT(machine_.SetSlot(vm_, 0, limit - 1, 2), FailsWith(GetParam().error));
  // It is where it was: the same call again changes nothing, and another slot overlaps it.
  EXPECT_THAT(machine_.SetSlot(vm_, 0, 16, 2), Answers(0));
  EXPECT_THAT(machine_.SetSlot(vm_, 1, 17, 2), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(machine_.SetSlot(vm_, 0, limit - 2, 2), Answers(0));
}

INSTANTIATE_TEST_SUITE_P(Hosts, GuestPhysicalLimitTest, ::testing::ValuesIn(kLimits),
                         [](const auto& which) { return which.param.name; });

// The hosts that have guest_memfd.
class GuestMemfdBeyondTheLimitTest : public GuestPhysicalLimitTest {};

TEST_P(GuestMemfdBeyondTheLimitTest, TheFileOfARefusedSlotIsFreeToBeBound) {
  const int file = machine_.CreateGuestMemfd(vm_, 4, uapi::kGuestMemfdFlagMmap).value();
  EXPECT_THAT(machine_.BindSlot(vm_, 0, GetParam().first_gfn_beyond, 4, file),
              FailsWith(GetParam().error));
  EXPECT_THAT(machine_.BindSlot(vm_, 0, 16, 4, file), Answers(0));
}

std::vector<Limit> LimitsWithGuestMemfd() {
  std::vector<Limit> limits(std::begin(kLimits), std::end(kLimits));
  std::erase_if(limits, [](const Limit& limit) {
    return !Machine(limit.arch, limit.settings).host().facts().guest_memfd;
  });
  return limits;
}

INSTANTIATE_TEST_SUITE_P(Hosts, GuestMemfdBeyondTheLimitTest,
                         ::testing::ValuesIn(LimitsWithGuestMemfd()),
                         [](const auto& which) { return which.param.name; });

// How many slots user space has, and whether they can be read-only.
struct Slots {
  std::string arch;
  std::uint32_t user_slots;
  bool readonly;
};

void PrintTo(const Slots& slots, std::ostream* out) { *out << slots.arch; }

const Slots kSlots[] = {
    {"x86", 32764, true},   {"arm64", 32767, true},     {"riscv", 32767, true},
    {"s390", 32766, false}, {"loongarch", 32767, true}, {"powerpc", 32767, false},
    {"mips", 32767, true},
};

class UserSlotsTest : public ::testing::TestWithParam<Slots> {
 protected:
  UserSlotsTest() : machine_(GetParam().arch), vm_(machine_.CreateVm().value()) {}

  Machine machine_;
  int vm_;
};

TEST_P(UserSlotsTest, TheLastOfThemCanBeUsedAndNoneAbove) {
  const std::uint32_t slots = GetParam().user_slots;
  EXPECT_THAT(machine_.Check(vm_, 10), Answers(slots));
  EXPECT_THAT(machine_.SetSlot(vm_, slots - 1, 0, 1), Answers(0));
  EXPECT_THAT(machine_.SetSlot(vm_, slots - 1, 0, 0), Answers(0));
  for (const std::uint32_t above : {slots, slots + 1, 0xffffu}) {
    EXPECT_THAT(machine_.SetSlot(vm_, above, 0, 1), FailsWith(Errno::kEINVAL)) << above;
  }
}

TEST_P(UserSlotsTest, FlagsAreThoseOfTheArchitecture) {
  const std::uint32_t valid =
      uapi::kMemLogDirtyPages | (GetParam().readonly ? uapi::kMemReadonly : 0);
  for (int bit = 0; bit < 32; ++bit) {
    const std::uint32_t flag = std::uint32_t{1} << bit;
    const auto answer = machine_.SetSlot(vm_, 0, 0, 1, 0, flag);
    EXPECT_EQ(answer.has_value(), (flag & ~valid) == 0) << "bit " << bit;
    if (answer) {
      ASSERT_THAT(machine_.SetSlot(vm_, 0, 0, 0), Answers(0));
    } else {
      EXPECT_THAT(answer, FailsWith(Errno::kEINVAL));
    }
  }
}

// The program's own memory, as the model hands it out, can stand behind a slot.
TEST_P(UserSlotsTest, MemoryThatWasMappedCanBeASlot) {
  const auto memory = machine_.task().Mmap(4 * machine_.page_size(), PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_THAT(memory, Succeeds());
  EXPECT_THAT(machine_.SetSlot(vm_, 0, 0, 4, *memory), Answers(0));
}

TEST_P(UserSlotsTest, ThereIsOneAddressSpaceExceptOnX86) {
  const bool two = GetParam().arch == "x86";
  EXPECT_EQ(machine_.SetSlot(vm_, 1u << 16, 0, 1).has_value(), two);
  EXPECT_THAT(machine_.SetSlot(vm_, 2u << 16, 0, 1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine_.SetSlot(vm_, 0xffffu << 16, 0, 1), FailsWith(Errno::kEINVAL));
}

TEST_P(UserSlotsTest, AddressesAreAlignedToTheArchitecturesPages) {
  for (std::uint64_t step = 1; step < machine_.page_size(); step *= 2) {
    uapi::kvm_userspace_memory_region region{};
    const auto set = [&] {
      return machine_.task().Ioctl(vm_, machine_.Request(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION")),
                                   &region);
    };
    region = {0, 0, step, machine_.page_size(), 0};
    EXPECT_THAT(set(), FailsWith(Errno::kEINVAL)) << step;
    region = {0, 0, 0, machine_.page_size() + step, 0};
    EXPECT_THAT(set(), FailsWith(Errno::kEINVAL)) << step;
    region = {0, 0, 0, machine_.page_size(), step};
    EXPECT_THAT(set(), FailsWith(Errno::kEINVAL)) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, UserSlotsTest, ::testing::ValuesIn(kSlots),
                         [](const auto& which) { return which.param.arch; });

TEST(S390SlotsTest, AUserControlledVmTakesNone) {
  Machine machine("s390", {{"CONFIG_KVM_S390_UCONTROL", "y"}});
  const int vm = machine.CreateVm(uapi::kVmS390Ucontrol).value();
  EXPECT_THAT(machine.SetSlot(vm, 0, 0, 1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.SetSlot(machine.CreateVm().value(), 0, 0, 1), Answers(0));
}

TEST(Arm64SlotsTest, AGuestMemfdThatCannotBeMappedBacksNoSlot) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  const int unmappable = machine.CreateGuestMemfd(vm, 4, uapi::kGuestMemfdFlagInitShared).value();
  const int mappable =
      machine.CreateGuestMemfd(vm, 4, uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared)
          .value();
  EXPECT_THAT(machine.BindSlot(vm, 0, 0, 4, unmappable), FailsWith(Errno::kEINVAL));
  // Where it lies is looked at first.
  EXPECT_THAT(machine.BindSlot(vm, 0, Gfns(40), 4, unmappable), FailsWith(Errno::kEFAULT));
  EXPECT_THAT(machine.BindSlot(vm, 0, 0, 4, mappable), Answers(0));
  // Once its slot is gone, the file can be bound anew.
  EXPECT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0));
  EXPECT_THAT(machine.BindSlot(vm, 1, 0, 4, mappable), Answers(0));
}

TEST(X86SlotsTest, VmsWithHiddenRegistersHaveNoReadOnlySlots) {
  Machine machine("x86");
  for (std::uint64_t type = 0; type < 6; ++type) {
    const int vm = machine.CreateVm(type).value();
    const bool hidden = type >= uapi::kX86SevEsVm;
    EXPECT_EQ(machine.SetSlot(vm, 0, 0, 1, 0, uapi::kMemReadonly).has_value(), !hidden) << type;
  }
}

TEST(X86SlotsTest, VmsWithPrivateMemoryHaveOneAddressSpace) {
  Machine machine("x86");
  for (std::uint64_t type = 0; type < 6; ++type) {
    const int vm = machine.CreateVm(type).value();
    const bool private_mem = type == uapi::kX86SwProtectedVm || type >= uapi::kX86SnpVm;
    EXPECT_EQ(machine.SetSlot(vm, 1u << 16, 0, 1).has_value(), !private_mem) << type;
  }
}

}  // namespace
}  // namespace kvm_model
