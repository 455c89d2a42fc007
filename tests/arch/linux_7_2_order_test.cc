// The order of the checks that linux-7.2 brought to arm64 and riscv, as the decision trail shows
// it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "tests/arch/calls.h"
#include "tests/kvm_model/check_order.h"
#include "tests/kvm_model/machine.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

using Settings = std::vector<SettingAssignment>;

constexpr std::string_view kNext = "next-20260923";

// ---- arm64 ----

struct Arm64CreateVm {
  Settings settings = {{"kvm_arm.mode", "protected"}};
  std::uint64_t type = uapi::kVmTypeArmProtected;

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64", settings, kNext);
    Listen(machine, recorder, [&] { return machine.CreateVm(type); });
  }
};

TEST(Linux72CheckOrderTest, Arm64CreateVm) {
  using Call = Arm64CreateVm;
  ExpectInOrder<Call>({
      {"type & ~KVM_VM_TYPE_ARM_IPA_SIZE_MASK",
       [](Call& call) { call.type = uapi::kVmTypeArmProtected | 0x100; }},
      {"KVM_VM_TYPE_ARM_PROTECTED && !is_protected_kvm_enabled()",
       [](Call& call) { call.settings = {}; }},
      {"is_protected_kvm_enabled()"},
  });
}

struct Arm64BindSlot {
  PageIndex gfn = 0;
  bool mte = false;
  std::uint64_t file_flags = uapi::kGuestMemfdFlagMmap;

  void Make(TrailRecorder& recorder) const {
    Machine machine("arm64", {{"hw.mte", "y"}}, kNext);
    const int vm = *machine.CreateVm();
    if (mte) (void)EnableCap(machine, vm, "KVM_CAP_ARM_MTE");
    const int file = *machine.CreateGuestMemfd(vm, 1, file_flags);
    Listen(machine, recorder, [&] { return machine.BindSlot(vm, 0, gfn, 1, file); });
  }
};

TEST(Linux72CheckOrderTest, Arm64PrepareMemoryRegion) {
  using Call = Arm64BindSlot;
  ExpectInOrder<Call>({
      {"the end lies beyond the IPA size", [](Call& call) { call.gfn = PageIndex{1} << 28; }},
      {"a guest_memfd slot whose file can't be mapped", [](Call& call) { call.file_flags = 0; }},
      {"kvm_has_mte(kvm)", [](Call& call) { call.mte = true; }},
  });
}

// ---- riscv ----

struct RiscvSelectGpaBits {
  std::string_view revision = kNext;
  std::string_view host_bits = "50";
  std::uint64_t wanted = 41;
  std::uint32_t flags = 0;
  bool vcpu = false;
  bool slot = false;

  void Make(TrailRecorder& recorder) const {
    Machine machine("riscv", {{"hw.gpa_bits", std::string(host_bits)}}, revision);
    const int vm = *machine.CreateVm();
    if (vcpu) (void)machine.CreateVcpu(vm);
    if (slot) (void)machine.SetSlot(vm, 0, 0, 1, 0x10000);
    Listen(machine, recorder,
           [&] { return EnableCap(machine, vm, "KVM_CAP_VM_GPA_BITS", wanted, flags); });
  }
};

TEST(Linux72CheckOrderTest, RiscvSelectGpaBits) {
  using Call = RiscvSelectGpaBits;
  ExpectInOrder<Call>({
      {"flags != 0", [](Call& call) { call.flags = 1; }},
      {"cap is VM_GPA_BITS"},
      {"no G-stage mode has so many bits", [](Call& call) { call.wanted = 60; }},
      {"the mode has more bits than the host's", [](Call& call) { call.wanted = 51; }},
      {"kvm->created_vcpus", [](Call& call) { call.vcpu = true; }},
      {"kvm_are_all_memslots_empty()", [](Call& call) { call.slot = true; }},
  });
}

TEST(Linux72CheckOrderTest, RiscvWithoutACapabilityOfItsOwnAsksNothing) {
  constexpr OrderedCheck<RiscvSelectGpaBits> kQuestions[] = {{"flags != 0"},
                                                             {"cap is RISCV_MP_STATE_RESET"}};
  RiscvSelectGpaBits older;
  older.revision = "linux-6.12";
  EXPECT_EQ(Asked<RiscvSelectGpaBits>(older, kQuestions), std::vector<std::string>());
}

}  // namespace
}  // namespace kvm_model
