// arm64's interrupt controllers: KVM_CREATE_IRQCHIP, KVM_CREATE_DEVICE, and what they change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

constexpr std::uint32_t kVfio = 4;
constexpr std::uint32_t kVgicV2 = 5;
constexpr std::uint32_t kVgicV3 = 7;
constexpr std::uint32_t kIts = 8;

const Settings kV2 = {{"hw.vgic", "v2"}};
const Settings kV3 = {{"hw.vgic", "v3"}};
const Settings kV5 = {{"hw.vgic", "v5"}};
const Settings kNone = {{"hw.vgic", "none"}};
const Settings kV3WithV2 = {{"hw.vgic_v2_compat", "y"}};
const Settings kProtectedV3WithV2 = {{"hw.vgic_v2_compat", "y"}, {"kvm_arm.mode", "protected"}};

void ExpectMaxVcpus(Machine& machine, int fd, std::int64_t expected) {
  EXPECT_THAT(Check(machine, fd, "KVM_CAP_MAX_VCPUS"), Answers(expected));
  EXPECT_THAT(Check(machine, fd, "KVM_CAP_MAX_VCPU_ID"), Answers(expected));
}

void CreateVcpus(Machine& machine, int vm, std::uint64_t count) {
  for (std::uint64_t id = 0; id < count; ++id) ASSERT_THAT(machine.CreateVcpu(vm, id), Succeeds());
}

TEST(Arm64IrqchipTest, NeedsAVgicAndAGicV2ForGuests) {
  for (const std::string_view revision : kAllRevisions) {
    const auto create = [&](const Settings& settings) {
      Machine machine("arm64", settings, revision);
      return machine.CreateIrqchip(machine.CreateVm().value());
    };
    EXPECT_THAT(create(kNone), FailsWith(Errno::kENXIO));
    EXPECT_THAT(create(kV3), FailsWith(Errno::kENODEV));
    if (revision != "linux-6.12") {
      EXPECT_THAT(create(kV5), FailsWith(Errno::kENODEV));
    }
    EXPECT_THAT(create(kProtectedV3WithV2), FailsWith(Errno::kENODEV));
    EXPECT_THAT(create(kV2), Answers(0));
    EXPECT_THAT(create(kV3WithV2), Answers(0));
  }
}

TEST(Arm64IrqchipTest, ASecondControllerIsRefused) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(machine.CreateIrqchip(vm), Answers(0));
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV2), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), FailsWith(Errno::kEEXIST));
  ExpectMaxVcpus(machine, vm, 8);
  EXPECT_THAT(machine.CreateIrqchip(machine.CreateVm().value()), Answers(0));
}

TEST(Arm64IrqchipTest, NarrowsTheVmAlone) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  ExpectMaxVcpus(machine, vm, 512);
  ASSERT_THAT(machine.CreateIrqchip(vm), Answers(0));
  ExpectMaxVcpus(machine, vm, 8);
  ExpectMaxVcpus(machine, machine.kvm(), 512);
  ExpectMaxVcpus(machine, machine.CreateVm().value(), 512);
}

TEST(Arm64IrqchipTest, MoreVcpusThanItServesAreTooMany) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  CreateVcpus(machine, vm, 9);
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kE2BIG));
  // The limit stays, and no GIC was made.
  ExpectMaxVcpus(machine, vm, 8);
  EXPECT_THAT(machine.CreateVcpu(vm, 9), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kE2BIG));
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
  ExpectMaxVcpus(machine, vm, 512);
  EXPECT_THAT(machine.CreateVcpu(vm, 9), Succeeds());

  const int eight = machine.CreateVm().value();
  CreateVcpus(machine, eight, 8);
  EXPECT_THAT(machine.CreateIrqchip(eight), Answers(0));
}

TEST(Arm64VcpuTest, AnIdOutsideTheVmsLimitIsRefused) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(machine.CreateVcpu(vm, 511), Succeeds());
  EXPECT_THAT(machine.CreateVcpu(vm, 512), FailsWith(Errno::kEINVAL));
  const int narrow = machine.CreateVm().value();
  ASSERT_THAT(machine.CreateIrqchip(narrow), Answers(0));
  EXPECT_THAT(machine.CreateVcpu(narrow, 8), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.CreateVcpu(narrow, 7), Succeeds());
  EXPECT_THAT(machine.CreateVcpu(narrow, 7), FailsWith(Errno::kEEXIST));

  Machine v2("arm64", kV2);
  const int vm_of_v2 = v2.CreateVm().value();
  EXPECT_THAT(v2.CreateVcpu(vm_of_v2, 8), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(v2.CreateVcpu(vm_of_v2, 7), Succeeds());
}

TEST(Arm64DeviceTest, AHostRegistersWhatItCanGiveGuests) {
  struct Registered {
    Settings settings;
    bool v2, v3;
  };
  for (const Registered& host : {Registered{kNone, false, false},
                                 {kV2, true, false},
                                 {kV3, false, true},
                                 {kV5, false, true},
                                 {kV3WithV2, true, true},
                                 {kProtectedV3WithV2, false, true}}) {
    for (const auto& [type, registered] :
         {std::pair{kVgicV2, host.v2}, {kVgicV3, host.v3}, {kIts, host.v3}}) {
      Machine machine("arm64", host.settings);
      const int vm = machine.CreateVm().value();
      SCOPED_TRACE(testing::Message() << host.settings[0].value << " type " << type);
      if (!registered) {
        EXPECT_THAT(TestDevice(machine, vm, type), FailsWith(Errno::kENODEV));
        EXPECT_THAT(machine.CreateDevice(vm, type), FailsWith(Errno::kENODEV));
        continue;
      }
      EXPECT_THAT(TestDevice(machine, vm, type), Answers(0));
      // Nothing was made.
      EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(0));
      EXPECT_THAT(machine.CreateDevice(vm, type), Succeeds());
      EXPECT_THAT(TestDevice(machine, vm, type), Answers(0));
    }
  }
}

TEST(Arm64DeviceTest, TypesOfOtherArchitecturesAreRegisteredByNobody) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  for (const std::uint32_t type : {0U, 1U, 2U, 3U, 6U, 9U, 10U, 11U, 12U, 100U, ~0U}) {
    EXPECT_THAT(TestDevice(machine, vm, type), FailsWith(Errno::kENODEV)) << type;
    EXPECT_THAT(machine.CreateDevice(vm, type), FailsWith(Errno::kENODEV)) << type;
  }
  const TrailRecorder steps = StepsOf(
      machine, [&] { EXPECT_THAT(machine.CreateDevice(vm, kVfio), FailsWith(Errno::kENOSYS)); });
  EXPECT_TRUE(steps.Has(Certainty::kNotModelled));
}

TEST(Arm64DeviceTest, AGicV3LimitsTheVmTo512) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
  ExpectMaxVcpus(machine, vm, 512);
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV2), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kEEXIST));
  ExpectMaxVcpus(machine, vm, 512);
}

TEST(Arm64DeviceTest, AGicV2DeviceLimitsTheVmTo8) {
  Machine machine("arm64", kV2);
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV2), Succeeds());
  ExpectMaxVcpus(machine, vm, 8);
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(0));
}

TEST(Arm64DeviceTest, AnItsMakesMsisNeedADeviceId) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("arm64", {}, revision);
    const int vm = machine.CreateVm().value();
    const int other = machine.CreateVm().value();
    // It asks for no GIC, and there may be several.
    EXPECT_THAT(machine.CreateDevice(vm, kIts), Succeeds());
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(1));
    EXPECT_THAT(machine.CreateDevice(vm, kIts), Succeeds());
    EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(1));
    EXPECT_THAT(Check(machine, other, "KVM_CAP_MSI_DEVID"), Answers(0));
    EXPECT_THAT(Check(machine, machine.kvm(), "KVM_CAP_MSI_DEVID"), FailsWith(Errno::kEINVAL));
  }
}

TEST(Arm64DeviceTest, MemoryCanBeShort) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  // The device, then what is the ITS's own.
  for (const std::uint64_t nth : {1U, 2U}) {
    machine.kernel().allocations().FailNth(nth);
    EXPECT_THAT(machine.CreateDevice(vm, kIts), FailsWith(Errno::kENOMEM));
    EXPECT_FALSE(machine.kernel().allocations().armed());
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(0));
  }
  CreateVcpus(machine, vm, 2);
  // The device, then the interrupts of each vCPU.
  for (const std::uint64_t nth : {1U, 2U, 3U}) {
    machine.kernel().allocations().FailNth(nth);
    EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), FailsWith(Errno::kENOMEM));
    EXPECT_FALSE(machine.kernel().allocations().armed());
  }
  // Last the file, without which the controller is there all the same.
  machine.kernel().allocations().FailNth(4);
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), FailsWith(Errno::kENOMEM));
  EXPECT_FALSE(machine.kernel().allocations().armed());
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), FailsWith(Errno::kEEXIST));
}

// In linux-6.12 a GIC's initialization makes the vCPUs' interrupts.
TEST(Arm64DeviceTest, AGicOf612TakesNoMemoryForVcpus) {
  Machine machine("arm64", {}, "linux-6.12");
  const int vm = machine.CreateVm().value();
  CreateVcpus(machine, vm, 2);
  // The device, then the file.
  machine.kernel().allocations().FailNth(3);
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
  EXPECT_TRUE(machine.kernel().allocations().armed());
}

// Wrong in two ways, each call answers what is looked at first.
TEST(Arm64DeviceTest, ChecksInTheirOrder) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  CreateVcpus(machine, vm, 9);
  machine.kernel().allocations().FailNth(1);
  EXPECT_THAT(machine.CreateDevice(vm, 3), FailsWith(Errno::kENODEV));
  EXPECT_TRUE(machine.kernel().allocations().armed()) << "the type comes before memory";
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV2), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
  // The VM has a GIC, and too many vCPUs for another.
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kEEXIST));
  ExpectMaxVcpus(machine, vm, 512);
}

TEST(Arm64IrqchipTest, AGicV2ThatCannotBeEmulatedIsMissedBeforeAnotherControllerIsFound) {
  Machine machine("arm64", kV3);
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(machine.CreateDevice(vm, kVgicV3), Succeeds());
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kENODEV));
}

TEST(Arm64IrqchipTest, TooManyVcpusAreFoundBeforeMemoryIsShort) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  CreateVcpus(machine, vm, 9);
  machine.kernel().allocations().FailNth(1);
  EXPECT_THAT(machine.CreateIrqchip(vm), FailsWith(Errno::kE2BIG));
  EXPECT_TRUE(machine.kernel().allocations().armed());
}

TEST(Arm64DeviceTest, ATestNeedsNoMemory) {
  Machine machine("arm64", kV3WithV2);
  const int vm = machine.CreateVm().value();
  machine.kernel().allocations().FailNth(1);
  for (const std::uint32_t type : {kVfio, kVgicV2, kVgicV3, kIts}) {
    EXPECT_THAT(TestDevice(machine, vm, type), Answers(0)) << type;
  }
  EXPECT_TRUE(machine.kernel().allocations().armed());
}

TEST(Arm64DeviceTest, AFullTableOfDescriptorsLeavesTheControllerBehind) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  machine.task().fds().SetLimit(machine.task().fds().Open().size());
  EXPECT_THAT(machine.CreateDevice(vm, kIts), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_MSI_DEVID"), Answers(1));
}

TEST(Arm64DeviceTest, ItsOwnIoctlsAreNotModelled) {
  for (const auto& [type, name] :
       {std::pair<std::uint32_t, std::string_view>{kVgicV2, "kvm-arm-vgic-v2"},
        {kVgicV3, "kvm-arm-vgic-v3"},
        {kIts, "kvm-arm-vgic-its"}}) {
    Machine machine("arm64", kV3WithV2);
    const int vm = machine.CreateVm().value();
    const int device = machine.CreateDevice(vm, type).value();
    EXPECT_EQ((*machine.task().fds().Get(device))->name(), name);
    const std::uint32_t set = machine.Request(uapi::Ioctl("KVM_SET_DEVICE_ATTR"));
    const TrailRecorder steps = StepsOf(machine, [&] {
      EXPECT_THAT(machine.task().Ioctl(device, set, std::uint64_t{0}), FailsWith(Errno::kENOSYS));
    });
    EXPECT_TRUE(steps.Has(Certainty::kNotModelled));
    const std::uint32_t run = machine.Request(uapi::Ioctl("KVM_RUN"));
    EXPECT_THAT(machine.task().Ioctl(device, run, std::uint64_t{0}), FailsWith(Errno::kENOTTY));
    EXPECT_THAT(machine.task().Ioctl(device, 0x1234, std::uint64_t{0}), FailsWith(Errno::kENOTTY));
    // A child has another address space.
    const auto child = machine.task().Fork();
    EXPECT_THAT(child->Ioctl(device, set, std::uint64_t{0}), FailsWith(Errno::kEIO));
    EXPECT_THAT(child->Ioctl(device, 0x1234, std::uint64_t{0}), FailsWith(Errno::kEIO));
    EXPECT_THAT(machine.task().Close(vm), Succeeds());
    EXPECT_THAT(machine.task().Ioctl(device, set, std::uint64_t{0}), FailsWith(Errno::kENOSYS));
  }
}

}  // namespace
}  // namespace kvm_model
