// arm64's kvm_vm_ioctl_check_extension(), KVM_ENABLE_CAP, and the host settings behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

constexpr std::int64_t kBlocks4K = 0x40201000;

constexpr std::int64_t kInvalid = -std::int64_t{22};

// What the switch answers on a default host, in its order, where the revisions agree.
constexpr auto kDefaultHost = std::to_array<Answer>({
    {"KVM_CAP_SYNC_MMU", 1, 1},  // from 7.0 on the generic function answers it
    {"KVM_CAP_IRQCHIP", 1, 1},
    {"KVM_CAP_IOEVENTFD", 1, 1},
    {"KVM_CAP_ONE_REG", 1, 1},
    {"KVM_CAP_ARM_PSCI", 1, 1},
    {"KVM_CAP_ARM_PSCI_0_2", 1, 1},
    {"KVM_CAP_READONLY_MEM", 1, 1},
    {"KVM_CAP_MP_STATE", 1, 1},
    {"KVM_CAP_IMMEDIATE_EXIT", 1, 1},
    {"KVM_CAP_VCPU_EVENTS", 1, 1},
    {"KVM_CAP_ARM_IRQ_LINE_LAYOUT_2", 1, 1},
    {"KVM_CAP_ARM_NISV_TO_USER", 1, 1},
    {"KVM_CAP_ARM_INJECT_EXT_DABT", 1, 1},
    {"KVM_CAP_SET_GUEST_DEBUG", 1, 1},
    {"KVM_CAP_VCPU_ATTRIBUTES", 1, 1},
    {"KVM_CAP_PTP_KVM", 1, 1},
    {"KVM_CAP_ARM_SYSTEM_SUSPEND", 1, 1},
    {"KVM_CAP_IRQFD_RESAMPLE", 1, 1},
    {"KVM_CAP_COUNTER_OFFSET", 1, 1},
    {"KVM_CAP_ARM_WRITABLE_IMP_ID_REGS", 1, 1},
    {"KVM_CAP_SET_GUEST_DEBUG2", 0x30003, 0x30003},
    {"KVM_CAP_ARM_SET_DEVICE_ADDR", 1, 1},
    {"KVM_CAP_NR_VCPUS", 8, 8},
    {"KVM_CAP_MAX_VCPUS", 512, 512},
    {"KVM_CAP_MAX_VCPU_ID", 512, 512},
    {"KVM_CAP_MSI_DEVID", kInvalid, 0},
    {"KVM_CAP_ARM_USER_IRQ", 1, 1},
    {"KVM_CAP_ARM_MTE", 0, 0},
    {"KVM_CAP_STEAL_TIME", 1, 1},
    {"KVM_CAP_ARM_EL1_32BIT", 0, 0},
    {"KVM_CAP_ARM_EL2", 0, 0},
    {"KVM_CAP_ARM_EL2_E2H0", 0, 0},
    {"KVM_CAP_GUEST_DEBUG_HW_BPS", 6, 6},
    {"KVM_CAP_GUEST_DEBUG_HW_WPS", 4, 4},
    {"KVM_CAP_ARM_PMU_V3", 1, 1},
    {"KVM_CAP_ARM_INJECT_SERROR_ESR", 1, 1},
    {"KVM_CAP_ARM_VM_IPA_SIZE", 48, 48},
    {"KVM_CAP_ARM_SVE", 1, 1},
    {"KVM_CAP_ARM_PTRAUTH_ADDRESS", 1, 1},
    {"KVM_CAP_ARM_PTRAUTH_GENERIC", 1, 1},
    {"KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE", 0, 0},
    {"KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", kBlocks4K, kBlocks4K},
    {"KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES", 1, 1},
    {"KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED", kInvalid, 1},
});

TEST(Arm64CapabilityTest, EveryNumberOnADefaultHost) {
  for (const std::string_view revision : kSince618) {
    Machine machine("arm64", {}, revision);
    std::vector<Answer> answers(kDefaultHost.begin(), kDefaultHost.end());
    const std::int64_t sea_to_user = revision == "linux-6.18" ? 0 : 1;
    answers.push_back({"KVM_CAP_ARM_SEA_TO_USER", sea_to_user, sea_to_user});
    if (FindRevision(revision)->arm64_pmu_v3_strict) {
      constexpr auto kUnknown = -static_cast<std::int64_t>(Errno::kENOSYS);
      answers.push_back({"KVM_CAP_ARM_PMU_V3_STRICT", kUnknown, kUnknown});
    }
    ExpectAnswersAndNothingElse(machine, answers);
  }
}

std::vector<Condition> Conditions() {
  const auto same = [](std::string_view capability, std::int64_t value) {
    return Answer{capability, value, value};
  };
  std::vector<Condition> conditions = {
      {{{"hw.vgic", "none"}}, same("KVM_CAP_IRQCHIP", 0)},
      {{{"hw.vgic", "v2"}}, same("KVM_CAP_IRQCHIP", 1)},
      {{{"hw.vgic", "v5"}}, same("KVM_CAP_IRQCHIP", 1)},
      {{{"hw.cpus", "64"}}, same("KVM_CAP_NR_VCPUS", 64)},
      {{{"hw.cpus", "600"}}, same("KVM_CAP_NR_VCPUS", 512)},
      {{{"hw.cpus", "600"}, {"hw.vgic", "none"}}, same("KVM_CAP_NR_VCPUS", 512)},
      {{{"hw.cpus", "64"}, {"hw.vgic", "v2"}}, same("KVM_CAP_NR_VCPUS", 8)},
      {{{"hw.cpus", "3"}, {"hw.vgic", "v2"}}, same("KVM_CAP_NR_VCPUS", 3)},
      {{{"hw.mte", "y"}}, same("KVM_CAP_ARM_MTE", 1)},
      {{{"hw.mte", "y"}, {"CONFIG_ARM64_MTE", "n"}}, same("KVM_CAP_ARM_MTE", 0)},
      {{{"CONFIG_SCHED_INFO", "n"}}, same("KVM_CAP_STEAL_TIME", 0)},
      {{{"hw.el1_32bit", "y"}}, same("KVM_CAP_ARM_EL1_32BIT", 1)},
      {{{"hw.nested_virt", "y"}}, same("KVM_CAP_ARM_EL2", 0)},
      {{{"kvm_arm.mode", "nested"}}, same("KVM_CAP_ARM_EL2", 0)},
      {{{"hw.nested_virt", "y"}, {"kvm_arm.mode", "nested"}}, same("KVM_CAP_ARM_EL2", 1)},
      {{{"hw.nested_virt", "y"}, {"kvm_arm.mode", "nested"}}, same("KVM_CAP_ARM_EL2_E2H0", 0)},
      {{{"hw.nested_virt", "y"}, {"hw.hcr_nv1", "y"}}, same("KVM_CAP_ARM_EL2_E2H0", 0)},
      {{{"hw.nested_virt", "y"}, {"hw.hcr_nv1", "y"}, {"kvm_arm.mode", "nested"}},
       same("KVM_CAP_ARM_EL2_E2H0", 1)},
      {{{"hw.breakpoints", "16"}}, same("KVM_CAP_GUEST_DEBUG_HW_BPS", 16)},
      {{{"hw.breakpoints", "2"}}, same("KVM_CAP_GUEST_DEBUG_HW_BPS", 2)},
      {{{"hw.watchpoints", "16"}}, same("KVM_CAP_GUEST_DEBUG_HW_WPS", 16)},
      {{{"hw.watchpoints", "2"}}, same("KVM_CAP_GUEST_DEBUG_HW_WPS", 2)},
      {{{"hw.pmu_v3", "n"}}, same("KVM_CAP_ARM_PMU_V3", 0)},
      {{{"CONFIG_ARM_PMU", "n"}}, same("KVM_CAP_ARM_PMU_V3", 0)},
      {{{"hw.ras", "n"}}, same("KVM_CAP_ARM_INJECT_SERROR_ESR", 0)},
      {{{"CONFIG_ARM64_RAS_EXTN", "n"}}, same("KVM_CAP_ARM_INJECT_SERROR_ESR", 0)},
      {{{"hw.ipa_bits", "52"}}, same("KVM_CAP_ARM_VM_IPA_SIZE", 52)},
      {{{"hw.ipa_bits", "40"}}, same("KVM_CAP_ARM_VM_IPA_SIZE", 40)},
      {{{"hw.sve", "n"}}, same("KVM_CAP_ARM_SVE", 0)},
      {{{"CONFIG_ARM64_SVE", "n"}}, same("KVM_CAP_ARM_SVE", 0)},
      {{{"hw.fwb", "n"}}, {"KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED", kInvalid, 0}},
      {{{"hw.cache_dic", "n"}}, {"KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED", kInvalid, 0}},
      {{{"CONFIG_PAGE_SHIFT", "14"}}, same("KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", 0x2004000)},
      {{{"CONFIG_PAGE_SHIFT", "16"}}, same("KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", 0x20010000)},
  };
  for (const std::string_view capability :
       {"KVM_CAP_ARM_PTRAUTH_ADDRESS", "KVM_CAP_ARM_PTRAUTH_GENERIC"}) {
    for (const std::string algorithm : {"qarma5", "qarma3", "impdef"}) {
      conditions.push_back({{{"hw.ptrauth_address", algorithm}, {"hw.ptrauth_generic", algorithm}},
                            same(capability, 1)});
    }
    conditions.push_back({{{"CONFIG_ARM64_PTR_AUTH", "n"}}, same(capability, 0)});
    conditions.push_back({{{"hw.ptrauth_address", "none"}}, same(capability, 0)});
    conditions.push_back({{{"hw.ptrauth_generic", "none"}}, same(capability, 0)});
    conditions.push_back({{{"hw.ptrauth_generic", "qarma3"}}, same(capability, 0)});
    conditions.push_back(
        {{{"hw.ptrauth_address", "none"}, {"hw.ptrauth_generic", "none"}}, same(capability, 0)});
  }
  for (const std::string_view capability : {"KVM_CAP_MAX_VCPUS", "KVM_CAP_MAX_VCPU_ID"}) {
    conditions.push_back({{{"hw.vgic", "v2"}}, same(capability, 8)});
    conditions.push_back({{{"hw.vgic", "v5"}}, same(capability, 512)});
    conditions.push_back({{{"hw.vgic", "none"}}, same(capability, 512)});
  }
  return conditions;
}

TEST(Arm64CapabilityTest, EachConditionDecides) {
  ExpectConditions("arm64", Conditions(), kSince618);
}

TEST(Arm64CapabilityTest, TheTrailNamesThePredicate) {
  Machine machine("arm64", {{"hw.fwb", "n"}});
  const int vm = machine.CreateVm().value();
  const auto steps_of = [&](int fd, std::string_view capability) {
    return StepsOf(machine, [&] { (void)Check(machine, fd, capability); }).ToText();
  };
  EXPECT_THAT(steps_of(vm, "KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED"),
              HasSubstr("ARM64_HAS_STAGE2_FWB: no"));
  EXPECT_THAT(steps_of(machine.kvm(), "KVM_CAP_MSI_DEVID"), HasSubstr("kvm == NULL: yes"));
  EXPECT_THAT(steps_of(vm, "KVM_CAP_ARM_VM_IPA_SIZE"), HasSubstr("kvm_ipa_limit"));
  EXPECT_THAT(steps_of(vm, "KVM_CAP_STEAL_TIME"), HasSubstr("sched_info_on(): yes"));
}

TEST(Arm64EnableCapTest, WhatIsAlwaysAllowed) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("arm64", {}, revision);
    const int vm = machine.CreateVm().value();
    machine.CreateVcpu(vm).value();
    for (const std::string_view capability :
         {"KVM_CAP_ARM_NISV_TO_USER", "KVM_CAP_ARM_SYSTEM_SUSPEND"}) {
      EXPECT_THAT(EnableCap(machine, vm, capability), Answers(0));
      EXPECT_THAT(EnableCap(machine, vm, capability, ~std::uint64_t{0}), Answers(0));
      EXPECT_THAT(EnableCap(machine, vm, capability, 0, 1), FailsWith(Errno::kEINVAL));
      EXPECT_THAT(EnableCap(machine, vm, capability, 0, 1U << 31), FailsWith(Errno::kEINVAL));
    }
  }
}

TEST(Arm64EnableCapTest, SeaToUserSince619) {
  for (const std::string_view revision : {"linux-7.0", "rfc-v4", "next-20260923"}) {
    Machine machine("arm64", {}, revision);
    const int vm = machine.CreateVm().value();
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_SEA_TO_USER"), Answers(0));
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_SEA_TO_USER", 0, 1), FailsWith(Errno::kEINVAL));
  }
  Machine machine("arm64", {}, "linux-6.18");
  EXPECT_THAT(EnableCap(machine, machine.CreateVm().value(), "KVM_CAP_ARM_SEA_TO_USER"),
              FailsWith(Errno::kEINVAL));
}

TEST(Arm64EnableCapTest, MteNeedsTheHardwareAndNoVcpu) {
  Machine with("arm64", {{"hw.mte", "y"}});
  const int vm = with.CreateVm().value();
  EXPECT_THAT(EnableCap(with, vm, "KVM_CAP_ARM_MTE", 0, 1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(EnableCap(with, vm, "KVM_CAP_ARM_MTE"), Answers(0));
  EXPECT_THAT(EnableCap(with, vm, "KVM_CAP_ARM_MTE"), Answers(0));
  with.CreateVcpu(vm).value();
  EXPECT_THAT(EnableCap(with, vm, "KVM_CAP_ARM_MTE"), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(EnableCap(with, with.CreateVm().value(), "KVM_CAP_ARM_MTE"), Answers(0));

  Machine without("arm64");
  EXPECT_THAT(EnableCap(without, without.CreateVm().value(), "KVM_CAP_ARM_MTE"),
              FailsWith(Errno::kEINVAL));
}

TEST(Arm64EnableCapTest, WritableIdRegistersNeedAVmWithoutVcpus) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"), Answers(0));
  machine.CreateVcpu(vm).value();
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"),
              FailsWith(Errno::kEINVAL));
}

TEST(Arm64EnableCapTest, AnEagerSplitChunkIsABlockOrNone) {
  constexpr std::string_view kChunk = "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE";
  for (const auto& [shift, sizes] : {std::pair<std::string, std::vector<int>>{"12", {12, 21, 30}},
                                     {"14", {14, 25}},
                                     {"16", {16, 29}}}) {
    Machine machine("arm64", {{"CONFIG_PAGE_SHIFT", shift}});
    const int vm = machine.CreateVm().value();
    const int other = machine.CreateVm().value();
    for (int bit = 0; bit < 64; ++bit) {
      const bool allowed = std::ranges::find(sizes, bit) != sizes.end();
      const std::uint64_t bytes = std::uint64_t{1} << bit;
      const auto answer = EnableCap(machine, vm, kChunk, bytes);
      if (!allowed) {
        EXPECT_THAT(answer, FailsWith(Errno::kEINVAL)) << bit;
        continue;
      }
      EXPECT_THAT(answer, Answers(0)) << bit;
      EXPECT_THAT(Check(machine, vm, kChunk), Answers(static_cast<std::int64_t>(bytes)));
      EXPECT_THAT(EnableCap(machine, vm, kChunk, bytes | 1), FailsWith(Errno::kEINVAL));
      EXPECT_THAT(EnableCap(machine, vm, kChunk, bytes, 1), FailsWith(Errno::kEINVAL));
      EXPECT_THAT(Check(machine, vm, kChunk), Answers(static_cast<std::int64_t>(bytes)));
    }
    // Two block sizes at once.
    EXPECT_THAT(EnableCap(machine, vm, kChunk,
                          (std::uint64_t{1} << sizes[0]) | (std::uint64_t{1} << sizes[1])),
                FailsWith(Errno::kEINVAL));
    EXPECT_THAT(Check(machine, other, kChunk), Answers(0));
    EXPECT_THAT(Check(machine, machine.kvm(), kChunk), Answers(0));
    EXPECT_THAT(EnableCap(machine, vm, kChunk, 0), Answers(0));
    EXPECT_THAT(Check(machine, vm, kChunk), Answers(0));
  }
}

TEST(Arm64EnableCapTest, AnEagerSplitChunkNeedsAVmWithoutMemory) {
  constexpr std::string_view kChunk = "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE";
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  alignas(4096) static std::array<char, 4096> page;
  const auto address = reinterpret_cast<std::uint64_t>(page.data());
  ASSERT_THAT(machine.SetSlot(vm, 7, 0, 1, address), Succeeds());
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{4096}, std::uint64_t{3}}) {
    const TrailRecorder steps = StepsOf(machine, [&] {
      EXPECT_THAT(EnableCap(machine, vm, kChunk, bytes), FailsWith(Errno::kEINVAL));
    });
    // The slots are looked at first.
    EXPECT_THAT(steps.ToText(), HasSubstr("kvm_are_all_memslots_empty(): no"));
    EXPECT_THAT(steps.ToText(), Not(HasSubstr("args[0] is 0")));
  }
  ASSERT_THAT(machine.SetSlot(vm, 7, 0, 0, address), Succeeds());
  EXPECT_THAT(EnableCap(machine, vm, kChunk, 4096), Answers(0));
  EXPECT_THAT(Check(machine, vm, kChunk), Answers(4096));
}

TEST(Arm64EnableCapTest, EveryOtherNumberIsRefused) {
  constexpr std::string_view kEnabled[] = {
      "KVM_CAP_ARM_NISV_TO_USER",         "KVM_CAP_ARM_MTE",
      "KVM_CAP_ARM_SYSTEM_SUSPEND",       "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE",
      "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS", "KVM_CAP_ARM_SEA_TO_USER"};
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("arm64", {{"hw.mte", "y"}}, revision);
    ExpectNothingElseIsEnabled(machine, kEnabled);
  }
}

TEST(Arm64EnableCapTest, NothingIsEnabledOnAVcpu) {
  Machine machine("arm64");
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  EXPECT_THAT(EnableCap(machine, vcpu, "KVM_CAP_ARM_NISV_TO_USER"), FailsWith(Errno::kEINVAL));
  // The ioctl itself is unknown: its argument isn't read.
  EXPECT_THAT(
      machine.task().Ioctl(vcpu, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), std::uint64_t{8}),
      FailsWith(Errno::kEINVAL));
}

struct Impossible {
  Settings settings;
  std::string text;
};

TEST(Arm64HostTest, WhatIsImpossibleIsRefusedWithItsReason) {
  const std::vector<Impossible> hosts = {
      {{{"hw.vhe", "n"}, {"kvm_arm.mode", "vhe"}},
       "kvm_arm.mode=vhe and kvm_arm.mode=nested need hw.vhe"},
      {{{"hw.vhe", "n"}, {"kvm_arm.mode", "nested"}},
       "kvm_arm.mode=vhe and kvm_arm.mode=nested need hw.vhe"},
      {{{"kvm_arm.mode", "protected"}, {"hw.vgic", "none"}}, "hw.vgic=v3 or v5"},
      {{{"kvm_arm.mode", "protected"}, {"hw.vgic", "v2"}}, "hw.vgic=v3 or v5"},
      {{{"kvm_arm.mode", "nested"}, {"hw.vgic", "v2"}}, "hw.vgic=v3 or v5"},
      {{{"kvm_arm.mode", "nested"}, {"hw.vgic", "none"}}, "hw.vgic=v3 or v5"},
      {{{"hw.vgic_v2_compat", "y"}, {"hw.vgic", "v2"}}, "hw.vgic_v2_compat needs hw.vgic=v3"},
      {{{"hw.vgic_v2_compat", "y"}, {"hw.vgic", "v5"}}, "hw.vgic_v2_compat needs hw.vgic=v3"},
      {{{"hw.vgic_v2_compat", "y"}, {"hw.vgic", "none"}}, "hw.vgic_v2_compat needs hw.vgic=v3"},
      {{{"hw.nested_virt", "y"}, {"hw.vhe", "n"}}, "hw.nested_virt needs hw.vhe"},
      {{{"hw.hcr_nv1", "y"}}, "hw.hcr_nv1 needs hw.nested_virt"},
      {{{"hw.breakpoints", "1"}}, "hw.breakpoints must be 2 to 16"},
      {{{"hw.breakpoints", "17"}}, "hw.breakpoints must be 2 to 16"},
      {{{"hw.watchpoints", "1"}}, "hw.watchpoints must be 2 to 16"},
      {{{"hw.watchpoints", "17"}}, "hw.watchpoints must be 2 to 16"},
      {{{"kvm_arm.mode", "none"}}, "the value must be vhe, nvhe, protected, nested"},
      {{{"hw.vgic", "v4"}}, "the value must be none, v2, v3, v5"},
  };
  for (const Impossible& host : hosts) {
    EXPECT_THAT(Refusal("arm64", host.settings), EndsWith(host.text)) << host.text;
  }
}

TEST(Arm64HostTest, WhatIsPossibleBoots) {
  const std::vector<Settings> hosts = {
      {{"hw.vhe", "n"}},
      {{"hw.vhe", "n"}, {"kvm_arm.mode", "protected"}},
      {{"kvm_arm.mode", "nvhe"}, {"hw.vgic", "none"}},
      {{"kvm_arm.mode", "protected"}, {"hw.vgic", "v5"}},
      {{"kvm_arm.mode", "nested"}, {"hw.vgic", "v5"}},
      {{"hw.vgic_v2_compat", "y"}},
      {{"hw.nested_virt", "y"}, {"hw.hcr_nv1", "y"}},
  };
  for (const Settings& host : hosts) EXPECT_EQ(Refusal("arm64", host), "");
}

TEST(Arm64HostTest, WithoutTheHostExtensionsTheKernelRunsAtEl1) {
  const auto mode = [](const Settings& settings) {
    for (const SettingAssignment& setting : Machine("arm64", settings).host().Settings()) {
      if (setting.name == "kvm_arm.mode") return setting.value;
    }
    return std::string();
  };
  EXPECT_EQ(mode({}), "vhe");
  EXPECT_EQ(mode({{"hw.vhe", "n"}}), "nvhe");
}

}  // namespace
}  // namespace kvm_model
