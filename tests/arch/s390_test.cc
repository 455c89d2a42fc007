// s390's answers to KVM_CHECK_EXTENSION, and KVM_ENABLE_CAP on its VMs and vCPUs.
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Cap;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

constexpr std::uint64_t kDefaultType = 0;

// ---- KVM_CHECK_EXTENSION ----

struct Constant {
  std::int64_t capability;
  std::int64_t value;
};

constexpr Constant kConstants[] = {
    {Cap("KVM_CAP_S390_PSW"), 1},
    {Cap("KVM_CAP_S390_GMAP"), 1},
    {Cap("KVM_CAP_SYNC_MMU"), 1},
    {Cap("KVM_CAP_ASYNC_PF"), 1},
    {Cap("KVM_CAP_SYNC_REGS"), 1},
    {Cap("KVM_CAP_ONE_REG"), 1},
    {Cap("KVM_CAP_ENABLE_CAP"), 1},
    {Cap("KVM_CAP_S390_CSS_SUPPORT"), 1},
    {Cap("KVM_CAP_IOEVENTFD"), 1},
    {Cap("KVM_CAP_S390_IRQCHIP"), 1},
    {Cap("KVM_CAP_VM_ATTRIBUTES"), 1},
    {Cap("KVM_CAP_MP_STATE"), 1},
    {Cap("KVM_CAP_IMMEDIATE_EXIT"), 1},
    {Cap("KVM_CAP_S390_INJECT_IRQ"), 1},
    {Cap("KVM_CAP_S390_USER_SIGP"), 1},
    {Cap("KVM_CAP_S390_USER_STSI"), 1},
    {Cap("KVM_CAP_S390_SKEYS"), 1},
    {Cap("KVM_CAP_S390_IRQ_STATE"), 1},
    {Cap("KVM_CAP_S390_USER_INSTR0"), 1},
    {Cap("KVM_CAP_S390_CMMA_MIGRATION"), 1},
    {Cap("KVM_CAP_S390_AIS"), 1},
    {Cap("KVM_CAP_S390_AIS_MIGRATION"), 1},
    {Cap("KVM_CAP_S390_VCPU_RESETS"), 1},
    {Cap("KVM_CAP_SET_GUEST_DEBUG"), 1},
    {Cap("KVM_CAP_S390_DIAG318"), 1},
    {Cap("KVM_CAP_IRQFD_RESAMPLE"), 1},
    {Cap("KVM_CAP_SET_GUEST_DEBUG2"), 0x10010003},
    {Cap("KVM_CAP_S390_MEM_OP"), 65536},
    {Cap("KVM_CAP_S390_MEM_OP_EXTENSION"), 3},
    // Other architectures' own.
    {Cap("KVM_CAP_IRQCHIP"), 0},
    {Cap("KVM_CAP_ARM_EL1_32BIT"), 0},
    {Cap("KVM_CAP_PPC_PAPR"), 0},
};

TEST(S390CapabilityTest, SomeAnswersDependOnNothing) {
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("s390", {}, revision);
    const int vm = *machine.CreateVm();
    for (const auto& [capability, value] : kConstants) {
      EXPECT_THAT(machine.Check(machine.kvm(), capability), Answers(value))
          << revision << " " << capability;
      EXPECT_THAT(machine.Check(vm, capability), Answers(value)) << revision << " " << capability;
    }
  }
}

struct Revised {
  std::int64_t capability;
  std::int64_t in_618;
  std::int64_t in_70;
};

TEST(S390CapabilityTest, TwoCameAfter618) {
  const Revised kRevised[] = {{Cap("KVM_CAP_S390_USER_OPEREXEC"), 0, 1},
                              {Cap("KVM_CAP_S390_KEYOP"), 0, 1}};
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("s390", {}, revision);
    const int vm = *machine.CreateVm();
    for (const auto& [capability, in_618, in_70] : kRevised) {
      const bool older = revision == "linux-6.12" || revision == "linux-6.18";
      const std::int64_t value = older ? in_618 : in_70;
      EXPECT_THAT(machine.Check(machine.kvm(), capability), Answers(value)) << revision;
      EXPECT_THAT(machine.Check(vm, capability), Answers(value)) << revision;
    }
  }
}

// A capability on one host; /dev/kvm and an ordinary VM answer the same.
struct Conditional {
  std::string name;
  Settings settings;
  std::int64_t capability;
  std::int64_t value;
  // What decides it, as the trail says.
  std::string predicate;
};

void PrintTo(const Conditional& row, std::ostream* out) { *out << row.name; }

Conditional OneSwitch(std::string name, std::string setting, std::string value,
                      std::int64_t capability, std::int64_t answer, std::string predicate) {
  return {std::move(name),
          {{std::move(setting), std::move(value)}},
          capability,
          answer,
          std::move(predicate)};
}

std::vector<Conditional> Conditionals() {
  std::vector<Conditional> rows;
  const auto both = [&rows](std::string name, const std::string& setting, std::int64_t capability,
                            const std::string& predicate) {
    rows.push_back(OneSwitch(name + "_on", setting, "y", capability, 1, predicate + ": yes"));
    rows.push_back(OneSwitch(name + "_off", setting, "n", capability, 0, predicate + ": no"));
  };
  both("ucontrol", "CONFIG_KVM_S390_UCONTROL", Cap("KVM_CAP_S390_UCONTROL"),
       "CONFIG_KVM_S390_UCONTROL");
  both("hpage", "kvm.hpage", Cap("KVM_CAP_S390_HPAGE_1M"), "hpage");
  both("cow", "hw.esop", Cap("KVM_CAP_S390_COW"), "machine_has_esop()");
  both("vx", "hw.facility_129", Cap("KVM_CAP_S390_VECTOR_REGISTERS"), "test_facility(129)");
  both("ri", "hw.facility_64", Cap("KVM_CAP_S390_RI"), "test_facility(64)");
  both("gs", "hw.facility_133", Cap("KVM_CAP_S390_GS"), "test_facility(133)");
  both("bpb", "hw.facility_82", Cap("KVM_CAP_S390_BPB"), "test_facility(82)");
  both("topology", "hw.facility_11", Cap("KVM_CAP_S390_CPU_TOPOLOGY"), "test_facility(11)");
  both("zpci", "hw.zpci_interp", Cap("KVM_CAP_S390_ZPCI_OP"), "kvm_s390_pci_interp_allowed()");
  both("protected", "hw.prot_virt", Cap("KVM_CAP_S390_PROTECTED"), "is_prot_virt_host()");
  both("async_disable", "hw.prot_virt", Cap("KVM_CAP_S390_PROTECTED_ASYNC_DISABLE"),
       "is_prot_virt_host()");
  both("dump", "hw.prot_virt", Cap("KVM_CAP_S390_PROTECTED_DUMP"), "is_prot_virt_host()");
  rows.push_back({"async_destroy_off",
                  {{"hw.prot_virt", "y"}, {"kvm.async_destroy", "n"}},
                  Cap("KVM_CAP_S390_PROTECTED_ASYNC_DISABLE"),
                  0,
                  "async_destroy: no"});
  const std::pair<std::string, std::string> kDumpCalls[] = {
      {"hw.uv_dump_init", "BIT_UVC_CMD_DUMP_INIT is"},
      {"hw.uv_dump_config_stor_state", "BIT_UVC_CMD_DUMP_CONFIG_STOR_STATE is"},
      {"hw.uv_dump_cpu", "BIT_UVC_CMD_DUMP_CPU is"},
      {"hw.uv_dump_complete", "BIT_UVC_CMD_DUMP_COMPLETE is"},
  };
  for (const auto& [setting, predicate] : kDumpCalls) {
    rows.push_back({"without_" + setting.substr(3),
                    {{"hw.prot_virt", "y"}, {setting, "n"}},
                    Cap("KVM_CAP_S390_PROTECTED_DUMP"),
                    0,
                    predicate + " in uv_info.inst_calls_list: no"});
  }
  return rows;
}

class S390ConditionTest : public ::testing::TestWithParam<Conditional> {};

TEST_P(S390ConditionTest, DecidesOnBothScopesAndTheTrailSaysSo) {
  const Conditional& row = GetParam();
  for (const std::string_view revision : kAllRevisions) {
    Machine machine("s390", row.settings, revision);
    const int vm = *machine.CreateVm();
    for (const int fd : {machine.kvm(), vm}) {
      TrailRecorder trail;
      machine.task().SetTrailListener(&trail);
      EXPECT_THAT(machine.Check(fd, row.capability), Answers(row.value)) << revision;
      machine.task().SetTrailListener(nullptr);
      EXPECT_THAT(trail.ToText(), HasSubstr(row.predicate)) << revision;
      EXPECT_EQ(trail.Has(Certainty::kInferred), !machine.host().revision().inference.empty())
          << revision;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, S390ConditionTest, ::testing::ValuesIn(Conditionals()),
                         [](const auto& which) { return which.param.name; });

// ---- How many vCPUs ----

struct Limit {
  std::string name;
  std::string revision;
  Settings settings;
  std::int64_t vcpus;
  bool inferred;
};

void PrintTo(const Limit& limit, std::ostream* out) { *out << limit.name; }

const Limit kLimits[] = {
    {"z16_612", "linux-6.12", {}, 248, false},
    {"basic_area_612", "linux-6.12", {{"hw.esca", "n"}}, 64, false},
    {"no_sigp_612", "linux-6.12", {{"hw.sigpif", "n"}}, 255, false},
    {"z16_618", "linux-6.18", {}, 248, false},
    {"z16_70", "linux-7.0", {}, 248, false},
    {"z16_rfc_v4", "rfc-v4", {}, 248, false},
    {"basic_area_618", "linux-6.18", {{"hw.esca", "n"}}, 64, false},
    {"area_in_31_bits_618", "linux-6.18", {{"hw.64bscao", "n"}}, 64, false},
    {"no_sigp_618", "linux-6.18", {{"hw.sigpif", "n"}}, 255, false},
    {"no_sigp_basic_area_618", "linux-6.18", {{"hw.sigpif", "n"}, {"hw.esca", "n"}}, 255, false},
    {"area_in_31_bits_70", "linux-7.0", {{"hw.64bscao", "n"}}, 248, false},
    {"no_sigp_70", "linux-7.0", {{"hw.sigpif", "n"}}, 255, false},
    {"no_sigp_rfc_v4", "rfc-v4", {{"hw.sigpif", "n"}}, 255, false},
    {"basic_area_70", "linux-7.0", {{"hw.esca", "n"}}, 255, true},
};

class S390VcpuLimitTest : public ::testing::TestWithParam<Limit> {};

TEST_P(S390VcpuLimitTest, BothCapabilitiesAnswerIt) {
  Machine machine("s390", GetParam().settings, GetParam().revision);
  const int vm = *machine.CreateVm();
  for (const std::int64_t capability : {Cap("KVM_CAP_MAX_VCPUS"), Cap("KVM_CAP_MAX_VCPU_ID")}) {
    for (const int fd : {machine.kvm(), vm}) {
      TrailRecorder trail;
      machine.task().SetTrailListener(&trail);
      EXPECT_THAT(machine.Check(fd, capability), Answers(GetParam().vcpus));
      machine.task().SetTrailListener(nullptr);
      EXPECT_EQ(trail.Has(Certainty::kInferred), GetParam().inferred);
    }
  }
}

TEST_P(S390VcpuLimitTest, TheRecommendationStopsThere) {
  for (const std::int64_t cpus : {std::int64_t{1}, GetParam().vcpus - 1, GetParam().vcpus,
                                  GetParam().vcpus + 1, std::int64_t{1000}}) {
    Settings settings = GetParam().settings;
    settings.push_back({"hw.cpus", std::to_string(cpus)});
    Machine machine("s390", settings, GetParam().revision);
    const std::int64_t expected = cpus < GetParam().vcpus ? cpus : GetParam().vcpus;
    EXPECT_THAT(machine.Check(machine.kvm(), Cap("KVM_CAP_NR_VCPUS")), Answers(expected));
    EXPECT_THAT(machine.Check(*machine.CreateVm(), Cap("KVM_CAP_NR_VCPUS")), Answers(expected));
  }
}

TEST_P(S390VcpuLimitTest, ExactlyThatManyVcpusCanBeMade) {
  Machine machine("s390", GetParam().settings, GetParam().revision);
  const int vm = *machine.CreateVm();
  const auto limit = static_cast<std::uint64_t>(GetParam().vcpus);
  EXPECT_THAT(machine.CreateVcpu(vm, limit), FailsWith(Errno::kEINVAL));
  for (std::uint64_t id = 0; id < limit; ++id) {
    ASSERT_THAT(machine.CreateVcpu(vm, id), Succeeds()) << id;
  }
  EXPECT_THAT(machine.CreateVcpu(vm, 0), FailsWith(Errno::kEINVAL)) << "before EEXIST";
}

INSTANTIATE_TEST_SUITE_P(Hosts, S390VcpuLimitTest, ::testing::ValuesIn(kLimits),
                         [](const auto& which) { return which.param.name; });

// ---- KVM_CREATE_VM ----

TEST(S390VmTypeTest, AUserControlledVmNeedsSysAdmin) {
  Machine machine("s390", {{"CONFIG_KVM_S390_UCONTROL", "y"}});
  EXPECT_THAT(machine.CreateVm(uapi::kVmS390Ucontrol), Succeeds());
  machine.task().SetPrivileges({.sys_admin = false});
  EXPECT_THAT(machine.CreateVm(uapi::kVmS390Ucontrol), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.CreateVm(kDefaultType), Succeeds());
  machine.task().SetPrivileges({.sys_admin = true, .sys_boot = false});
  EXPECT_THAT(machine.CreateVm(uapi::kVmS390Ucontrol), Succeeds());
}

// ---- KVM_ENABLE_CAP ----

Result<std::int64_t> Enable(Machine& machine, int fd, std::int64_t capability,
                            std::uint32_t flags = 0) {
  uapi::kvm_enable_cap cap{};
  cap.cap = static_cast<std::uint32_t>(capability);
  cap.flags = flags;
  // Arguments and padding don't count.
  cap.args[0] = cap.args[3] = ~std::uint64_t{0};
  cap.pad[0] = 1;
  return machine.task().Ioctl(fd, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), &cap);
}

TEST(S390EnableCapTest, WhatHasNoConditionsWorksEvenWithVcpus) {
  Machine machine("s390");
  const int vm = *machine.CreateVm();
  for (const bool with_vcpu : {false, true}) {
    if (with_vcpu) {
      ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
    }
    for (const std::int64_t capability :
         {Cap("KVM_CAP_S390_IRQCHIP"), Cap("KVM_CAP_S390_USER_SIGP"), Cap("KVM_CAP_S390_USER_STSI"),
          Cap("KVM_CAP_S390_USER_INSTR0"), Cap("KVM_CAP_S390_USER_OPEREXEC")}) {
      EXPECT_THAT(Enable(machine, vm, capability), Answers(0)) << capability;
      EXPECT_THAT(Enable(machine, vm, capability), Answers(0)) << capability << " again";
      EXPECT_THAT(Enable(machine, vm, capability, 1), FailsWith(Errno::kEINVAL)) << capability;
    }
  }
}

TEST(S390EnableCapTest, UserOperexecIsUnknownUpTo618) {
  for (const std::string_view revision : {"linux-6.12", "linux-6.18"}) {
    Machine machine("s390", {}, revision);
    EXPECT_THAT(Enable(machine, *machine.CreateVm(), Cap("KVM_CAP_S390_USER_OPEREXEC")),
                FailsWith(Errno::kEINVAL));
  }
}

// kvm_arch_prepare_memory_region() of 6.12: whole segments, where the guest's own place is free.
TEST(S390MemslotTest, SlotsOf612AreSegments) {
  constexpr std::uint64_t kSegmentPages = 256;
  Machine machine("s390", {}, "linux-6.12");
  const int vm = *machine.CreateVm();
  const std::uint64_t segment = std::uint64_t{1} << 32;
  EXPECT_THAT(machine.SetSlot(vm, 0, 1, kSegmentPages, segment), Answers(0));
  EXPECT_THAT(machine.SetSlot(vm, 0, 3, kSegmentPages, segment), Answers(0)) << "it moves";
  EXPECT_THAT(machine.SetSlot(vm, 1, 1024, kSegmentPages - 1, segment), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.SetSlot(vm, 1, 1024, kSegmentPages, segment + 4096),
              FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.SetSlot(vm, 32766, 1024, kSegmentPages, segment), Answers(0));
  EXPECT_THAT(machine.SetSlot(vm, 32767, 2048, kSegmentPages, segment), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0));
  Machine newer("s390", {}, "linux-6.18");
  EXPECT_THAT(newer.SetSlot(*newer.CreateVm(), 1, 1024, 1, segment + 4096), Answers(0));
}

// What must be settled before there are vCPUs, and the setting without which it can't be had.
struct Facility {
  std::string name;
  std::int64_t capability;
  std::optional<std::string> setting;
};

void PrintTo(const Facility& facility, std::ostream* out) { *out << facility.name; }

const Facility kFacilities[] = {
    {"vector_registers", Cap("KVM_CAP_S390_VECTOR_REGISTERS"), "hw.facility_129"},
    {"runtime_instrumentation", Cap("KVM_CAP_S390_RI"), "hw.facility_64"},
    {"adapter_interrupt_suppression", Cap("KVM_CAP_S390_AIS"), std::nullopt},
    {"guarded_storage", Cap("KVM_CAP_S390_GS"), "hw.facility_133"},
    {"huge_pages", Cap("KVM_CAP_S390_HPAGE_1M"), "kvm.hpage"},
    {"cpu_topology", Cap("KVM_CAP_S390_CPU_TOPOLOGY"), "hw.facility_11"},
};

class S390FacilityTest : public ::testing::TestWithParam<Facility> {
 protected:
  Machine With(const std::string& value) const {
    if (!GetParam().setting.has_value()) return Machine("s390");
    return Machine("s390", {{*GetParam().setting, value}});
  }
};

TEST_P(S390FacilityTest, IsEnabledBeforeTheFirstVcpu) {
  Machine machine = With("y");
  const int vm = *machine.CreateVm();
  EXPECT_THAT(Enable(machine, vm, GetParam().capability), Answers(0));
  EXPECT_THAT(Enable(machine, vm, GetParam().capability), Answers(0)) << "again";
}

TEST_P(S390FacilityTest, IsBusyOnceThereIsAVcpu) {
  Machine machine = With("y");
  const int vm = *machine.CreateVm();
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(Enable(machine, vm, GetParam().capability), FailsWith(Errno::kEBUSY));
}

TEST_P(S390FacilityTest, FlagsAreRefusedBeforeAnythingElse) {
  Machine machine = With("n");
  const int vm = *machine.CreateVm();
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  for (const std::uint32_t flags : {1U, 0x80000000U}) {
    EXPECT_THAT(Enable(machine, vm, GetParam().capability, flags), FailsWith(Errno::kEINVAL));
  }
}

INSTANTIATE_TEST_SUITE_P(Facilities, S390FacilityTest, ::testing::ValuesIn(kFacilities),
                         [](const auto& which) { return which.param.name; });

// The facilities that need something of the machine.
class S390MachineFacilityTest : public S390FacilityTest {};

TEST_P(S390MachineFacilityTest, IsRefusedWithoutIt) {
  Machine machine = With("n");
  const int vm = *machine.CreateVm();
  EXPECT_THAT(Enable(machine, vm, GetParam().capability), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(Enable(machine, vm, GetParam().capability), FailsWith(Errno::kEBUSY))
      << "vCPUs are looked at first";
}

std::vector<Facility> FacilitiesOfTheMachine() {
  std::vector<Facility> facilities(std::begin(kFacilities), std::end(kFacilities));
  std::erase_if(facilities, [](const Facility& facility) { return !facility.setting.has_value(); });
  return facilities;
}

INSTANTIATE_TEST_SUITE_P(Facilities, S390MachineFacilityTest,
                         ::testing::ValuesIn(FacilitiesOfTheMachine()),
                         [](const auto& which) { return which.param.name; });

TEST(S390EnableCapTest, NothingElseCanBeEnabled) {
  Machine machine("s390");
  const int vm = *machine.CreateVm();
  const int vcpu = *machine.CreateVcpu(vm);
  int enabled_on_vm = 0;
  for (std::int64_t capability = 0; capability < 300; ++capability) {
    const auto on_vm = Enable(machine, vm, capability);
    // The generic function's own refuse the arguments given here, as it should be.
    if (on_vm.has_value()) {
      ++enabled_on_vm;
    } else if (on_vm.error() != Errno::kEBUSY) {
      EXPECT_THAT(on_vm, FailsWith(Errno::kEINVAL)) << capability;
    }
    if (capability == Cap("KVM_CAP_S390_CSS_SUPPORT")) continue;
    EXPECT_THAT(Enable(machine, vcpu, capability), FailsWith(Errno::kEINVAL)) << capability;
  }
  EXPECT_EQ(enabled_on_vm, 5);
}

TEST(S390EnableCapTest, AVcpuHasTheChannelSubsystemAlone) {
  Machine machine("s390");
  const int vm = *machine.CreateVm();
  const int vcpu = *machine.CreateVcpu(vm);
  constexpr std::int64_t kChannelSubsystem = Cap("KVM_CAP_S390_CSS_SUPPORT");
  EXPECT_THAT(Enable(machine, vcpu, kChannelSubsystem), Answers(0));
  EXPECT_THAT(Enable(machine, vcpu, kChannelSubsystem), Answers(0)) << "again";
  EXPECT_THAT(Enable(machine, vcpu, kChannelSubsystem, 1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(Enable(machine, vm, kChannelSubsystem), FailsWith(Errno::kEINVAL)) << "on the VM";
}

}  // namespace
}  // namespace kvm_model
