// riscv's kvm_vm_ioctl_check_extension(), KVM_ENABLE_CAP, and the host settings behind them.
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
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

TEST(RiscvCapabilityTest, EveryNumberOnADefaultHost) {
  constexpr auto kAnswers = std::to_array<Answer>({
      {"KVM_CAP_SYNC_MMU", 1, 1},  // from 7.0 on the generic function answers it
      {"KVM_CAP_IRQCHIP", 1, 1},
      {"KVM_CAP_IOEVENTFD", 1, 1},
      {"KVM_CAP_ONE_REG", 1, 1},
      {"KVM_CAP_READONLY_MEM", 1, 1},
      {"KVM_CAP_MP_STATE", 1, 1},
      {"KVM_CAP_IMMEDIATE_EXIT", 1, 1},
      {"KVM_CAP_SET_GUEST_DEBUG", 1, 1},
      {"KVM_CAP_NR_VCPUS", 8, 8},
      {"KVM_CAP_MAX_VCPUS", 1024, 1024},
      {"KVM_CAP_VM_GPA_BITS", 50, 50},
  });
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("riscv", {}, revision);
    ExpectAnswersAndNothingElse(machine, kAnswers);
  }
}

TEST(RiscvCapabilityTest, EachConditionDecides) {
  const std::vector<Condition> conditions = {
      {{{"hw.aia", "n"}}, {"KVM_CAP_IRQCHIP", 0, 0}},
      {{{"hw.cpus", "1"}}, {"KVM_CAP_NR_VCPUS", 1, 1}},
      {{{"hw.cpus", "1025"}}, {"KVM_CAP_NR_VCPUS", 1024, 1024}},
      {{{"hw.gpa_bits", "41"}}, {"KVM_CAP_VM_GPA_BITS", 41, 41}},
      {{{"hw.gpa_bits", "59"}}, {"KVM_CAP_VM_GPA_BITS", 59, 59}},
      {{{"CONFIG_64BIT", "n"}}, {"KVM_CAP_VM_GPA_BITS", 34, 34}},
      {{{"CONFIG_64BIT", "n"}, {"hw.gpa_bits", "34"}}, {"KVM_CAP_VM_GPA_BITS", 34, 34}},
  };
  ExpectConditions("riscv", conditions);
}

TEST(RiscvCapabilityTest, TheManualDirtyLogChangedIn619FromMemory) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("riscv", {}, revision);
    const int vm = machine.CreateVm().value();
    const bool initially_set = revision != "linux-6.18" && revision != "linux-6.12";
    for (const int fd : {machine.kvm(), vm}) {
      const TrailRecorder steps = StepsOf(machine, [&] {
        EXPECT_THAT(Check(machine, fd, "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"),
                    Answers(initially_set ? 3 : 1));
      });
      EXPECT_TRUE(steps.Has(Certainty::kInferred));
    }
    const TrailRecorder steps = StepsOf(machine, [&] {
      const auto answer = EnableCap(machine, vm, "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2", 3);
      if (initially_set) {
        EXPECT_THAT(answer, Answers(0));
      } else {
        EXPECT_THAT(answer, FailsWith(Errno::kEINVAL));
      }
    });
    EXPECT_TRUE(steps.Has(Certainty::kInferred));
  }
}

// Other architectures' answer is known.
TEST(RiscvCapabilityTest, OnlyItsManualDirtyLogIsInferred) {
  for (const std::string_view arch : {"x86", "arm64", "loongarch", "mips"}) {
    Machine machine(arch);
    const TrailRecorder steps = StepsOf(machine, [&] {
      EXPECT_THAT(Check(machine, machine.kvm(), "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"), Succeeds());
    });
    EXPECT_FALSE(steps.Has(Certainty::kInferred)) << arch;
  }
}

TEST(RiscvEnableCapTest, NothingIsEnabledOn612) {
  Machine machine("riscv", {}, "linux-6.12");
  ExpectNothingElseIsEnabled(machine, {});
}

TEST(RiscvDeviceTest, TheBridgeToVfioIsNotIn612) {
  Machine older("riscv", {}, "linux-6.12");
  EXPECT_THAT(TestDevice(older, older.CreateVm().value(), uapi::kDevTypeVfio),
              FailsWith(Errno::kENODEV));
  EXPECT_THAT(TestDevice(older, older.CreateVm().value(), uapi::kDevTypeRiscvAia),
              FailsWith(Errno::kENOSYS));
  for (const std::string_view revision : kSince618) {
    Machine newer("riscv", {}, revision);
    EXPECT_THAT(TestDevice(newer, newer.CreateVm().value(), uapi::kDevTypeVfio),
                FailsWith(Errno::kENOSYS))
        << revision << ": known, and not modelled";
  }
}

TEST(RiscvEnableCapTest, MpStateResetIsEnabledThoughNotReported) {
  for (const std::string_view revision : kSince618) {
    Machine machine("riscv", {}, revision);
    const int vm = machine.CreateVm().value();
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_RISCV_MP_STATE_RESET"), Answers(0));
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_RISCV_MP_STATE_RESET", 7), Answers(0));
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_RISCV_MP_STATE_RESET"), Answers(0));
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_RISCV_MP_STATE_RESET", 0, 1),
                FailsWith(Errno::kEINVAL));
  }
}

TEST(RiscvEnableCapTest, FlagsComeBeforeTheNumber) {
  Machine machine("riscv");
  const int vm = machine.CreateVm().value();
  const TrailRecorder steps = StepsOf(machine, [&] {
    EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 0, 1), FailsWith(Errno::kEINVAL));
  });
  EXPECT_THAT(steps.ToText(), HasSubstr("flags != 0: yes"));
  EXPECT_THAT(steps.ToText(), Not(HasSubstr("RISCV_MP_STATE_RESET")));
}

TEST(RiscvEnableCapTest, EveryOtherNumberIsRefused) {
  constexpr std::string_view kEnabled[] = {"KVM_CAP_RISCV_MP_STATE_RESET"};
  Machine machine("riscv");
  ExpectNothingElseIsEnabled(machine, kEnabled);
}

TEST(RiscvEnableCapTest, AVcpuHasNoSuchIoctl) {
  Machine machine("riscv");
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  EXPECT_THAT(EnableCap(machine, vcpu, "KVM_CAP_RISCV_MP_STATE_RESET"), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(
      machine.task().Ioctl(vcpu, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), std::uint64_t{8}),
      FailsWith(Errno::kEINVAL));
}

TEST(RiscvHostTest, The32BitModeIsOf32BitKernels) {
  constexpr std::string_view kRule =
      "hw.gpa_bits is 34 with CONFIG_64BIT=n, and more with "
      "CONFIG_64BIT=y";
  EXPECT_THAT(Refusal("riscv", {{"hw.gpa_bits", "34"}}), EndsWith(std::string(kRule)));
  EXPECT_THAT(Refusal("riscv", {{"CONFIG_64BIT", "n"}, {"hw.gpa_bits", "41"}}),
              EndsWith(std::string(kRule)));
  EXPECT_THAT(Refusal("riscv", {{"hw.gpa_bits", "48"}}), HasSubstr("34, 41, 50, 59"));
  EXPECT_EQ(Refusal("riscv", {{"CONFIG_64BIT", "n"}}), "");
}

}  // namespace
}  // namespace kvm_model
