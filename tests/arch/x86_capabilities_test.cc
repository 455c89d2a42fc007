// What x86 itself answers to KVM_CHECK_EXTENSION, each condition in both outcomes, on /dev/kvm and
// on a VM.
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;
using uapi::Cap;

struct Row {
  std::string name;
  int capability;
  Settings settings;
  std::int64_t system;
  std::int64_t vm;
  std::uint64_t vm_type = uapi::kX86DefaultVm;
  std::string revision = "linux-7.0";
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Row> Rows() {
  const Settings intel = {{"hw.vendor", "intel"}};
  const Settings amd = {{"hw.vendor", "amd"}};
  const Settings pvm = {{"hw.vendor", "pvm"}};
  const Settings no_tdp = {{"hw.tdp", "n"}};
  const Settings no_hyperv = {{"CONFIG_KVM_HYPERV", "n"}};
  const Settings no_ioapic = {{"CONFIG_KVM_IOAPIC", "n"}};
  const Settings no_sched_info = {{"CONFIG_SCHED_INFO", "n"}};
  std::vector<Row> rows = {
      {"pre_fault_with_tdp", Cap("KVM_CAP_PRE_FAULT_MEMORY"), {}, 1, 1},
      {"pre_fault_without_tdp", Cap("KVM_CAP_PRE_FAULT_MEMORY"), no_tdp, 0, 0},
      {"bus_cycles", Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"), {}, 1, 1},
      {"hypercalls", Cap("KVM_CAP_EXIT_HYPERCALL"), {}, 4096, 4096},
      {"guest_debug", Cap("KVM_CAP_SET_GUEST_DEBUG2"), {}, 0x1F0003, 0x1F0003},
      {"xen_with_sched_info", Cap("KVM_CAP_XEN_HVM"), {}, 0x1FF, 0x1FF},
      {"xen_without_sched_info", Cap("KVM_CAP_XEN_HVM"), no_sched_info, 0x1B7, 0x1B7},
      {"no_xen", Cap("KVM_CAP_XEN_HVM"), {{"CONFIG_KVM_XEN", "n"}}, 0, 0},
      {"sync_regs", Cap("KVM_CAP_SYNC_REGS"), {}, 7, 7},
      {"sync_regs_of_sev", Cap("KVM_CAP_SYNC_REGS"), {}, 7, 7, uapi::kX86SevVm},
      {"sync_regs_of_sev_es", Cap("KVM_CAP_SYNC_REGS"), {}, 7, 0, uapi::kX86SevEsVm},
      {"sync_regs_of_snp", Cap("KVM_CAP_SYNC_REGS"), {}, 7, 0, uapi::kX86SnpVm},
      {"sync_regs_of_tdx", Cap("KVM_CAP_SYNC_REGS"), {}, 7, 0, uapi::kX86TdxVm},
      {"clock", Cap("KVM_CAP_ADJUST_CLOCK"), {}, 14, 14},
      {"all_exits", Cap("KVM_CAP_X86_DISABLE_EXITS"), {}, 31, 31},
      {"exits_without_aperfmperf",
       Cap("KVM_CAP_X86_DISABLE_EXITS"),
       {{"hw.aperfmperf", "n"}},
       15,
       15},
      {"exits_without_mwait", Cap("KVM_CAP_X86_DISABLE_EXITS"), {{"hw.mwait", "n"}}, 30, 30},
      {"exits_without_arat", Cap("KVM_CAP_X86_DISABLE_EXITS"), {{"hw.arat", "n"}}, 30, 30},
      {"exits_with_the_monitor_bug",
       Cap("KVM_CAP_X86_DISABLE_EXITS"),
       {{"hw.bug_monitor", "y"}},
       30,
       30},
      {"exits_with_the_smt_rsb_mitigation",
       Cap("KVM_CAP_X86_DISABLE_EXITS"),
       {{"kvm.mitigate_smt_rsb", "1"}},
       20,
       20},
      {"smm", Cap("KVM_CAP_X86_SMM"), {}, 1, 1},
      {"smm_not_configured", Cap("KVM_CAP_X86_SMM"), {{"CONFIG_KVM_SMM", "n"}}, 0, 0},
      {"smm_by_emulation_alone",
       Cap("KVM_CAP_X86_SMM"),
       {{"hw.vendor", "intel"}, {"kvm_intel.unrestricted_guest", "n"}},
       1,
       1},
      {"smm_by_the_processor_alone",
       Cap("KVM_CAP_X86_SMM"),
       {{"hw.vendor", "intel"}, {"kvm_intel.emulate_invalid_guest_state", "n"}},
       1,
       1},
      {"smm_by_neither",
       Cap("KVM_CAP_X86_SMM"),
       {{"hw.vendor", "intel"},
        {"kvm_intel.unrestricted_guest", "n"},
        {"kvm_intel.emulate_invalid_guest_state", "n"}},
       0,
       0},
      {"smm_on_amd", Cap("KVM_CAP_X86_SMM"), amd, 1, 1},
      {"smm_of_sev", Cap("KVM_CAP_X86_SMM"), amd, 1, 1, uapi::kX86SevVm},
      {"smm_of_sev_es", Cap("KVM_CAP_X86_SMM"), amd, 1, 0, uapi::kX86SevEsVm},
      {"smm_of_snp", Cap("KVM_CAP_X86_SMM"), amd, 1, 0, uapi::kX86SnpVm},
      {"smm_of_tdx", Cap("KVM_CAP_X86_SMM"), intel, 1, 0, uapi::kX86TdxVm},
      {"few_cpus", Cap("KVM_CAP_NR_VCPUS"), {{"hw.cpus", "6"}}, 6, 6},
      {"many_cpus", Cap("KVM_CAP_NR_VCPUS"), {{"hw.cpus", "1500"}}, 1024, 1024},
      {"max_vcpus", Cap("KVM_CAP_MAX_VCPUS"), {}, 1024, 1024},
      {"max_vcpus_configured",
       Cap("KVM_CAP_MAX_VCPUS"),
       {{"CONFIG_KVM_MAX_NR_VCPUS", "4096"}},
       4096,
       4096},
      {"max_vcpus_of_tdx", Cap("KVM_CAP_MAX_VCPUS"), {{"hw.cpus", "6"}}, 1024, 6, uapi::kX86TdxVm},
      {"max_vcpus_of_tdx_with_many_cpus",
       Cap("KVM_CAP_MAX_VCPUS"),
       {{"hw.cpus", "1500"}},
       1024,
       1024,
       uapi::kX86TdxVm},
      {"max_vcpu_id", Cap("KVM_CAP_MAX_VCPU_ID"), {}, 4096, 4096},
      {"max_vcpu_id_configured",
       Cap("KVM_CAP_MAX_VCPU_ID"),
       {{"CONFIG_KVM_MAX_NR_VCPUS", "4096"}},
       16384,
       16384},
      {"pv_mmu", Cap("KVM_CAP_PV_MMU"), {}, 0, 0},
      {"mce", Cap("KVM_CAP_MCE"), {}, 32, 32},
      {"xcrs", Cap("KVM_CAP_XCRS"), {}, 1, 1},
      {"no_xcrs", Cap("KVM_CAP_XCRS"), {{"hw.xsave", "n"}}, 0, 0},
      {"tsc_control", Cap("KVM_CAP_TSC_CONTROL"), {}, 1, 1},
      {"no_tsc_control", Cap("KVM_CAP_TSC_CONTROL"), {{"hw.tsc_scaling", "n"}}, 0, 0},
      {"vm_tsc_control", Cap("KVM_CAP_VM_TSC_CONTROL"), {}, 1, 1},
      {"no_vm_tsc_control", Cap("KVM_CAP_VM_TSC_CONTROL"), {{"hw.tsc_scaling", "n"}}, 0, 0},
      {"x2apic", Cap("KVM_CAP_X2APIC_API"), {}, 15, 11},
      {"nested_on_any", Cap("KVM_CAP_NESTED_STATE"), {}, 8320, 8320},
      {"nested_on_intel", Cap("KVM_CAP_NESTED_STATE"), intel, 8320, 8320},
      {"nested_on_amd", Cap("KVM_CAP_NESTED_STATE"), amd, 4224, 4224},
      {"nested_on_pvm", Cap("KVM_CAP_NESTED_STATE"), pvm, 0, 0},
      {"direct_tlbflush", Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"), {{"hw.on_hyperv", "y"}}, 1, 1},
      {"no_direct_tlbflush", Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"), {}, 0, 0},
      {"direct_tlbflush_not_configured",
       Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH"),
       {{"hw.on_hyperv", "y"}, {"CONFIG_KVM_HYPERV", "n"}},
       0,
       0},
      {"evmcs", Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"), intel, 1, 1},
      {"evmcs_on_amd", Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"), amd, 0, 0},
      {"evmcs_not_configured", Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"), no_hyperv, 0, 0},
      {"smaller_maxphyaddr", Cap("KVM_CAP_SMALLER_MAXPHYADDR"), {}, 0, 0},
      {"smaller_maxphyaddr_allowed",
       Cap("KVM_CAP_SMALLER_MAXPHYADDR"),
       {{"kvm_intel.allow_smaller_maxphyaddr", "1"}},
       1,
       1},
      {"smaller_maxphyaddr_without_tdp", Cap("KVM_CAP_SMALLER_MAXPHYADDR"), no_tdp, 1, 1},
      {"smaller_maxphyaddr_on_amd", Cap("KVM_CAP_SMALLER_MAXPHYADDR"), amd, 0, 0},
      {"smaller_maxphyaddr_on_amd_without_npt",
       Cap("KVM_CAP_SMALLER_MAXPHYADDR"),
       {{"hw.vendor", "amd"}, {"hw.tdp", "n"}},
       1,
       1},
      {"steal_time", Cap("KVM_CAP_STEAL_TIME"), {}, 1, 1},
      {"no_steal_time", Cap("KVM_CAP_STEAL_TIME"), no_sched_info, 0, 0},
      {"bus_lock", Cap("KVM_CAP_X86_BUS_LOCK_EXIT"), {}, 3, 3},
      {"no_bus_lock", Cap("KVM_CAP_X86_BUS_LOCK_EXIT"), {{"hw.bus_lock_exit", "n"}}, 0, 0},
      {"xsave2", Cap("KVM_CAP_XSAVE2"), {}, 4096, 4096},
      {"xsave2_beyond_4096", Cap("KVM_CAP_XSAVE2"), {{"hw.xstate_bytes", "11008"}}, 11008, 11008},
      {"xsave2_without_xsave", Cap("KVM_CAP_XSAVE2"), {{"hw.xsave", "n"}}, 4096, 4096},
      {"pmu", Cap("KVM_CAP_PMU_CAPABILITY"), {}, 1, 1},
      {"no_pmu", Cap("KVM_CAP_PMU_CAPABILITY"), {{"kvm.enable_pmu", "0"}}, 0, 0},
      {"quirks", Cap("KVM_CAP_DISABLE_QUIRKS2"), {}, 0x7FF, 0x7FF},
      {"quirks_without_tdp", Cap("KVM_CAP_DISABLE_QUIRKS2"), no_tdp, 0x5FF, 0x5FF},
      {"notify", Cap("KVM_CAP_X86_NOTIFY_VMEXIT"), {}, 1, 1},
      {"no_notify", Cap("KVM_CAP_X86_NOTIFY_VMEXIT"), {{"hw.notify_vmexit", "n"}}, 0, 0},
      {"vm_types", Cap("KVM_CAP_VM_TYPES"), {}, 0x3F, 0x3F},
      {"vm_types_of_pvm", Cap("KVM_CAP_VM_TYPES"), pvm, 1, 1},
      {"vm_types_of_intel", Cap("KVM_CAP_VM_TYPES"), intel, 0x23, 0x23},
      {"vm_types_of_amd", Cap("KVM_CAP_VM_TYPES"), amd, 0x1F, 0x1F},
      {"readonly", Cap("KVM_CAP_READONLY_MEM"), {}, 1, 1},
      {"readonly_of_sw_protected", Cap("KVM_CAP_READONLY_MEM"), {}, 1, 1, uapi::kX86SwProtectedVm},
      {"readonly_of_sev_es", Cap("KVM_CAP_READONLY_MEM"), {}, 1, 0, uapi::kX86SevEsVm},
      {"readonly_of_snp", Cap("KVM_CAP_READONLY_MEM"), {}, 1, 0, uapi::kX86SnpVm},
      {"readonly_of_tdx", Cap("KVM_CAP_READONLY_MEM"), {}, 1, 0, uapi::kX86TdxVm},
      {"sgx", Cap("KVM_CAP_SGX_ATTRIBUTE"), {}, 1, 1},
      {"no_sgx", Cap("KVM_CAP_SGX_ATTRIBUTE"), {{"CONFIG_X86_SGX_KVM", "n"}}, 0, 0},
      {"sync_mmu_of_6_18", Cap("KVM_CAP_SYNC_MMU"), {}, 1, 1, uapi::kX86DefaultVm, "linux-6.18"},
      {"quirks_of_6_18",
       Cap("KVM_CAP_DISABLE_QUIRKS2"),
       {},
       0x7FF,
       0x7FF,
       uapi::kX86DefaultVm,
       "linux-6.18"},
      {"x2apic_of_6_18", Cap("KVM_CAP_X2APIC_API"), {}, 15, 11, uapi::kX86DefaultVm, "linux-6.18"},
  };
  for (const int pit : {Cap("KVM_CAP_PIT"), Cap("KVM_CAP_PIT2"), Cap("KVM_CAP_PIT_STATE2"),
                        Cap("KVM_CAP_REINJECT_CONTROL")}) {
    rows.push_back({"ioapic_" + std::to_string(pit), pit, {}, 1, 1});
    rows.push_back({"no_ioapic_" + std::to_string(pit), pit, no_ioapic, 0, 0});
  }
  for (const int hyperv : {44, 45, 46, 96, 123, 148, 149, 154, 155, 161, 167, 191, 199}) {
    rows.push_back({"hyperv_" + std::to_string(hyperv), hyperv, {}, 1, 1});
    rows.push_back({"no_hyperv_" + std::to_string(hyperv), hyperv, no_hyperv, 0, 0});
  }
  return rows;
}

class X86CapabilityTest : public ::testing::TestWithParam<Row> {};

TEST_P(X86CapabilityTest, AnswersOnBothDescriptors) {
  const Row& row = GetParam();
  Machine machine("x86", row.settings, row.revision);
  const Result<int> vm = machine.CreateVm(row.vm_type);
  ASSERT_THAT(vm, Succeeds());
  EXPECT_THAT(machine.Check(machine.kvm(), row.capability), Answers(row.system));
  EXPECT_THAT(machine.Check(*vm, row.capability), Answers(row.vm));
}

INSTANTIATE_TEST_SUITE_P(Conditions, X86CapabilityTest, ::testing::ValuesIn(Rows()),
                         [](const auto& row) { return row.param.name; });

Result<std::int64_t> Enable(Machine& machine, int fd, int capability, std::uint64_t arg) {
  uapi::kvm_enable_cap cap{};
  cap.cap = static_cast<std::uint32_t>(capability);
  cap.args[0] = arg;
  return machine.task().Ioctl(fd, uapi::RequestOf("KVM_ENABLE_CAP"), &cap);
}

TEST(X86CapabilityStateTest, TheSplitIrqchipMakesX2apicWhole) {
  Machine machine;
  const int vm = machine.CreateVm().value();
  const int other = machine.CreateVm().value();
  ASSERT_THAT(Enable(machine, vm, Cap("KVM_CAP_SPLIT_IRQCHIP"), 24), Answers(0));
  EXPECT_THAT(machine.Check(vm, Cap("KVM_CAP_X2APIC_API")), Answers(15));
  EXPECT_THAT(machine.Check(other, Cap("KVM_CAP_X2APIC_API")), Answers(11));
}

TEST(X86CapabilityStateTest, TheWholeIrqchipDoesNot) {
  Machine machine;
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(machine.task().Ioctl(vm, uapi::RequestOf("KVM_CREATE_IRQCHIP"), std::uint64_t{0}),
              Answers(0));
  EXPECT_THAT(machine.Check(vm, Cap("KVM_CAP_X2APIC_API")), Answers(11));
}

TEST(X86CapabilityStateTest, TheEnabledLimitOnIdsAndTheBusCyclesDoNotChangeTheAnswers) {
  Machine machine;
  const int vm = machine.CreateVm().value();
  ASSERT_THAT(Enable(machine, vm, Cap("KVM_CAP_MAX_VCPU_ID"), 10), Answers(0));
  ASSERT_THAT(Enable(machine, vm, Cap("KVM_CAP_SPLIT_IRQCHIP"), 24), Answers(0));
  ASSERT_THAT(Enable(machine, vm, Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"), 10), Answers(0));
  EXPECT_THAT(machine.Check(vm, Cap("KVM_CAP_MAX_VCPU_ID")), Answers(4096));
  EXPECT_THAT(machine.Check(vm, Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS")), Answers(1));
}

}  // namespace
}  // namespace kvm_model
