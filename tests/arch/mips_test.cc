// mips's kvm_vm_ioctl_check_extension(), KVM_ENABLE_CAP, and the host settings behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
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

TEST(MipsCapabilityTest, EveryNumberOnADefaultHost) {
  constexpr auto kAnswers = std::to_array<Answer>({
      {"KVM_CAP_SYNC_MMU", 1, 1},  // from 7.0 on the generic function answers it
      {"KVM_CAP_ONE_REG", 1, 1},
      {"KVM_CAP_ENABLE_CAP", 1, 1},
      {"KVM_CAP_READONLY_MEM", 1, 1},
      {"KVM_CAP_IMMEDIATE_EXIT", 1, 1},
      {"KVM_CAP_NR_VCPUS", 8, 8},
      {"KVM_CAP_MAX_VCPUS", 16, 16},
      {"KVM_CAP_MAX_VCPU_ID", 16, 16},
      {"KVM_CAP_MIPS_FPU", 1, 1},
      {"KVM_CAP_MIPS_MSA", 1, 1},
      {"KVM_CAP_MIPS_VZ", 1, 1},
      {"KVM_CAP_MIPS_64BIT", 2, 2},
      {"KVM_CAP_IOEVENTFD", 1, 1},
      {"KVM_CAP_MIPS_TE", 0, 0},
  });
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("mips", {}, revision);
    ExpectAnswersAndNothingElse(machine, kAnswers);
  }
}

TEST(MipsCapabilityTest, EachConditionDecides) {
  const std::vector<Condition> conditions = {
      {{{"hw.cpus", "2"}}, {"KVM_CAP_NR_VCPUS", 2, 2}},
      {{{"hw.cpus", "17"}}, {"KVM_CAP_NR_VCPUS", 16, 16}},
      {{{"hw.fpu", "n"}}, {"KVM_CAP_MIPS_FPU", 0, 0}},
      {{{"hw.fpu", "n"}}, {"KVM_CAP_MIPS_MSA", 0, 0}},
      {{{"hw.msa", "n"}}, {"KVM_CAP_MIPS_MSA", 0, 0}},
      {{{"hw.msa", "n"}}, {"KVM_CAP_MIPS_FPU", 1, 1}},
      {{{"hw.wrp", "y"}}, {"KVM_CAP_MIPS_MSA", 0, 0}},
      {{{"CONFIG_64BIT", "n"}}, {"KVM_CAP_MIPS_64BIT", 0, 0}},
  };
  ExpectConditions("mips", conditions);
}

TEST(MipsEnableCapTest, AVmEnablesNothingOfItsOwn) {
  Machine machine("mips");
  ExpectNothingElseIsEnabled(machine, {});
}

TEST(MipsEnableCapTest, AVcpuEnablesTheFpuAndMsa) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("mips", {}, revision);
    const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
    for (const std::string_view capability : {"KVM_CAP_MIPS_FPU", "KVM_CAP_MIPS_MSA"}) {
      EXPECT_THAT(EnableCap(machine, vcpu, capability), Answers(0));
      EXPECT_THAT(EnableCap(machine, vcpu, capability, 0, 1), FailsWith(Errno::kEINVAL));
      EXPECT_THAT(EnableCap(machine, vcpu, capability, 1, 0), FailsWith(Errno::kEINVAL));
      EXPECT_THAT(EnableCap(machine, vcpu, capability, std::uint64_t{1} << 63),
                  FailsWith(Errno::kEINVAL));
    }
    for (std::uint32_t number = 0; number <= 300; ++number) {
      if (number == 111 || number == 112) continue;
      EXPECT_THAT(machine.EnableCap(vcpu, number), FailsWith(Errno::kEINVAL)) << number;
    }
    EXPECT_THAT(machine.task().Ioctl(vcpu, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")),
                                     std::uint64_t{8}),
                FailsWith(Errno::kEFAULT));
  }
}

TEST(MipsEnableCapTest, AVcpuEnablesOnlyWhatIsReported) {
  Machine machine("mips", {{"hw.fpu", "n"}});
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  EXPECT_THAT(EnableCap(machine, vcpu, "KVM_CAP_MIPS_FPU"), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(EnableCap(machine, vcpu, "KVM_CAP_MIPS_MSA"), FailsWith(Errno::kEINVAL));
  Machine partitioned("mips", {{"hw.wrp", "y"}});
  const int other = partitioned.CreateVcpu(partitioned.CreateVm().value()).value();
  EXPECT_THAT(EnableCap(partitioned, other, "KVM_CAP_MIPS_FPU"), Answers(0));
  EXPECT_THAT(EnableCap(partitioned, other, "KVM_CAP_MIPS_MSA"), FailsWith(Errno::kEINVAL));
}

// Every refusal is EINVAL, so that the trail tells which check came first.
TEST(MipsEnableCapTest, ChecksInTheirOrder) {
  Machine machine("mips");
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  constexpr std::string_view kReported = "kvm_vm_ioctl_check_extension(cap) is not 0: ";
  constexpr std::string_view kFlags = "flags != 0: ";
  constexpr std::string_view kArg = "args[0] != 0: ";
  const auto steps_of = [&](std::string_view capability, std::uint64_t arg, std::uint32_t flags) {
    const TrailRecorder steps = StepsOf(machine, [&] {
      EXPECT_THAT(EnableCap(machine, vcpu, capability, arg, flags), FailsWith(Errno::kEINVAL));
    });
    return steps.ToText();
  };
  const auto yes = [](std::string_view text) { return HasSubstr(std::string(text) + "yes"); };
  const auto no = [](std::string_view text) { return HasSubstr(std::string(text) + "no"); };
  const auto unasked = [](std::string_view text) { return Not(HasSubstr(std::string(text))); };

  const std::string all_wrong = steps_of("KVM_CAP_MIPS_TE", 1, 1);
  EXPECT_THAT(all_wrong, no(kReported));
  EXPECT_THAT(all_wrong, unasked(kFlags));
  const std::string flags_and_arg = steps_of("KVM_CAP_MIPS_VZ", 1, 1);
  EXPECT_THAT(flags_and_arg, yes(kFlags));
  EXPECT_THAT(flags_and_arg, unasked(kArg));
  const std::string arg_and_number = steps_of("KVM_CAP_MIPS_VZ", 1, 0);
  EXPECT_THAT(arg_and_number, yes(kArg));
  EXPECT_THAT(arg_and_number, unasked("enables it on a vCPU"));
  EXPECT_THAT(steps_of("KVM_CAP_MIPS_VZ", 0, 0), no("the architecture enables it on a vCPU: "));
  // What the generic function alone reports isn't reported here.
  EXPECT_THAT(steps_of("KVM_CAP_USER_MEMORY", 0, 0), no(kReported));
}

TEST(MipsHostTest, WhatIsImpossibleIsRefusedWithItsReason) {
  EXPECT_THAT(Refusal("mips", {{"hw.fpu", "n"}, {"hw.msa", "y"}}), EndsWith("hw.msa needs hw.fpu"));
  EXPECT_THAT(Refusal("mips", {{"hw.msa", "n"}, {"hw.wrp", "y"}}), EndsWith("hw.wrp needs hw.msa"));
  EXPECT_EQ(Refusal("mips", {{"hw.fpu", "n"}}), "");
  EXPECT_EQ(Refusal("mips", {{"hw.wrp", "y"}, {"CONFIG_64BIT", "n"}}), "");
}

}  // namespace
}  // namespace kvm_model
