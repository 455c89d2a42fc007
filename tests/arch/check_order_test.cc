// The order of the checks that are arm64's, powerpc's and s390's own, as the decision trail shows
// it. x86's have a test of their own.
#include "tests/kvm_model/check_order.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/page.h"
#include "kvm_model/privileges.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/machine.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;
using uapi::Cap;

void CreateVcpus(Machine& machine, int vm, std::uint64_t count) {
  for (std::uint64_t id = 0; id < count; ++id) (void)machine.CreateVcpu(vm, id);
}

// KVM_ENABLE_CAP with two arguments.
struct Enable {
  std::uint32_t flags = 0;
  std::uint64_t arg0 = 0;
  std::uint64_t arg1 = 0;

  void Make(Machine& machine, TrailRecorder& recorder, int fd, int capability) const {
    uapi::kvm_enable_cap cap{};
    cap.cap = static_cast<std::uint32_t>(capability);
    cap.flags = flags;
    cap.args[0] = arg0;
    cap.args[1] = arg1;
    Listen(machine, recorder, [&] {
      return machine.task().Ioctl(fd, machine.Request(uapi::Ioctl("KVM_ENABLE_CAP")), &cap);
    });
  }
};

// ---- arm64 ----

const Settings kProtected = {{"kvm_arm.mode", "protected"}};
// A GICv3 that has a GICv2's interface too.
const Settings kBothGics = {{"hw.vgic_v2_compat", "y"}};

struct Arm64EnableMte {
  Settings settings = {{"hw.mte", "y"}};
  std::uint64_t vcpus = 0;
  Enable enable;

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64", settings);
    const int vm = *machine.CreateVm();
    CreateVcpus(machine, vm, vcpus);
    enable.Make(machine, recorder, vm, Cap("KVM_CAP_ARM_MTE"));
  }
};

TEST(Arm64CheckOrderTest, EnableMte) {
  using Call = Arm64EnableMte;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"is_protected_kvm_enabled()"},
      {"system_supports_mte()", [](Call& call) { call.settings = {{"hw.mte", "n"}}; }},
      {"kvm->created_vcpus", [](Call& call) { call.vcpus = 1; }},
  });
}

struct Arm64CheckExtension {
  Settings settings = kProtected;
  std::string_view capability = "KVM_CAP_ARM_SVE";

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64", settings);
    const int vm = *machine.CreateVm();
    Listen(machine, recorder, [&] { return Check(machine, vm, capability); });
  }
};

TEST(Arm64CheckOrderTest, PkvmsGateOfCapabilities) {
  using Call = Arm64CheckExtension;
  ExpectInOrder<Call>({
      {"is_protected_kvm_enabled()", [](Call& call) { call.settings = {}; }},
      {"the capability is on the list of every VM",
       [](Call& call) { call.capability = "KVM_CAP_ARM_PSCI"; }},
      {"the capability is ARM_MTE", [](Call& call) { call.capability = "KVM_CAP_ARM_MTE"; }},
      {"!kvm || !kvm_vm_is_protected(kvm)"},
  });
}

struct Arm64VmIoctl {
  std::string_view revision = "rfc-v4";
  Settings settings = kProtected;
  uapi::IoctlId ioctl = uapi::Ioctl("KVM_CREATE_IRQCHIP");

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64", settings, revision);
    const int vm = *machine.CreateVm();
    Listen(machine, recorder,
           [&] { return machine.task().Ioctl(vm, machine.Request(ioctl), std::uint64_t{0}); });
  }
};

TEST(Arm64CheckOrderTest, PkvmsGateOfIoctls) {
  using Call = Arm64VmIoctl;
  ExpectInOrder<Call>({
      {"is_protected_kvm_enabled()", [](Call& call) { call.settings = {}; }},
      {"no capability stands for the ioctl"},
      {"the capability is on the list of every VM"},
  });
}

TEST(Arm64CheckOrderTest, WhatPkvmsGateIsNotAsked) {
  constexpr OrderedCheck<Arm64VmIoctl> kQuestions[] = {
      {"is_protected_kvm_enabled()"},
      {"no capability stands for the ioctl"},
      {"the capability is on the list of every VM"},
      {"kvm && kvm_vm_is_protected(kvm)"},
  };
  Arm64VmIoctl older;
  older.revision = "linux-6.18";
  EXPECT_EQ(Asked<Arm64VmIoctl>(older, kQuestions),
            std::vector<std::string>{"is_protected_kvm_enabled()"});
  Arm64VmIoctl generic;
  generic.ioctl = uapi::Ioctl("KVM_IRQ_LINE");
  EXPECT_EQ(Asked<Arm64VmIoctl>(generic, kQuestions), std::vector<std::string>());
}

struct Arm64CreateGic {
  Settings settings = kBothGics;
  bool has_gic = false;
  // Each has interrupts of its own, for which memory is needed.
  std::uint64_t vcpus = 1;
  std::uint64_t failing_allocation = 0;

  template <typename F>
  void Prepare(const F& create) const {
    Machine machine("arm64", settings);
    const int vm = *machine.CreateVm();
    if (has_gic) (void)machine.CreateDevice(vm, uapi::kDevTypeArmVgicV3);
    CreateVcpus(machine, vm, vcpus);
    machine.kernel().allocations().FailNth(failing_allocation);
    create(machine, vm);
  }
};

struct Arm64CreateIrqchip : Arm64CreateGic {
  void Make(TrailRecorder& recorder) const {
    Prepare([&](Machine& machine, int vm) {
      Listen(machine, recorder, [&] { return machine.CreateIrqchip(vm); });
    });
  }
};

TEST(Arm64CheckOrderTest, CreateIrqchip) {
  using Call = Arm64CreateIrqchip;
  ExpectInOrder<Call>({
      {"!vgic_present", [](Call& call) { call.settings = {{"hw.vgic", "none"}}; }},
      {"!can_emulate_gicv2", [](Call& call) { call.settings = {{"hw.vgic", "v3"}}; }},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.has_gic = true; }},
      {"online_vcpus > max_vcpus", [](Call& call) { call.vcpus = 9; }},
      {"memory for the vCPUs' interrupts is short",
       [](Call& call) { call.failing_allocation = 1; }},
  });
}

struct Arm64CreateGicV2 : Arm64CreateGic {
  void Make(TrailRecorder& recorder) const {
    Prepare([&](Machine& machine, int vm) {
      Listen(machine, recorder, [&] { return machine.CreateDevice(vm, uapi::kDevTypeArmVgicV2); });
    });
  }
};

TEST(Arm64CheckOrderTest, CreateADeviceOfAGicV2) {
  using Call = Arm64CreateGicV2;
  ExpectInOrder<Call>({
      {"no device of that type is registered",
       [](Call& call) { call.settings = {{"hw.vgic", "v3"}}; }},
      {"memory for the device is short", [](Call& call) { call.failing_allocation = 1; }},
      {"!can_emulate_gicv2"},
      {"irqchip_in_kernel(kvm)", [](Call& call) { call.has_gic = true; }},
      {"online_vcpus > max_vcpus", [](Call& call) { call.vcpus = 9; }},
      {"memory for the vCPUs' interrupts is short",
       [](Call& call) { call.failing_allocation = 2; }},
  });
}

struct Arm64BindSlot {
  // The VM has 2^28 pages: an IPA size of 40 bits.
  PageIndex gfn = 0;
  std::uint64_t file_flags = uapi::kGuestMemfdFlagMmap;

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64");
    const int vm = *machine.CreateVm();
    const int file = *machine.CreateGuestMemfd(vm, 1, file_flags);
    Listen(machine, recorder, [&] { return machine.BindSlot(vm, 0, gfn, 1, file); });
  }
};

TEST(Arm64CheckOrderTest, PrepareAMemoryRegion) {
  using Call = Arm64BindSlot;
  ExpectInOrder<Call>({
      {"the end lies beyond the IPA size", [](Call& call) { call.gfn = PageIndex{1} << 28; }},
      {"a guest_memfd slot whose file can't be mapped", [](Call& call) { call.file_flags = 0; }},
  });
}

// ---- powerpc ----

const Settings kE500mc = {{"CONFIG_KVM_E500MC", "y"}};
// VMs in problem state alone: the kernel is built without the HV module.
const Settings kPrKernel = {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}};

struct PowerpcVm {
  Settings settings = {};
  std::uint64_t vm_type = 0;
  Enable enable;

  // A VM in problem state, where those under the hypervisor mode can be had too.
  void UsePr() {
    settings.push_back({"CONFIG_KVM_BOOK3S_64_PR", "y"});
    vm_type = uapi::kVmPpcPr;
  }
};

template <int kCapability>
struct PowerpcEnableCap : PowerpcVm {
  std::uint64_t vcpus = 0;

  void Make(TrailRecorder& recorder) const {
    Machine machine("powerpc", settings);
    const int vm = *machine.CreateVm(vm_type);
    CreateVcpus(machine, vm, vcpus);
    enable.Make(machine, recorder, vm, kCapability);
  }
};

TEST(PowerpcCheckOrderTest, EnableHcall) {
  struct Call : PowerpcEnableCap<Cap("KVM_CAP_PPC_ENABLE_HCALL")> {
    Call() { enable.arg0 = 8; }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_64_HANDLER", [](Call& call) { call.settings = kE500mc; }},
      {"hcall > MAX_HCALL_OPCODE", [](Call& call) { call.enable.arg0 = 0x48c; }},
      {"hcall & 3", [](Call& call) { call.enable.arg0 = 9; }},
      {"args[1] > 1", [](Call& call) { call.enable.arg1 = 2; }},
      {"kvmppc_book3s_hcall_implemented(kvm, hcall)"},
  });
}

TEST(PowerpcCheckOrderTest, EnableSmt) {
  // Threads that must run the same VM.
  struct Call : PowerpcEnableCap<Cap("KVM_CAP_PPC_SMT")> {
    Call() {
      settings = {{"hw.arch_300", "n"}, {"hw.threads_per_subcore", "4"}};
      enable.arg0 = 4;
    }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_64_HANDLER", [](Call& call) { call.settings = kE500mc; }},
      {"kvm->arch.kvm_ops->set_smt_mode", [](Call& call) { call.UsePr(); }},
      {"flags != 0", [](Call& call) { call.enable.arg1 = 1; }},
      {"mode > MAX_SMT_THREADS || !is_power_of_2(mode)", [](Call& call) { call.enable.arg0 = 3; }},
      {"cpu_has_feature(CPU_FTR_ARCH_300)"},
      {"mode > threads_per_subcore", [](Call& call) { call.enable.arg0 = 8; }},
      {"kvm->arch.online_vcores", [](Call& call) { call.vcpus = 1; }},
  });
}

TEST(PowerpcCheckOrderTest, EnableNestedHv) {
  using Call = PowerpcEnableCap<Cap("KVM_CAP_PPC_NESTED_HV")>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_64_HANDLER", [](Call& call) { call.settings = kE500mc; }},
      {"!is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.UsePr(); }},
      {"!nested", [](Call& call) { call.settings = {{"kvm_hv.nested", "n"}}; }},
      {"!cpu_has_feature(CPU_FTR_ARCH_300)",
       [](Call& call) { call.settings = {{"hw.arch_300", "n"}}; }},
      {"!radix_enabled()", [](Call& call) { call.settings = {{"hw.radix", "n"}}; }},
      {"kvmhv_is_nestedv2()",
       [](Call& call) { call.settings = {{"hw.pseries", "y"}, {"hw.nestedv2", "y"}}; }},
  });
}

TEST(PowerpcCheckOrderTest, EnableSecureGuest) {
  using Call = PowerpcEnableCap<Cap("KVM_CAP_PPC_SECURE_GUEST")>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_HV_POSSIBLE", [](Call& call) { call.settings = kPrKernel; }},
      {"!is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.UsePr(); }},
      {"!kvmppc_uvmem_available()"},
  });
}

TEST(PowerpcCheckOrderTest, EnableDawr1) {
  using Call = PowerpcEnableCap<Cap("KVM_CAP_PPC_DAWR1")>;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_HV_POSSIBLE", [](Call& call) { call.settings = kPrKernel; }},
      {"!is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.UsePr(); }},
      {"!cpu_has_feature(CPU_FTR_DAWR1)"},
  });
}

template <int kCapability>
struct PowerpcEnableVcpuCap : PowerpcVm {
  bool papr = false;

  void Make(TrailRecorder& recorder) const {
    Machine machine("powerpc", settings);
    const int vcpu = *machine.CreateVcpu(*machine.CreateVm(vm_type));
    // It stays enabled where the vCPU may not have it.
    if (papr) (void)machine.EnableCap(vcpu, Cap("KVM_CAP_PPC_PAPR"));
    enable.Make(machine, recorder, vcpu, kCapability);
  }
};

TEST(PowerpcCheckOrderTest, SanityOfAVcpu) {
  // Every check is asked on E500mc alone.
  struct Call : PowerpcEnableVcpuCap<Cap("KVM_CAP_PPC_OSI")> {
    Call() { settings = kE500mc; }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"cpu_type != KVM_CPU_3S_64 && papr_enabled", [](Call& call) { call.papr = true; }},
      {"!papr_enabled && is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.settings = {}; }},
      {"!cpu_has_feature(CPU_FTR_EMB_HV)",
       [](Call& call) { call.settings.push_back({"hw.emb_hv", "n"}); }},
  });
}

TEST(PowerpcCheckOrderTest, EnableFwnmi) {
  struct Call : PowerpcEnableVcpuCap<Cap("KVM_CAP_PPC_FWNMI")> {
    Call() { papr = true; }
  };
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"CONFIG_KVM_BOOK3S_HV_POSSIBLE", [](Call& call) { call.settings = kPrKernel; }},
      {"!is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.UsePr(); }},
      {"cpu_type != KVM_CPU_3S_64 && papr_enabled"},
      {"!papr_enabled && is_kvmppc_hv_enabled(kvm)", [](Call& call) { call.papr = false; }},
  });
}

// ---- s390 ----

struct S390Vm {
  Settings settings = {{"CONFIG_KVM_S390_UCONTROL", "y"}, {"kvm.hpage", "y"}};
  std::uint64_t vm_type = 0;
  bool privileged = true;
};

struct S390CreateVm : S390Vm {
  void Make(TrailRecorder& recorder) const {
    Machine machine("s390", settings);
    machine.task().SetPrivileges({.sys_admin = privileged});
    Listen(machine, recorder, [&] { return machine.CreateVm(vm_type); });
  }
};

TEST(S390CheckOrderTest, CreateVm) {
  struct Call : S390CreateVm {
    Call() { vm_type = uapi::kVmS390Ucontrol; }
  };
  ExpectInOrder<Call>({
      {"CONFIG_KVM_S390_UCONTROL",
       [](Call& call) { call.settings = {{"CONFIG_KVM_S390_UCONTROL", "n"}}; }},
      {"type & ~KVM_VM_S390_UCONTROL", [](Call& call) { call.vm_type = 2; }},
      {"(type & KVM_VM_S390_UCONTROL) && !capable(CAP_SYS_ADMIN)",
       [](Call& call) { call.privileged = false; }},
  });
}

struct S390EnableHugePages : S390Vm {
  std::uint64_t vcpus = 0;
  Enable enable;

  void Make(TrailRecorder& recorder) const {
    Machine machine("s390", settings);
    const int vm = *machine.CreateVm(vm_type);
    CreateVcpus(machine, vm, vcpus);
    enable.Make(machine, recorder, vm, Cap("KVM_CAP_S390_HPAGE_1M"));
  }
};

TEST(S390CheckOrderTest, EnableHugePages) {
  using Call = S390EnableHugePages;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"kvm->created_vcpus", [](Call& call) { call.vcpus = 1; }},
      {"!hpage", [](Call& call) { call.settings = {}; }},
      {"kvm_is_ucontrol(kvm)", [](Call& call) { call.vm_type = uapi::kVmS390Ucontrol; }},
  });
}

struct S390EnableRuntimeInstrumentation : S390EnableHugePages {
  void Make(TrailRecorder& recorder) const {
    Machine machine("s390", settings);
    const int vm = *machine.CreateVm();
    CreateVcpus(machine, vm, vcpus);
    enable.Make(machine, recorder, vm, Cap("KVM_CAP_S390_RI"));
  }
};

TEST(S390CheckOrderTest, EnableAFacility) {
  using Call = S390EnableRuntimeInstrumentation;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"kvm->created_vcpus", [](Call& call) { call.vcpus = 1; }},
      {"test_facility(64)", [](Call& call) { call.settings = {{"hw.facility_64", "n"}}; }},
  });
}

struct S390EnableVcpuCap {
  int capability = Cap("KVM_CAP_S390_CSS_SUPPORT");
  Enable enable;

  void Make(TrailRecorder& recorder) const {
    Machine machine("s390");
    enable.Make(machine, recorder, *machine.CreateVcpu(*machine.CreateVm()), capability);
  }
};

TEST(S390CheckOrderTest, EnableACapabilityOfAVcpu) {
  using Call = S390EnableVcpuCap;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.enable.flags = 1; }},
      {"cap == KVM_CAP_S390_CSS_SUPPORT",
       [](Call& call) { call.capability = Cap("KVM_CAP_S390_RI"); }},
  });
}

}  // namespace
}  // namespace kvm_model
