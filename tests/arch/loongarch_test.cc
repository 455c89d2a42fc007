// loongarch's kvm_vm_ioctl_check_extension() and KVM_ENABLE_CAP.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using uapi::Errno;

TEST(LoongarchCapabilityTest, EveryNumber) {
  constexpr auto kAnswers = std::to_array<Answer>({
      {"KVM_CAP_SYNC_MMU", 1, 1},  // from 7.0 on the generic function answers it
      {"KVM_CAP_IRQCHIP", 1, 1},
      {"KVM_CAP_ONE_REG", 1, 1},
      {"KVM_CAP_ENABLE_CAP", 1, 1},
      {"KVM_CAP_READONLY_MEM", 1, 1},
      {"KVM_CAP_IMMEDIATE_EXIT", 1, 1},
      {"KVM_CAP_IOEVENTFD", 1, 1},
      {"KVM_CAP_MP_STATE", 1, 1},
      {"KVM_CAP_SET_GUEST_DEBUG", 1, 1},
      {"KVM_CAP_NR_VCPUS", 8, 8},
      {"KVM_CAP_MAX_VCPUS", 256, 256},
      {"KVM_CAP_MAX_VCPU_ID", 256, 256},
  });
  for (const std::string_view revision : kSince618) {
    Machine machine("loongarch", {}, revision);
    ExpectAnswersAndNothingElse(machine, kAnswers);
  }
}

TEST(LoongarchCapabilityTest, VcpusAreRecommendedUpTo256) {
  for (const auto& [cpus, expected] : {std::pair{"1", 1}, {"255", 255}, {"257", 256}}) {
    Machine machine("loongarch", {{"hw.cpus", cpus}});
    const Answer answer = {"KVM_CAP_NR_VCPUS", expected, expected};
    ExpectAnswers(machine, std::array{answer});
  }
}

TEST(LoongarchCapabilityTest, OnlyIrqchipIsFromMemory) {
  Machine machine("loongarch");
  const int vm = machine.CreateVm().value();
  for (const int fd : {machine.kvm(), vm}) {
    for (std::int64_t number = 0; number <= 232; ++number) {
      const TrailRecorder steps =
          StepsOf(machine, [&] { EXPECT_THAT(machine.Check(fd, number), Succeeds()); });
      EXPECT_EQ(steps.Has(Certainty::kInferred), number == 0) << number;
      EXPECT_FALSE(steps.Has(Certainty::kNotModelled)) << number;
    }
  }
}

TEST(LoongarchEnableCapTest, AVmEnablesNothingOfItsOwn) {
  Machine machine("loongarch");
  ExpectNothingElseIsEnabled(machine, {});
}

TEST(LoongarchEnableCapTest, AVcpuEnablesNothingThoughEnableCapIsReported) {
  Machine machine("loongarch");
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  for (std::uint32_t number = 0; number <= 300; ++number) {
    EXPECT_THAT(machine.EnableCap(vcpu, number), FailsWith(Errno::kEINVAL)) << number;
  }
  // The argument is read first.
  EXPECT_THAT(
      machine.task().Ioctl(vcpu, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), std::uint64_t{8}),
      FailsWith(Errno::kEFAULT));
}

TEST(LoongarchIrqchipTest, TheFirstWithoutControllersIs612) {
  Machine machine("loongarch", {}, "linux-6.12");
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kENOTTY));
  for (const std::uint32_t type : {uapi::kDevTypeVfio, uapi::kDevTypeLoongarchIpi}) {
    EXPECT_THAT(TestDevice(machine, vm, type), FailsWith(Errno::kENODEV));
  }
}

TEST(LoongarchIrqchipTest, CreatingOneDoesNothing) {
  Machine machine("loongarch");
  const int vm = machine.CreateVm().value();
  const TrailRecorder steps = StepsOf(machine, [&] {
    EXPECT_THAT(machine.CreateIrqchip(vm), Answers(0));
    EXPECT_THAT(machine.CreateIrqchip(vm), Answers(0));
  });
  EXPECT_TRUE(steps.Has(Certainty::kInferred));
}

}  // namespace
}  // namespace kvm_model
