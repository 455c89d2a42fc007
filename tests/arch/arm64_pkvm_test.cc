// pKVM's gate on arm64, as a host in protected mode and its unprotected VMs meet it. The list
// itself, with protected VMs, is tested beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using uapi::Errno;

constexpr std::string_view kNewRevisions[] = {"linux-7.0", "rfc-v4", "next-20260923"};

TEST(PkvmHostTest, MteIsHiddenAtBothScopesSince70) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("arm64", {{"kvm_arm.mode", "protected"}, {"hw.mte", "y"}}, revision);
    const int vm = machine.CreateVm().value();
    const bool hidden = std::ranges::find(kNewRevisions, revision) != std::end(kNewRevisions);
    const std::int64_t expected = hidden ? 0 : 1;
    EXPECT_THAT(Check(machine, machine.kvm(), "KVM_CAP_ARM_MTE"), Answers(expected));
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_ARM_MTE"), Answers(expected));
    const auto enabled = EnableCap(machine, vm, "KVM_CAP_ARM_MTE");
    if (expected == 1) {
      EXPECT_THAT(enabled, Answers(0));
    } else {
      EXPECT_THAT(enabled, FailsWith(Errno::kEINVAL));
    }
  }
}

// An unprotected VM has everything else, and so has /dev/kvm.
TEST(PkvmHostTest, OtherwiseAHostInProtectedModeAnswersLikeAnother) {
  for (const std::string_view revision : kAllRevisions) {
    Machine plain("arm64", {{"kvm_arm.mode", "nvhe"}}, revision);
    Machine pkvm("arm64", {{"kvm_arm.mode", "protected"}}, revision);
    const int plain_vm = plain.CreateVm().value();
    const int pkvm_vm = pkvm.CreateVm().value();
    for (std::int64_t number = 0; number <= 300; ++number) {
      EXPECT_EQ(pkvm.Check(pkvm.kvm(), number), plain.Check(plain.kvm(), number)) << number;
      EXPECT_EQ(pkvm.Check(pkvm_vm, number), plain.Check(plain_vm, number)) << number;
    }
    EXPECT_THAT(EnableCap(pkvm, pkvm_vm, "KVM_CAP_ARM_NISV_TO_USER"), Answers(0));
    EXPECT_THAT(EnableCap(pkvm, pkvm_vm, "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE", 4096), Answers(0));
  }
}

TEST(PkvmHostTest, WhatTheListDecidesIsMarkedAsInferred) {
  const auto steps_of = [](Machine& machine, int fd, std::string_view capability) {
    return StepsOf(machine, [&] { (void)Check(machine, fd, capability); });
  };
  for (const std::string_view revision : kNewRevisions) {
    Machine pkvm("arm64", {{"kvm_arm.mode", "protected"}}, revision);
    for (const std::string_view capability : {"KVM_CAP_ARM_MTE", "KVM_CAP_ARM_SVE"}) {
      const TrailRecorder steps = steps_of(pkvm, pkvm.kvm(), capability);
      EXPECT_TRUE(steps.Has(Certainty::kInferred));
      EXPECT_THAT(steps.ToText(), HasSubstr("is_protected_kvm_enabled(): yes"));
      EXPECT_THAT(steps.ToText(), HasSubstr("kvm_pkvm_ext_allowed"));
    }
    Machine plain("arm64", {}, revision);
    const TrailRecorder steps = steps_of(plain, plain.kvm(), "KVM_CAP_ARM_MTE");
    EXPECT_EQ(steps.Has(Certainty::kInferred), !plain.host().revision().inference.empty());
    EXPECT_THAT(steps.ToText(), HasSubstr("is_protected_kvm_enabled(): no"));
    EXPECT_THAT(steps.ToText(), Not(HasSubstr("kvm_pkvm_ext_allowed")));
  }
  Machine older("arm64", {{"kvm_arm.mode", "protected"}}, "linux-6.18");
  const TrailRecorder steps = steps_of(older, older.CreateVm().value(), "KVM_CAP_ARM_SVE");
  EXPECT_FALSE(steps.Has(Certainty::kInferred));
  EXPECT_THAT(steps.ToText(), HasSubstr("kvm && kvm_vm_is_protected(kvm): no"));
}

TEST(PkvmHostTest, FlagsComeBeforeTheGate) {
  Machine machine("arm64", {{"kvm_arm.mode", "protected"}, {"hw.mte", "y"}});
  const int vm = machine.CreateVm().value();
  const TrailRecorder steps = StepsOf(machine, [&] {
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_MTE", 0, 1), FailsWith(Errno::kEINVAL));
  });
  EXPECT_THAT(steps.ToText(), HasSubstr("flags != 0: yes"));
  EXPECT_THAT(steps.ToText(), Not(HasSubstr("is_protected_kvm_enabled()")));
}

TEST(PkvmHostTest, AVmsOwnIoctlsGoThroughTheGate) {
  for (const std::string_view revision : kNewRevisions) {
    Machine machine("arm64", {{"kvm_arm.mode", "protected"}}, revision);
    const int vm = machine.CreateVm().value();
    const TrailRecorder steps = StepsOf(
        machine, [&] { EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kENODEV)); });
    EXPECT_THAT(steps.ToText(), HasSubstr("kvm_pkvm_ioctl_allowed"));
  }
}

// The size that is asked for isn't looked at, except that its bits are those of a size.
TEST(PkvmHostTest, EveryVmHasTheHostsIpaLimit) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("arm64", {{"kvm_arm.mode", "protected"}, {"hw.ipa_bits", "36"}}, revision);
    for (const std::uint64_t type : {0U, 1U, 31U, 32U, 40U, 48U, 255U}) {
      const auto vm = machine.CreateVm(type);
      ASSERT_THAT(vm, Succeeds()) << type;
      EXPECT_EQ(machine.VmOf(*vm)->type().gpa_bits, 36U);
    }
    EXPECT_THAT(machine.CreateVm(256), FailsWith(Errno::kEINVAL));
    EXPECT_THAT(machine.CreateVm(std::uint64_t{1} << 32), FailsWith(Errno::kEINVAL));
  }
}

}  // namespace
}  // namespace kvm_model
