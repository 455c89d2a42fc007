// The order of the checks of x86's own ioctls and capabilities, as the decision trail shows it.
// Most of them refuse with EINVAL, so that nothing else does.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/privileges.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;
using uapi::Cap;

// Nothing is open there.
constexpr std::uint64_t kNoDescriptor = 999;

// What a VM went through before the call.
struct X86Vm {
  Settings settings = {};
  std::uint64_t vm_type = uapi::kX86DefaultVm;
  bool irqchip = false;
  bool split_irqchip = false;
  std::optional<std::uint64_t> boot_cpu;
  std::optional<std::uint64_t> max_vcpu_id;
  bool vcpu = false;

  Machine Boot() const { return Machine("x86", settings, "linux-7.0"); }
  int MakeVm(Machine& machine) const {
    const int vm = *machine.CreateVm(vm_type);
    if (irqchip) (void)machine.CreateIrqchip(vm);
    if (split_irqchip) (void)machine.EnableCap(vm, Cap("KVM_CAP_SPLIT_IRQCHIP"), 24);
    if (boot_cpu) {
      (void)machine.task().Ioctl(vm, uapi::RequestOf("KVM_SET_BOOT_CPU_ID"), *boot_cpu);
    }
    if (max_vcpu_id) (void)machine.EnableCap(vm, Cap("KVM_CAP_MAX_VCPU_ID"), *max_vcpu_id);
    if (vcpu) (void)machine.CreateVcpu(vm);
    return vm;
  }
};

// KVM_ENABLE_CAP on the VM.
template <int kCapability, std::uint64_t kArg>
struct EnableCap : X86Vm {
  std::uint32_t flags = 0;
  std::uint64_t arg = kArg;
  bool privileged = true;

  void Make(TrailRecorder& recorder) const {
    Machine machine = Boot();
    const int vm = MakeVm(machine);
    machine.task().SetPrivileges({.sys_boot = privileged});
    Listen(machine, recorder, [&] { return machine.EnableCap(vm, kCapability, arg, flags); });
  }
};

TEST(X86CheckOrderTest, SplitIrqchip) {
  using Call = EnableCap<Cap("KVM_CAP_SPLIT_IRQCHIP"), 24>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] > KVM_MAX_IRQ_ROUTES", [](Call& call) { call.arg = 4097; }},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.irqchip = true; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(X86CheckOrderTest, X2apicApi) {
  // ENABLE_SUPPRESS_EOI_BROADCAST.
  struct Call : EnableCap<Cap("KVM_CAP_X2APIC_API"), 4> {
    Call() { split_irqchip = true; }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] & ~KVM_X2APIC_API_VALID_FLAGS", [](Call& call) { call.arg = 16; }},
      {"both SUPPRESS_EOI_BROADCAST flags", [](Call& call) { call.arg = 12; }},
      {"irqchip_split(kvm)", [](Call& call) { call.split_irqchip = false; }},
  });
}

TEST(X86CheckOrderTest, DisableExits) {
  using Call = EnableCap<Cap("KVM_CAP_X86_DISABLE_EXITS"), 2>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] & ~kvm_get_allowed_disable_exits()", [](Call& call) { call.arg = 32; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(X86CheckOrderTest, BusLockExit) {
  using Call = EnableCap<Cap("KVM_CAP_X86_BUS_LOCK_EXIT"), 2>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] & ~KVM_BUS_LOCK_DETECTION_VALID_MODE", [](Call& call) { call.arg = 4; }},
      {"both OFF and EXIT", [](Call& call) { call.arg = 3; }},
      {"kvm_caps.has_bus_lock_exit",
       [](Call& call) { call.settings = {{"hw.bus_lock_exit", "n"}}; }},
      {"args[0] & KVM_BUS_LOCK_DETECTION_EXIT"},
  });
}

TEST(X86CheckOrderTest, SgxAttribute) {
  // The process's first descriptor is that of /dev/kvm.
  using Call = EnableCap<Cap("KVM_CAP_SGX_ATTRIBUTE"), 3>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"CONFIG_X86_SGX_KVM", [](Call& call) { call.settings = {{"CONFIG_X86_SGX_KVM", "n"}}; }},
      {"args[0] is no descriptor", [](Call& call) { call.arg = kNoDescriptor; }},
      {"the descriptor is not of /dev/sgx_provision"},
  });
}

struct CopyEncryptionContext {
  Settings settings = {{"hw.vendor", "amd"}};
  std::uint32_t flags = 0;
  enum class From : std::uint8_t { kAnotherVm, kTheSameVm, kNoVm } from = From::kAnotherVm;

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", settings, "linux-7.0");
    const int vm = *machine.CreateVm();
    const int other = *machine.CreateVm();
    const int source = from == From::kAnotherVm   ? other
                       : from == From::kTheSameVm ? vm
                                                  : machine.kvm();
    Listen(machine, recorder, [&] {
      return machine.EnableCap(vm, Cap("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM"),
                               static_cast<std::uint64_t>(source), flags);
    });
  }
};

TEST(X86CheckOrderTest, CopyOfAnEncryptionContext) {
  using Call = CopyEncryptionContext;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"the vendor module is kvm_amd",
       [](Call& call) { call.settings = {{"hw.vendor", "intel"}}; }},
      {"CONFIG_KVM_AMD_SEV",
       [](Call& call) { call.settings.push_back({"CONFIG_KVM_AMD_SEV", "n"}); }},
      {"args[0] is no descriptor of a VM", [](Call& call) { call.from = Call::From::kNoVm; }},
      {"the source is this VM", [](Call& call) { call.from = Call::From::kTheSameVm; }},
      {"the source is an active SEV guest"},
  });
}

TEST(X86CheckOrderTest, PmuCapability) {
  using Call = EnableCap<Cap("KVM_CAP_PMU_CAPABILITY"), 1>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"enable_pmu", [](Call& call) { call.settings = {{"kvm.enable_pmu", "0"}}; }},
      {"args[0] & ~KVM_CAP_PMU_VALID_MASK", [](Call& call) { call.arg = 2; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(X86CheckOrderTest, MaxVcpuId) {
  using Call = EnableCap<Cap("KVM_CAP_MAX_VCPU_ID"), 10>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] > KVM_MAX_VCPU_IDS", [](Call& call) { call.arg = 4097; }},
      {"kvm->arch.bsp_vcpu_id > args[0]", [](Call& call) { call.boot_cpu = 11; }},
      {"another limit is set", [](Call& call) { call.max_vcpu_id = 9; }},
  });
}

TEST(X86CheckOrderTest, NotifyVmexit) {
  // ENABLED.
  using Call = EnableCap<Cap("KVM_CAP_X86_NOTIFY_VMEXIT"), 1>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"(u32)args[0] & ~KVM_X86_NOTIFY_VMEXIT_VALID_BITS", [](Call& call) { call.arg = 4; }},
      {"kvm_caps.has_notify_vmexit",
       [](Call& call) { call.settings = {{"hw.notify_vmexit", "n"}}; }},
      {"(u32)args[0] & KVM_X86_NOTIFY_VMEXIT_ENABLED", [](Call& call) { call.arg = 2; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(X86CheckOrderTest, DisableNxHugePages) {
  using Call = EnableCap<Cap("KVM_CAP_VM_DISABLE_NX_HUGE_PAGES"), 0>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"capable(CAP_SYS_BOOT)", [](Call& call) { call.privileged = false; }},
      {"args[0] != 0", [](Call& call) { call.arg = 1; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

TEST(X86CheckOrderTest, ApicBusCycles) {
  struct Call : EnableCap<Cap("KVM_CAP_X86_APIC_BUS_CYCLES_NS"), 1> {
    Call() { irqchip = true; }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"args[0] == 0", [](Call& call) { call.arg = 0; }},
      {"0xffffffff * 128 * args[0] overflows 64 bits", [](Call& call) { call.arg = 33554433; }},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.irqchip = false; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
  });
}

// KVM_CAP_HYPERV_SYNIC2 on a vCPU.
struct EnableSynic2 : X86Vm {
  std::uint32_t flags = 0;
  std::uint64_t arg = 0;

  EnableSynic2() { irqchip = true; }

  void Make(TrailRecorder& recorder) const {
    Machine machine = Boot();
    const int target = *machine.CreateVcpu(MakeVm(machine));
    Listen(machine, recorder,
           [&] { return machine.EnableCap(target, Cap("KVM_CAP_HYPERV_SYNIC2"), arg, flags); });
  }
};

TEST(X86CheckOrderTest, Synic2) {
  using Call = EnableSynic2;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"CONFIG_KVM_HYPERV", [](Call& call) { call.settings = {{"CONFIG_KVM_HYPERV", "n"}}; }},
      {"args[0] != 0", [](Call& call) { call.arg = 1; }},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.irqchip = false; }},
  });
}

struct CreateIrqchip : X86Vm {
  std::uint64_t failing_allocation = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine = Boot();
    const int vm = MakeVm(machine);
    machine.kernel().allocations().FailNth(failing_allocation);
    Listen(machine, recorder, [&] { return machine.CreateIrqchip(vm); });
  }
};

TEST(X86CheckOrderTest, CreateIrqchip) {
  using Call = CreateIrqchip;
  ExpectInOrder<Call>({
      {"CONFIG_KVM_IOAPIC", [](Call& call) { call.settings = {{"CONFIG_KVM_IOAPIC", "n"}}; }},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.split_irqchip = true; }},
      {"kvm->arch.has_protected_eoi: a trust domain",
       [](Call& call) { call.vm_type = uapi::kX86TdxVm; }},
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
      {"memory for the PIC is short", [](Call& call) { call.failing_allocation = 1; }},
      {"memory for the IOAPIC is short", [](Call& call) { call.failing_allocation = 2; }},
      {"memory for the default routing is short", [](Call& call) { call.failing_allocation = 3; }},
  });
}

struct SetBootCpuId : X86Vm {
  std::uint64_t id = 10;

  SetBootCpuId() { max_vcpu_id = 10; }

  void Make(TrailRecorder& recorder) const {
    Machine machine = Boot();
    const int vm = MakeVm(machine);
    Listen(machine, recorder,
           [&] { return machine.task().Ioctl(vm, uapi::RequestOf("KVM_SET_BOOT_CPU_ID"), id); });
  }
};

TEST(X86CheckOrderTest, SetBootCpuId) {
  using Call = SetBootCpuId;
  ExpectInOrder<Call>({
      {"a vCPU was created", [](Call& call) { call.vcpu = true; }},
      {"arg > KVM_MAX_VCPU_IDS", [](Call& call) { call.id = 4097; }},
      {"arg > kvm->arch.max_vcpu_ids, which is set", [](Call& call) { call.id = 11; }},
  });
}

// What a VM's files may be made with, at KVM_CHECK_EXTENSION.
struct CheckFlagsOfFiles {
  std::uint64_t vm_type = uapi::kX86DefaultVm;
  Settings settings = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};

  void Make(TrailRecorder& recorder) const {
    Machine machine("x86", settings);
    const int vm = *machine.CreateVm(vm_type);
    Listen(machine, recorder, [&] { return machine.Check(vm, Cap("KVM_CAP_GUEST_MEMFD_FLAGS")); });
  }
};

TEST(X86CheckOrderTest, InitShared) {
  using Call = CheckFlagsOfFiles;
  ExpectInOrder<Call>({
      // Where files track attributes, the type of the VM doesn't count.
      {"vm_memory_attributes", [](Call& call) { call.settings = {}; }},
      {"kvm_arch_has_private_mem(kvm)"},
  });
}

}  // namespace
}  // namespace kvm_model
