// What linux-7.2 changed outside guest_memfd, as next-20260923 has it, beside linux-7.0. The
// scenarios of tests/conformance/releases/linux_7_2 show each change; here are its limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/allocations.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using ::testing::HasSubstr;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

constexpr std::string_view kNext = "next-20260923";

// ---- x86 ----

TEST(X86NestingTest, EachVendorsModuleHasAParameterOfItsOwn) {
  for (const std::string_view vendor : {"intel", "amd"}) {
    const bool intel = vendor == "intel";
    const std::string_view own = intel ? "kvm_intel.nested" : "kvm_amd.nested";
    const std::string_view other = intel ? "kvm_amd.nested" : "kvm_intel.nested";
    const std::string name(vendor);
    Machine nests("x86", {{"hw.vendor", name}}, kNext);
    EXPECT_THAT(Check(nests, nests.kvm(), "KVM_CAP_NESTED_STATE"), Answers(intel ? 8320 : 4224));
    EXPECT_THAT(Check(nests, nests.kvm(), "KVM_CAP_HYPERV_ENLIGHTENED_VMCS"),
                Answers(intel ? 1 : 0));
    Machine does_not("x86", {{"hw.vendor", name}, {std::string(own), "0"}}, kNext);
    EXPECT_THAT(Check(does_not, does_not.kvm(), "KVM_CAP_NESTED_STATE"), Answers(0));
    EXPECT_THAT(Check(does_not, does_not.kvm(), "KVM_CAP_HYPERV_ENLIGHTENED_VMCS"), Answers(0));
    EXPECT_THAT(Refusal("x86", {{"hw.vendor", name}, {std::string(other), "0"}}, kNext),
                HasSubstr("another module's parameter"));
    EXPECT_THAT(Refusal("x86", {{"hw.vendor", name}, {std::string(own), "0"}}, "linux-7.0"),
                HasSubstr("no answer depends on"));
  }
}

TEST(X86ApicBusCyclesTest, WhatIsRefusedChangesNothing) {
  Machine machine("x86", {}, kNext);
  const int vm = machine.CreateVm().value();
  const int other = machine.CreateVm().value();
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_X86_APIC_BUS_CYCLES_NS", 10),
              FailsWith(Errno::kENXIO));
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_X86_APIC_BUS_CYCLES_NS"), Answers(1));
  ASSERT_THAT(machine.CreateIrqchip(vm), Succeeds());
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_X86_APIC_BUS_CYCLES_NS", 10), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_X86_APIC_BUS_CYCLES_NS", 0),
              FailsWith(Errno::kEINVAL));
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_X86_APIC_BUS_CYCLES_NS"), Answers(10));
  EXPECT_THAT(Check(machine, other, "KVM_CAP_X86_APIC_BUS_CYCLES_NS"), Answers(1));
}

// ---- arm64 ----

constexpr std::uint64_t kProtected = uapi::kVmTypeArmProtected;

Machine ProtectedMode(Settings settings = {}) {
  settings.emplace_back("kvm_arm.mode", "protected");
  return Machine("arm64", settings, kNext);
}

TEST(Arm64ProtectedVmTest, AreMadeInProtectedModeAlone) {
  Machine machine = ProtectedMode({{"hw.ipa_bits", "36"}});
  for (const std::uint64_t bits : {0U, 1U, 40U, 255U}) {
    const auto vm = machine.CreateVm(kProtected | bits);
    ASSERT_THAT(vm, Succeeds()) << bits;
    EXPECT_EQ(machine.VmOf(*vm)->type().gpa_bits, 36U) << bits;
    EXPECT_EQ(machine.VmOf(*vm)->type().name, "PROTECTED");
  }
  EXPECT_THAT(machine.CreateVm(kProtected | 256), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.CreateVm(kProtected << 1), FailsWith(Errno::kEINVAL));
  Machine unprotected("arm64", {}, kNext);
  EXPECT_THAT(unprotected.CreateVm(kProtected), FailsWith(Errno::kEINVAL));
}

// The list is tested with pkvm.h; here, that a protected VM is measured by it, and others aren't.
TEST(Arm64ProtectedVmTest, HaveWhatIsOnTheListOfProtectedVmsAlone) {
  Machine machine = ProtectedMode();
  const int vm = machine.CreateVm().value();
  const int guarded = machine.CreateVm(kProtected).value();
  EXPECT_THAT(Check(machine, guarded, "KVM_CAP_ARM_PSCI_0_2"), Answers(1));
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_ARM_NISV_TO_USER"), Answers(1));
  EXPECT_THAT(Check(machine, guarded, "KVM_CAP_ARM_NISV_TO_USER"), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_NISV_TO_USER"), Answers(0));
  EXPECT_THAT(EnableCap(machine, guarded, "KVM_CAP_ARM_NISV_TO_USER"), FailsWith(Errno::kEINVAL));
}

TEST(Arm64ProtectedVmTest, MemoryIsWritableAndNotLogged) {
  Machine machine = ProtectedMode();
  const int guarded = machine.CreateVm(kProtected).value();
  const int vm = machine.CreateVm().value();
  for (const std::uint32_t flag : {uapi::kMemReadonly, uapi::kMemLogDirtyPages}) {
    EXPECT_THAT(machine.SetSlot(vm, 0, 0, 4, 0x10000, flag), Answers(0));
    EXPECT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0));
    EXPECT_THAT(machine.SetSlot(guarded, 0, 0, 4, 0x10000, flag), FailsWith(Errno::kEPERM));
  }
  EXPECT_THAT(machine.SetSlot(guarded, 0, 0, 4, 0x10000), Answers(0));
  EXPECT_THAT(machine.SetSlot(guarded, 0, 0, 4, 0x10000, uapi::kMemLogDirtyPages),
              FailsWith(Errno::kEPERM));
}

TEST(Arm64ProtectedVmTest, MemoryStaysWhereItIsOnceTheGuestRuns) {
  Machine machine = ProtectedMode();
  for (const std::uint64_t type : {std::uint64_t{0}, kProtected}) {
    const int vm = machine.CreateVm(type).value();
    ASSERT_THAT(machine.SetSlot(vm, 0, 0, 4, 0x10000), Answers(0));
    EXPECT_THAT(machine.SetSlot(vm, 0, 8, 4, 0x10000), Answers(0)) << "moves";
    EXPECT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0)) << "goes";
    ASSERT_THAT(machine.SetSlot(vm, 0, 0, 4, 0x10000), Answers(0));
    const auto access = GuestRead(*machine.VmOf(vm), 64 * machine.page_size(),
                                  GuestAddressing::kAuto, Trail(nullptr));
    EXPECT_TRUE(std::holds_alternative<MmioExit>(access));
    const auto moved = machine.SetSlot(vm, 0, 8, 4, 0x10000);
    const auto gone = machine.SetSlot(vm, 0, 0, 0);
    if (type == kProtected) {
      EXPECT_THAT(moved, FailsWith(Errno::kEPERM));
      EXPECT_THAT(gone, FailsWith(Errno::kEPERM));
    } else {
      EXPECT_THAT(moved, Answers(0));
      EXPECT_THAT(gone, Answers(0));
    }
    EXPECT_THAT(machine.SetSlot(vm, 1, 16, 4, 0x20000), Answers(0)) << "more can be added";
  }
}

TEST(Arm64MemoryTaggingTest, ExcludesGuestMemfdAndNothingElse) {
  Machine machine("arm64", {{"hw.mte", "y"}}, kNext);
  const int vm = machine.CreateVm().value();
  const int file = machine.CreateGuestMemfd(vm, 1, uapi::kGuestMemfdFlagMmap).value();
  ASSERT_THAT(machine.SetSlot(vm, 0, 0, 1, 0x10000), Answers(0));
  ASSERT_THAT(machine.BindSlot(vm, 1, 1, 1, file), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_MTE"), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.SetSlot(vm, 1, 1, 0), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_ARM_MTE"), Answers(0));
  EXPECT_THAT(machine.BindSlot(vm, 1, 1, 1, file), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine.SetSlot(vm, 1, 1, 1, 0x20000), Answers(0));
}

// ---- riscv ----

TEST(RiscvGpaBitsTest, AVmHasTheSmallestModeWithSoManyBits) {
  struct Case {
    std::string_view host;
    std::uint64_t wanted;
    std::int64_t bits;  // 0: refused
  };
  constexpr Case kCases[] = {
      {"59", 0, 41},  {"59", 41, 41}, {"59", 42, 50}, {"59", 50, 50}, {"59", 51, 59},
      {"59", 59, 59}, {"59", 60, 0},  {"50", 51, 0},  {"50", 42, 50}, {"41", 41, 41},
      {"41", 42, 0},  {"34", 34, 34}, {"34", 1, 34},  {"34", 35, 0},  {"59", ~std::uint64_t{0}, 0},
  };
  for (const auto& [host, wanted, bits] : kCases) {
    Settings settings = {{"hw.gpa_bits", std::string(host)}};
    if (host == "34") settings.emplace_back("CONFIG_64BIT", "n");
    Machine machine("riscv", settings, kNext);
    const int vm = machine.CreateVm().value();
    const auto answer = EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", wanted);
    const std::int64_t hosts = std::stoll(std::string(host));
    if (bits == 0) {
      EXPECT_THAT(answer, FailsWith(Errno::kEINVAL)) << host << " " << wanted;
    } else {
      EXPECT_THAT(answer, Answers(0)) << host << " " << wanted;
    }
    EXPECT_THAT(Check(machine, vm, "KVM_CAP_VM_GPA_BITS"), Answers(bits == 0 ? hosts : bits));
    EXPECT_THAT(Check(machine, machine.kvm(), "KVM_CAP_VM_GPA_BITS"), Answers(hosts));
  }
}

TEST(RiscvGpaBitsTest, AreChosenBeforeMemoryAndVcpus) {
  Machine machine("riscv", {}, kNext);
  const int vm = machine.CreateVm().value();
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 41, 1), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.SetSlot(vm, 0, 0, 1, 0x10000), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 41), FailsWith(Errno::kEBUSY));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 59), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.SetSlot(vm, 0, 0, 0), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 41), Answers(0));
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 50), Answers(0)) << "and back";
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 41), FailsWith(Errno::kEBUSY));
  EXPECT_THAT(Check(machine, vm, "KVM_CAP_VM_GPA_BITS"), Answers(50));
}

TEST(RiscvGpaBitsTest, BoundTheMemoryOfTheirVmAlone) {
  Machine machine("riscv", {}, kNext);
  const int vm = machine.CreateVm().value();
  const int other = machine.CreateVm().value();
  ASSERT_THAT(EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", 41), Answers(0));
  const PageIndex pages = (std::uint64_t{1} << 41) / machine.page_size();
  EXPECT_THAT(machine.SetSlot(vm, 0, pages - 1, 1, 0x10000), FailsWith(Errno::kEFAULT));
  EXPECT_THAT(machine.SetSlot(vm, 0, pages - 2, 1, 0x10000), Answers(0));
  EXPECT_THAT(machine.SetSlot(other, 0, pages - 1, 1, 0x10000), Answers(0));
}

// ---- s390 ----

class S390PreFaultTest : public ::testing::Test {
 protected:
  // What comes back, and what is left of the range.
  struct Outcome {
    Result<std::int64_t> answer;
    uapi::kvm_pre_fault_memory left;
  };

  Outcome PreFault(int vcpu, PageIndex first, std::uint64_t pages) {
    uapi::kvm_pre_fault_memory range{
        .gpa = first * page_, .size = pages * page_, .flags = 0, .padding = {}};
    const auto answer =
        machine_.task().Ioctl(vcpu, machine_.Request(uapi::Ioctl("KVM_PRE_FAULT_MEMORY")), &range);
    return {answer, range};
  }

  Machine machine_{"s390", {{"CONFIG_KVM_S390_UCONTROL", "y"}}, kNext};
  const std::uint64_t page_ = machine_.page_size();
  alignas(1 << 20) std::byte memory_[4 * 4096] = {};
};

TEST_F(S390PreFaultTest, AUserControlledVmHasNone) {
  const int vm = machine_.CreateVm(uapi::kVmS390Ucontrol).value();
  const int vcpu = machine_.CreateVcpu(vm).value();
  EXPECT_THAT(PreFault(vcpu, 0, 1).answer, FailsWith(Errno::kEINVAL));
  machine_.kernel().allocations().FailNth(1);
  EXPECT_THAT(PreFault(vcpu, 0, 1).answer, FailsWith(Errno::kEINVAL)) << "before it allocates";
}

TEST_F(S390PreFaultTest, WithoutAMemslotItStopsWhereItIs) {
  const int vm = machine_.CreateVm().value();
  const int vcpu = machine_.CreateVcpu(vm).value();
  const auto address = reinterpret_cast<std::uint64_t>(memory_);
  ASSERT_THAT(machine_.SetSlot(vm, 0, 0, 4, address), Answers(0));
  const auto [answer, left] = PreFault(vcpu, 2, 4);
  EXPECT_THAT(answer, Answers(0));
  EXPECT_EQ(left.gpa, 4 * page_);
  EXPECT_EQ(left.size, 2 * page_);
  EXPECT_THAT(PreFault(vcpu, 4, 2).answer, FailsWith(Errno::kENOENT));
}

TEST_F(S390PreFaultTest, AnyOtherFailureIsThatOfTheWholeRange) {
  const int vm = machine_.CreateVm().value();
  const int vcpu = machine_.CreateVcpu(vm).value();
  const auto address = reinterpret_cast<std::uint64_t>(memory_);
  ASSERT_THAT(machine_.SetSlot(vm, 0, 0, 4, address), Answers(0));
  machine_.kernel().allocations().FailNth(3);
  const auto [answer, left] = PreFault(vcpu, 0, 4);
  EXPECT_THAT(answer, FailsWith(Errno::kEIO));
  EXPECT_EQ(left.gpa, 0U);
  EXPECT_EQ(left.size, 4 * page_);
  EXPECT_THAT(PreFault(vcpu, 0, 4).answer, Answers(0)) << "once there is memory";
}

}  // namespace
}  // namespace kvm_model
