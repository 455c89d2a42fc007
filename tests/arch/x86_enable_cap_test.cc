// KVM_ENABLE_CAP on x86: every check, and where two apply, which comes first.
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
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
using uapi::Errno;

constexpr std::uint64_t kHuge = std::uint64_t{1} << 40;
// A process's first descriptors are the standard ones; the rest are given out from below.
constexpr std::uint64_t kDeviceFd = 3;
constexpr std::uint64_t kVmFd = 4;

struct Step {
  enum class What : std::uint8_t { kEnable, kVcpu, kIrqchip, kBootCpu, kUnprivileged };
  What what = What::kEnable;
  int capability = 0;
  std::uint64_t arg = 0;
  std::uint32_t flags = 0;
};

Step Enable(int capability, std::uint64_t arg, std::uint32_t flags = 0) {
  return {Step::What::kEnable, capability, arg, flags};
}
const Step kVcpu = {Step::What::kVcpu};
const Step kIrqchip = {Step::What::kIrqchip};
const Step kSplit = Enable(Cap("KVM_CAP_SPLIT_IRQCHIP"), 24);
const Step kUnprivileged = {Step::What::kUnprivileged};
Step VcpuWithId(std::uint64_t id) { return {Step::What::kVcpu, 0, id}; }
Step BootCpu(std::uint64_t id) { return {Step::What::kBootCpu, 0, id}; }

// The steps, all of which but the last succeed, and what the last one answers: 0, or an errno.
struct Row {
  std::string name;
  std::vector<Step> steps;
  Errno last = Errno{};
  Settings settings = {};
  std::uint64_t vm_type = uapi::kX86DefaultVm;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

Result<std::int64_t> Do(Machine& machine, int vm, const Step& step) {
  switch (step.what) {
    case Step::What::kEnable:
      return machine.EnableCap(vm, static_cast<std::uint32_t>(step.capability), step.arg,
                               step.flags);
    case Step::What::kVcpu: {
      const Result<int> vcpu = machine.CreateVcpu(vm, step.arg);
      if (!vcpu) return Failure(vcpu.error());
      return 0;
    }
    case Step::What::kIrqchip:
      return machine.CreateIrqchip(vm);
    case Step::What::kBootCpu:
      return machine.task().Ioctl(vm, uapi::RequestOf("KVM_SET_BOOT_CPU_ID"), step.arg);
    case Step::What::kUnprivileged:
      machine.task().SetPrivileges({.sys_admin = false, .sys_boot = false});
      return 0;
  }
  return 0;
}

std::vector<Row> Rows() {
  constexpr auto kInval = Errno::kEINVAL;
  const int split = Cap("KVM_CAP_SPLIT_IRQCHIP");
  const int x2apic = Cap("KVM_CAP_X2APIC_API");
  const int exits = Cap("KVM_CAP_X86_DISABLE_EXITS");
  const int bus_lock = Cap("KVM_CAP_X86_BUS_LOCK_EXIT");
  const int pmu = Cap("KVM_CAP_PMU_CAPABILITY");
  const int max_id = Cap("KVM_CAP_MAX_VCPU_ID");
  const int notify = Cap("KVM_CAP_X86_NOTIFY_VMEXIT");
  const int nx = Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES");
  const int cycles = Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS");
  const int quirks2 = Cap("KVM_CAP_DISABLE_QUIRKS2");
  const int copy = Cap("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM");
  const Settings amd = {{"hw.vendor", "amd"}};
  const Settings no_notify = {{"hw.notify_vmexit", "n"}};
  const Settings no_pmu = {{"kvm.enable_pmu", "0"}};
  const Settings no_exits = {{"kvm.mitigate_smt_rsb", "1"}};
  return {
      {"quirks2", {Enable(quirks2, 0x7FF)}},
      {"quirks2_unknown", {Enable(quirks2, 0x800)}, kInval},
      {"quirks2_pat_without_tdp", {Enable(quirks2, 0x200)}, kInval, {{"hw.tdp", "n"}}},
      {"quirks2_flags", {Enable(quirks2, 0, 1)}, kInval},
      {"quirks_ignores_unknown_bits", {Enable(Cap("KVM_CAP_DISABLE_QUIRKS"), kHuge)}},
      {"split", {Enable(split, 4096)}},
      {"split_too_many", {Enable(split, 4097)}, kInval},
      {"split_twice", {kSplit, kSplit}, Errno::kEEXIST},
      {"split_after_irqchip", {kIrqchip, kSplit}, Errno::kEEXIST},
      {"split_after_vcpu", {kVcpu, kSplit}, Errno::kEEXIST},
      {"split_too_many_after_vcpu", {kVcpu, Enable(split, 4097)}, kInval},
      {"irqchip_twice", {kIrqchip, kIrqchip}, Errno::kEEXIST},
      {"irqchip_after_split", {kSplit, kIrqchip}, Errno::kEEXIST},
      {"irqchip_after_vcpu", {kVcpu, kIrqchip}, kInval},
      {"irqchip_and_vcpu_then_irqchip", {kIrqchip, kVcpu, kIrqchip}, Errno::kEEXIST},
      {"irqchip_of_tdx", {kIrqchip}, Errno::kENOTTY, {}, uapi::kX86TdxVm},
      {"irqchip_of_tdx_after_vcpu", {kVcpu, kIrqchip}, Errno::kENOTTY, {}, uapi::kX86TdxVm},
      {"irqchip_of_tdx_after_split", {kSplit, kIrqchip}, Errno::kEEXIST, {}, uapi::kX86TdxVm},
      {"irqchip_not_configured", {kIrqchip}, Errno::kENOTTY, {{"CONFIG_KVM_IOAPIC", "n"}}},
      {"x2apic", {Enable(x2apic, 11 - 8)}},
      {"x2apic_unknown", {Enable(x2apic, 16)}, kInval},
      {"x2apic_both", {kSplit, Enable(x2apic, 12)}, kInval},
      {"x2apic_enable_without_irqchip", {Enable(x2apic, 4)}, kInval},
      {"x2apic_enable_with_the_whole_irqchip", {kIrqchip, Enable(x2apic, 4)}, kInval},
      {"x2apic_enable_with_split", {kSplit, Enable(x2apic, 4)}},
      {"x2apic_disable_without_irqchip", {Enable(x2apic, 8)}},
      {"exits_all", {Enable(exits, 31)}},
      {"exits_unknown", {Enable(exits, 32)}, kInval},
      {"exits_that_are_mitigated", {Enable(exits, 2)}, kInval, no_exits},
      {"exits_after_vcpu", {kVcpu, Enable(exits, 2)}, kInval},
      {"exits_none_after_vcpu", {kVcpu, Enable(exits, 0)}, kInval},
      {"platform_info", {Enable(Cap("KVM_CAP_MSR_PLATFORM_INFO"), 5)}},
      {"platform_info_flags", {Enable(Cap("KVM_CAP_MSR_PLATFORM_INFO"), 5, 1)}, kInval},
      {"exception_payload", {Enable(Cap("KVM_CAP_EXCEPTION_PAYLOAD"), kHuge)}},
      {"triple_fault", {Enable(Cap("KVM_CAP_X86_TRIPLE_FAULT_EVENT"), kHuge)}},
      {"user_msr", {Enable(Cap("KVM_CAP_X86_USER_SPACE_MSR"), 7)}},
      {"user_msr_unknown", {Enable(Cap("KVM_CAP_X86_USER_SPACE_MSR"), 8)}, kInval},
      {"bus_lock_off", {Enable(bus_lock, 1)}},
      {"bus_lock_exit", {Enable(bus_lock, 2)}},
      {"bus_lock_both", {Enable(bus_lock, 3)}, kInval},
      {"bus_lock_unknown", {Enable(bus_lock, 4)}, kInval},
      {"bus_lock_without_hardware", {Enable(bus_lock, 2)}, Errno{}, {{"hw.bus_lock_exit", "n"}}},
      {"sgx_bad_fd", {Enable(Cap("KVM_CAP_SGX_ATTRIBUTE"), 99)}, kInval},
      {"sgx_another_file", {Enable(Cap("KVM_CAP_SGX_ATTRIBUTE"), kDeviceFd)}, kInval},
      {"copy_on_intel", {Enable(copy, 99)}, kInval},
      {"copy_without_sev_in_the_build",
       {Enable(copy, 99)},
       kInval,
       {{"hw.vendor", "amd"}, {"CONFIG_KVM_AMD_SEV", "n"}}},
      {"copy_from_a_bad_fd", {Enable(copy, 99)}, Errno::kEBADF, amd},
      {"copy_from_dev_kvm", {Enable(copy, kDeviceFd)}, Errno::kEBADF, amd},
      {"copy_from_itself", {Enable(copy, kVmFd)}, kInval, amd},
      {"copy_on_the_union_to_sev", {Enable(copy, 99)}, Errno::kEBADF, {}, uapi::kX86SevVm},
      {"move_from_a_bad_fd",
       {Enable(Cap("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM"), 99)},
       Errno::kEBADF,
       amd},
      {"hypercall", {Enable(Cap("KVM_CAP_EXIT_HYPERCALL"), 4096)}},
      {"hypercall_unknown", {Enable(Cap("KVM_CAP_EXIT_HYPERCALL"), 4097)}, kInval},
      {"emulation_failure", {Enable(Cap("KVM_CAP_EXIT_ON_EMULATION_FAILURE"), 1)}},
      {"emulation_failure_unknown", {Enable(Cap("KVM_CAP_EXIT_ON_EMULATION_FAILURE"), 2)}, kInval},
      {"pmu", {Enable(pmu, 1)}},
      {"pmu_on", {Enable(pmu, 0)}},
      {"pmu_unknown", {Enable(pmu, 2)}, kInval},
      {"pmu_without_one", {Enable(pmu, 1)}, kInval, no_pmu},
      {"pmu_after_vcpu", {kVcpu, Enable(pmu, 1)}, kInval},
      {"max_id", {Enable(max_id, 4096)}},
      {"max_id_too_large", {Enable(max_id, 4097)}, kInval},
      {"max_id_again", {Enable(max_id, 10), Enable(max_id, 10)}},
      {"max_id_other", {Enable(max_id, 10), Enable(max_id, 11)}, kInval},
      {"max_id_back_to_none", {Enable(max_id, 10), Enable(max_id, 0)}, kInval},
      {"max_id_none", {Enable(max_id, 0), Enable(max_id, 10)}},
      {"max_id_after_vcpu", {kVcpu, Enable(max_id, 10)}, kInval},
      {"max_id_after_vcpu_the_usual", {kVcpu, Enable(max_id, 4096)}},
      {"max_id_below_the_boot_cpu", {BootCpu(3), Enable(max_id, 2)}, kInval},
      {"max_id_the_boot_cpu", {BootCpu(3), Enable(max_id, 3)}},
      {"vcpu_at_the_limit", {Enable(max_id, 2), VcpuWithId(2)}, kInval},
      {"vcpu_below_the_limit", {Enable(max_id, 2), VcpuWithId(1)}},
      {"boot_cpu_after_vcpu", {kVcpu, BootCpu(5000)}, Errno::kEBUSY},
      {"boot_cpu_the_largest", {BootCpu(4096)}},
      {"boot_cpu_too_large", {BootCpu(4097)}, kInval},
      {"boot_cpu_the_limit", {Enable(max_id, 2), BootCpu(2)}},
      {"boot_cpu_above_the_limit", {Enable(max_id, 2), BootCpu(3)}, kInval},
      {"notify", {Enable(notify, (kHuge & ~std::uint64_t{3}) | 1)}},
      {"notify_both", {Enable(notify, 3)}},
      {"notify_unknown", {Enable(notify, 4 | 1)}, kInval},
      {"notify_without_hardware", {Enable(notify, 1)}, kInval, no_notify},
      {"notify_user_alone", {Enable(notify, 2)}, kInval},
      {"notify_after_vcpu", {kVcpu, Enable(notify, 1)}, kInval},
      {"nx", {Enable(nx, 0)}},
      {"nx_argument", {Enable(nx, 1)}, kInval},
      {"nx_after_vcpu", {kVcpu, Enable(nx, 0)}, kInval},
      {"nx_unprivileged", {kUnprivileged, Enable(nx, 0)}, Errno::kEPERM},
      {"nx_unprivileged_argument", {kUnprivileged, Enable(nx, 1)}, Errno::kEPERM},
      {"cycles", {kSplit, Enable(cycles, 33554432)}},
      {"cycles_with_the_whole_irqchip", {kIrqchip, Enable(cycles, 1)}},
      {"cycles_none", {Enable(cycles, 0)}, kInval},
      {"cycles_overflow", {Enable(cycles, 33554433)}, kInval},
      {"cycles_without_irqchip", {Enable(cycles, 33554432)}, Errno::kENXIO},
      {"cycles_without_irqchip_after_vcpu", {kVcpu, Enable(cycles, 1)}, Errno::kENXIO},
      {"cycles_after_vcpu", {kSplit, kVcpu, Enable(cycles, 1)}, kInval},
      {"unknown", {Enable(9999, 0)}, kInval},
      {"not_to_be_enabled", {Enable(Cap("KVM_CAP_ENABLE_CAP"), 0)}, kInval},
      {"of_vcpus_only", {Enable(Cap("KVM_CAP_HYPERV_SYNIC"), 0)}, kInval},
  };
}

class X86EnableCapTest : public ::testing::TestWithParam<Row> {};

TEST_P(X86EnableCapTest, LastStepAnswers) {
  const Row& row = GetParam();
  Machine machine("x86", row.settings, "linux-7.0");
  const Result<int> vm = machine.CreateVm(row.vm_type);
  ASSERT_THAT(vm, Succeeds());
  for (std::size_t i = 0; i + 1 < row.steps.size(); ++i) {
    ASSERT_THAT(Do(machine, *vm, row.steps[i]), Answers(0)) << "step " << i;
  }
  const Result<std::int64_t> last = Do(machine, *vm, row.steps.back());
  if (row.last == Errno{}) {
    EXPECT_THAT(last, Answers(0));
  } else {
    EXPECT_THAT(last, FailsWith(row.last));
  }
}

INSTANTIATE_TEST_SUITE_P(OnAVm, X86EnableCapTest, ::testing::ValuesIn(Rows()),
                         [](const auto& row) { return row.param.name; });

struct VcpuRow {
  std::string name;
  int capability;
  std::uint64_t arg = 0;
  Errno answer = Errno{};
  Settings settings = {};
  bool split = false;
  std::uint32_t flags = 0;
};

void PrintTo(const VcpuRow& row, std::ostream* out) { *out << row.name; }

std::vector<VcpuRow> VcpuRows() {
  constexpr auto kInval = Errno::kEINVAL;
  const int synic = Cap("KVM_CAP_HYPERV_SYNIC");
  const int synic2 = Cap("KVM_CAP_HYPERV_SYNIC2");
  const int evmcs = Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS");
  const int flush = Cap("KVM_CAP_HYPERV_DIRECT_TLBFLUSH");
  const int pv = Cap("KVM_CAP_ENFORCE_PV_FEATURE_CPUID");
  const int enforce = Cap("KVM_CAP_HYPERV_ENFORCE_CPUID");
  const Settings amd = {{"hw.vendor", "amd"}};
  const Settings no_hyperv = {{"CONFIG_KVM_HYPERV", "n"}};
  const Settings on_hyperv = {{"hw.on_hyperv", "y"}};
  return {
      {"pv", pv, 1},
      {"pv_flags", pv, 1, kInval, {}, false, 1},
      {"pv_without_hyperv", pv, 1, Errno{}, no_hyperv},
      {"synic", synic, 5, Errno{}, {}, true},
      {"synic_without_irqchip", synic, 0, kInval},
      {"synic_not_configured", synic, 0, kInval, no_hyperv, true},
      {"synic2", synic2, 0, Errno{}, {}, true},
      {"synic2_argument", synic2, 1, kInval, {}, true},
      {"evmcs_bad_address", evmcs, 1, Errno::kEFAULT},
      {"evmcs_on_amd", evmcs, 1, Errno::kENOTTY, amd},
      {"evmcs_not_configured", evmcs, 1, kInval, no_hyperv},
      {"flush", flush, 0, Errno{}, on_hyperv},
      {"flush_elsewhere", flush, 0, Errno::kENOTTY},
      {"flush_not_configured", flush, 0, kInval, no_hyperv},
      {"enforce", enforce, 1},
      {"enforce_not_configured", enforce, 1, kInval, no_hyperv},
      {"of_vms_only", Cap("KVM_CAP_SPLIT_IRQCHIP"), 0, kInval},
      {"unknown", 9999, 0, kInval},
  };
}

class X86VcpuEnableCapTest : public ::testing::TestWithParam<VcpuRow> {};

TEST_P(X86VcpuEnableCapTest, Answers) {
  const VcpuRow& row = GetParam();
  Machine machine("x86", row.settings, "linux-7.0");
  const int vm = machine.CreateVm().value();
  if (row.split) {
    ASSERT_THAT(Do(machine, vm, kSplit), kvm_model::Answers(0));
  }
  const int vcpu = machine.CreateVcpu(vm).value();
  const Result<std::int64_t> answer = Do(machine, vcpu, Enable(row.capability, row.arg, row.flags));
  if (row.answer == Errno{}) {
    EXPECT_THAT(answer, kvm_model::Answers(0));
  } else {
    EXPECT_THAT(answer, FailsWith(row.answer));
  }
}

INSTANTIATE_TEST_SUITE_P(OnAVcpu, X86VcpuEnableCapTest, ::testing::ValuesIn(VcpuRows()),
                         [](const auto& row) { return row.param.name; });

TEST(X86EnableCapTest, ASplitIrqchipIsOneVmsOwn) {
  Machine machine("x86", {}, "linux-7.0");
  const int vm = machine.CreateVm().value();
  const int other = machine.CreateVm().value();
  ASSERT_THAT(Do(machine, vm, kSplit), Answers(0));
  EXPECT_THAT(machine.Check(vm, Cap("KVM_CAP_X2APIC_API")), Answers(15));
  EXPECT_THAT(machine.Check(other, Cap("KVM_CAP_X2APIC_API")), Answers(11));
}

TEST(X86EnableCapTest, EnlightenedVmcsWritesItsVersion) {
  Machine machine("x86", {}, "linux-7.0");
  const int vcpu = machine.CreateVcpu(machine.CreateVm().value()).value();
  std::uint16_t version = 7;
  EXPECT_THAT(
      Do(machine, vcpu,
         Enable(Cap("KVM_CAP_HYPERV_ENLIGHTENED_VMCS"), reinterpret_cast<std::uint64_t>(&version))),
      Answers(0));
  EXPECT_EQ(version, 0);
}

TEST(X86EnableCapTest, OnlyTheVfioDeviceIsKnown) {
  Machine machine;
  const int vm = machine.CreateVm().value();
  uapi::kvm_create_device device{};
  device.flags = uapi::kCreateDeviceTest;
  const auto create = [&](std::uint32_t type) {
    device.type = type;
    return machine.task().Ioctl(vm, uapi::RequestOf("KVM_CREATE_DEVICE"), &device);
  };
  EXPECT_THAT(create(uapi::kDevTypeVfio), Answers(0));
  EXPECT_THAT(create(uapi::kDevTypeArmVgicV3), FailsWith(Errno::kENODEV));
  EXPECT_THAT(create(99), FailsWith(Errno::kENODEV));
  EXPECT_THAT(machine.task().Ioctl(vm, uapi::RequestOf("KVM_CREATE_DEVICE"), std::uint64_t{1}),
              FailsWith(Errno::kEFAULT));
}

}  // namespace
}  // namespace kvm_model
