// KVM_ENABLE_CAP on powerpc's VMs and vCPUs.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;
using Args = std::array<std::uint64_t, 2>;

constexpr std::int64_t kSmt = Cap("KVM_CAP_PPC_SMT");
constexpr std::int64_t kEnableHcall = Cap("KVM_CAP_PPC_ENABLE_HCALL");
constexpr std::int64_t kNestedHv = Cap("KVM_CAP_PPC_NESTED_HV");
constexpr std::int64_t kSecureGuest = Cap("KVM_CAP_PPC_SECURE_GUEST");
constexpr std::int64_t kDawr1 = Cap("KVM_CAP_PPC_DAWR1");
constexpr std::int64_t kOsi = Cap("KVM_CAP_PPC_OSI");
constexpr std::int64_t kPapr = Cap("KVM_CAP_PPC_PAPR");
constexpr std::int64_t kEpr = Cap("KVM_CAP_PPC_EPR");
constexpr std::int64_t kWatchdog = Cap("KVM_CAP_PPC_BOOKE_WATCHDOG");
constexpr std::int64_t kSwTlb = Cap("KVM_CAP_SW_TLB");
constexpr std::int64_t kMpic = Cap("KVM_CAP_IRQ_MPIC");
constexpr std::int64_t kXics = Cap("KVM_CAP_IRQ_XICS");
constexpr std::int64_t kXive = Cap("KVM_CAP_PPC_IRQ_XIVE");
constexpr std::int64_t kFwnmi = Cap("KVM_CAP_PPC_FWNMI");

const Settings kPr = {{"CONFIG_KVM_BOOK3S_64_HV", "n"}, {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
const Settings kPrAndHv = {{"CONFIG_KVM_BOOK3S_64_PR", "y"}};
const Settings kPower8 = {{"hw.arch_300", "n"}, {"hw.threads_per_subcore", "4"}};
const Settings kE500mc = {{"CONFIG_KVM_E500MC", "y"}};

constexpr std::uint64_t kUnset = ~std::uint64_t{0};

// A VM with a vCPU or without, on a host.
class PowerpcVm {
 public:
  explicit PowerpcVm(const Settings& settings = {}, std::uint64_t type = 0)
      : machine_("powerpc", settings), vm_(machine_.CreateVm(type).value()) {}

  Machine& machine() { return machine_; }
  int vm() const { return vm_; }

  Result<std::int64_t> Enable(std::int64_t capability, Args args = {}, std::uint32_t flags = 0) {
    return EnableOn(vm_, capability, args, flags);
  }
  int MakeVcpu(std::uint64_t id = 0) { return machine_.CreateVcpu(vm_, id).value(); }
  Result<std::int64_t> EnableOn(int fd, std::int64_t capability, Args args = {},
                                std::uint32_t flags = 0) {
    uapi::kvm_enable_cap cap{};
    cap.cap = static_cast<std::uint32_t>(capability);
    cap.flags = flags;
    cap.args[0] = args[0];
    cap.args[1] = args[1];
    // These never count.
    cap.args[2] = cap.args[3] = kUnset;
    cap.pad[0] = 1;
    return machine_.task().Ioctl(fd, machine_.Request(uapi::Ioctl("KVM_ENABLE_CAP")), &cap);
  }

 private:
  Machine machine_;
  const int vm_;
};

// ---- On a VM ----

TEST(PowerpcEnableCapTest, FlagsAreRefusedBeforeAnythingElse) {
  for (const std::int64_t capability : {kEnableHcall, kSmt, kNestedHv, kSecureGuest, kDawr1}) {
    PowerpcVm vm(Settings{{"kvm_hv.nested", "n"}, {"hw.dawr1", "n"}});
    vm.MakeVcpu();
    EXPECT_THAT(vm.Enable(capability, {1, 0}, 1), FailsWith(Errno::kEINVAL)) << capability;
    EXPECT_THAT(vm.Enable(capability, {1, 0}, 1U << 31), FailsWith(Errno::kEINVAL)) << capability;
  }
}

TEST(PowerpcEnableCapTest, NothingElseCanBeEnabled) {
  PowerpcVm vm;
  for (std::int64_t capability = 0; capability < 300; ++capability) {
    // H_REMOVE, which is number 4, and one thread will do; there is no ultravisor.
    const bool known = capability == kEnableHcall || capability == kSmt ||
                       capability == kNestedHv || capability == kDawr1;
    const auto answer = vm.Enable(capability, {capability == kSmt ? 1U : 4U, 0});
    if (capability == Cap("KVM_CAP_HALT_POLL")) continue;
    EXPECT_EQ(answer.has_value(), known) << capability;
    if (!known) {
      EXPECT_THAT(answer, FailsWith(Errno::kEINVAL)) << capability;
    }
  }
}

TEST(PowerpcHcallTest, TakesWhatTheModuleHandles) {
  PowerpcVm hv;
  PowerpcVm pr(kPr);
  for (const std::uint64_t both : {0x04U, 0x08U, 0x64U, 0xe0U, 0x124U, 0x31cU}) {
    for (const std::uint64_t enable : {0U, 1U}) {
      EXPECT_THAT(hv.Enable(kEnableHcall, {both, enable}), Answers(0)) << both;
      EXPECT_THAT(pr.Enable(kEnableHcall, {both, enable}), Answers(0)) << both;
    }
  }
  for (const std::uint64_t hv_alone : {0x0cU, 0xdcU, 0xe8U, 0x300U, 0x448U}) {
    EXPECT_THAT(hv.Enable(kEnableHcall, {hv_alone, 1}), Answers(0)) << hv_alone;
    EXPECT_THAT(pr.Enable(kEnableHcall, {hv_alone, 1}), FailsWith(Errno::kEINVAL)) << hv_alone;
  }
  for (const std::uint64_t nobody : {0x00U, 0x24U, 0x44U, 0x304U, 0x44cU, 0x488U}) {
    EXPECT_THAT(hv.Enable(kEnableHcall, {nobody, 1}), FailsWith(Errno::kEINVAL)) << nobody;
    EXPECT_THAT(pr.Enable(kEnableHcall, {nobody, 1}), FailsWith(Errno::kEINVAL)) << nobody;
  }
}

// All fail alike: the trail tells which check it was.
TEST(PowerpcHcallTest, EachCheckDecides) {
  struct Case {
    Args args;
    std::string predicate;
  };
  const Case kCases[] = {
      {{0x48c, 1}, "hcall > MAX_HCALL_OPCODE: yes"},
      {{kUnset, kUnset}, "hcall > MAX_HCALL_OPCODE: yes"},
      {{0x09, 1}, "hcall & 3: yes"},
      {{0x0a, 2}, "hcall & 3: yes"},
      {{0x0b, 1}, "hcall & 3: yes"},
      {{0x08, 2}, "args[1] > 1: yes"},
      {{0x44, std::uint64_t{1} << 32}, "args[1] > 1: yes"},
      {{0x488, 1}, "kvmppc_book3s_hcall_implemented(kvm, hcall): no"},
  };
  PowerpcVm vm;
  for (const auto& [args, predicate] : kCases) {
    TrailRecorder trail;
    vm.machine().task().SetTrailListener(&trail);
    EXPECT_THAT(vm.Enable(kEnableHcall, args), FailsWith(Errno::kEINVAL)) << predicate;
    vm.machine().task().SetTrailListener(nullptr);
    EXPECT_THAT(trail.ToText(), ::testing::HasSubstr(predicate));
  }
}

TEST(PowerpcHcallTest, InterruptsNeedXics) {
  PowerpcVm vm(Settings{{"CONFIG_KVM_XICS", "n"}});
  for (const std::uint64_t hcall : {0x64U, 0x68U, 0x6cU, 0x70U, 0x74U, 0x2fcU}) {
    EXPECT_THAT(vm.Enable(kEnableHcall, {hcall, 1}), FailsWith(Errno::kEINVAL)) << hcall;
  }
  EXPECT_THAT(vm.Enable(kEnableHcall, {0xe0, 1}), Answers(0));
}

TEST(PowerpcSmtTest, LooseThreadsAreEmulated) {
  PowerpcVm vm;
  for (const std::uint64_t mode : {8U, 4U, 2U, 1U}) {
    EXPECT_THAT(vm.Enable(kSmt, {mode, 0}), Answers(0));
    EXPECT_THAT(vm.machine().Check(vm.vm(), kSmt), Answers(static_cast<std::int64_t>(mode)));
    EXPECT_THAT(vm.machine().Check(vm.machine().kvm(), kSmt), Answers(1)) << "that is the host's";
  }
}

TEST(PowerpcSmtTest, StrictThreadsAreThoseOfTheSubcore) {
  PowerpcVm vm(kPower8);
  EXPECT_THAT(vm.machine().Check(vm.vm(), kSmt), Answers(4)) << "a new VM";
  for (const std::uint64_t mode : {1U, 2U, 4U}) {
    EXPECT_THAT(vm.Enable(kSmt, {mode, 0}), Answers(0));
    EXPECT_THAT(vm.machine().Check(vm.vm(), kSmt), Answers(static_cast<std::int64_t>(mode)));
  }
  EXPECT_THAT(vm.Enable(kSmt, {8, 0}), FailsWith(Errno::kEINVAL)) << "more than the subcore has";
  EXPECT_THAT(vm.machine().Check(vm.vm(), kSmt), Answers(4)) << "unchanged";
}

TEST(PowerpcSmtTest, EachCheckDecides) {
  PowerpcVm vm;
  for (const std::uint64_t mode :
       {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{6}, std::uint64_t{16},
        std::uint64_t{1} << 32, std::uint64_t{1} << 63, kUnset}) {
    EXPECT_THAT(vm.Enable(kSmt, {mode, 0}), FailsWith(Errno::kEINVAL)) << mode;
  }
  for (const std::uint64_t flags : {std::uint64_t{1}, std::uint64_t{1} << 63}) {
    EXPECT_THAT(vm.Enable(kSmt, {1, flags}), FailsWith(Errno::kEINVAL)) << flags;
  }
  vm.MakeVcpu();
  EXPECT_THAT(vm.Enable(kSmt, {2, 0}), FailsWith(Errno::kEBUSY));
  EXPECT_THAT(vm.Enable(kSmt, {3, 0}), FailsWith(Errno::kEINVAL)) << "the mode is looked at first";
  EXPECT_THAT(vm.Enable(kSmt, {2, 1}), FailsWith(Errno::kEINVAL)) << "so are the flags";
  EXPECT_THAT(vm.machine().Check(vm.vm(), kSmt), Answers(1)) << "unchanged";
}

TEST(PowerpcSmtTest, PrHasNoModes) {
  PowerpcVm pr(kPrAndHv, uapi::kVmPpcPr);
  EXPECT_THAT(pr.Enable(kSmt, {1, 0}), FailsWith(Errno::kEINVAL));
  PowerpcVm e500(kE500mc);
  EXPECT_THAT(e500.Enable(kSmt, {1, 0}), FailsWith(Errno::kEINVAL));
}

TEST(PowerpcOperationsTest, AnswerWhatTheModuleAnswers) {
  struct Case {
    Settings settings;
    std::int64_t capability;
    Result<std::int64_t> answer;
  };
  const Case kCases[] = {
      {{}, kNestedHv, 0},
      {{{"kvm_hv.nested", "n"}}, kNestedHv, Failure(Errno::kEPERM)},
      {{{"hw.arch_300", "n"}}, kNestedHv, Failure(Errno::kENODEV)},
      {{{"hw.radix", "n"}}, kNestedHv, Failure(Errno::kENODEV)},
      {{{"hw.pseries", "y"}}, kNestedHv, 0},
      {{{"hw.pseries", "y"}, {"hw.nestedv2", "y"}}, kNestedHv, Failure(Errno::kENODEV)},
      // The parameter is looked at before the processor.
      {{{"kvm_hv.nested", "n"}, {"hw.arch_300", "n"}}, kNestedHv, Failure(Errno::kEPERM)},
      {{{"hw.svm", "y"}}, kSecureGuest, 0},
      {{}, kSecureGuest, Failure(Errno::kEINVAL)},
      {{}, kDawr1, 0},
      {{{"hw.dawr1", "n"}}, kDawr1, Failure(Errno::kENODEV)},
  };
  for (const auto& [settings, capability, answer] : kCases) {
    PowerpcVm vm(settings);
    EXPECT_EQ(vm.Enable(capability), answer) << capability;
    vm.MakeVcpu();
    EXPECT_EQ(vm.Enable(capability), answer) << capability << " with a vCPU";
  }
}

TEST(PowerpcOperationsTest, AreRefusedOffHv) {
  // Where the operation itself would fail in another way.
  const Settings no_features = {{"hw.dawr1", "n"}, {"kvm_hv.nested", "n"}};
  Settings both = kPrAndHv;
  both.insert(both.end(), no_features.begin(), no_features.end());
  PowerpcVm pr(both, uapi::kVmPpcPr);
  PowerpcVm e500(kE500mc);
  PowerpcVm no_hv(kPr);
  for (const std::int64_t capability : {kNestedHv, kSecureGuest, kDawr1}) {
    EXPECT_THAT(pr.Enable(capability), FailsWith(Errno::kEINVAL)) << capability;
    EXPECT_THAT(e500.Enable(capability), FailsWith(Errno::kEINVAL)) << capability;
    EXPECT_THAT(no_hv.Enable(capability), FailsWith(Errno::kEINVAL)) << capability;
  }
  EXPECT_THAT(e500.Enable(kEnableHcall, {8, 1}), FailsWith(Errno::kEINVAL));
}

// ---- On a vCPU ----

TEST(PowerpcVcpuTest, FlagsAreRefused) {
  PowerpcVm vm;
  const int vcpu = vm.MakeVcpu();
  for (const std::int64_t capability : {kPapr, kOsi, kEpr, kXics, kXive, kFwnmi}) {
    EXPECT_THAT(vm.EnableOn(vcpu, capability, {kUnset, 0}, 1), FailsWith(Errno::kEINVAL))
        << capability;
  }
  EXPECT_THAT(vm.EnableOn(vcpu, kOsi), FailsWith(Errno::kEINVAL)) << "PAPR was not enabled";
}

TEST(PowerpcVcpuTest, UnderHvOnlyPaprIsSane) {
  PowerpcVm vm;
  const int vcpu = vm.MakeVcpu(0);
  const int other = vm.MakeVcpu(1);
  for (const std::int64_t capability : {kOsi, kEpr, kFwnmi}) {
    EXPECT_THAT(vm.EnableOn(vcpu, capability), FailsWith(Errno::kEINVAL)) << capability;
  }
  EXPECT_THAT(vm.EnableOn(vcpu, kPapr), Answers(0));
  for (const std::int64_t capability : {kOsi, kEpr, kFwnmi, kPapr}) {
    EXPECT_THAT(vm.EnableOn(vcpu, capability), Answers(0)) << capability;
  }
  EXPECT_THAT(vm.EnableOn(other, kOsi), FailsWith(Errno::kEINVAL)) << "each vCPU for itself";
}

TEST(PowerpcVcpuTest, UnderPrEverythingIsSane) {
  PowerpcVm vm(kPrAndHv, uapi::kVmPpcPr);
  const int vcpu = vm.MakeVcpu();
  for (const std::int64_t capability : {kOsi, kEpr, kPapr, kOsi}) {
    EXPECT_THAT(vm.EnableOn(vcpu, capability), Answers(0)) << capability;
  }
  EXPECT_THAT(vm.EnableOn(vcpu, kFwnmi), FailsWith(Errno::kEINVAL)) << "HV's alone";
}

TEST(PowerpcVcpuTest, OtherFamiliesHaveNoPapr) {
  for (const std::string family :
       {"CONFIG_KVM_E500V2", "CONFIG_KVM_E500MC", "CONFIG_KVM_BOOK3S_32"}) {
    PowerpcVm vm(Settings{{family, "y"}});
    const int vcpu = vm.MakeVcpu();
    EXPECT_THAT(vm.EnableOn(vcpu, kOsi), Answers(0)) << family;
    EXPECT_THAT(vm.EnableOn(vcpu, kPapr), FailsWith(Errno::kEINVAL)) << family;
    EXPECT_THAT(vm.EnableOn(vcpu, kOsi), FailsWith(Errno::kEINVAL)) << family << " from then on";
  }
}

TEST(PowerpcVcpuTest, E500mcNeedsTheHypervisorCategory) {
  PowerpcVm without(Settings{{"CONFIG_KVM_E500MC", "y"}, {"hw.emb_hv", "n"}});
  EXPECT_THAT(without.EnableOn(without.MakeVcpu(), kOsi), FailsWith(Errno::kEINVAL));
  PowerpcVm v2(Settings{{"CONFIG_KVM_E500V2", "y"}});
  EXPECT_THAT(v2.EnableOn(v2.MakeVcpu(), kOsi), Answers(0)) << "E500v2 doesn't use it";
}

TEST(PowerpcVcpuTest, TheWatchdogIsBookEs) {
  PowerpcVm e500(kE500mc);
  EXPECT_THAT(e500.EnableOn(e500.MakeVcpu(), kWatchdog), Answers(0));
  PowerpcVm pr(kPr);
  EXPECT_THAT(pr.EnableOn(pr.MakeVcpu(), kWatchdog), FailsWith(Errno::kEINVAL));
}

TEST(PowerpcVcpuTest, SharedTlbArraysAreNotModelledBeyondTheArgument) {
  PowerpcVm vm(kE500mc);
  const int vcpu = vm.MakeVcpu();
  std::array<std::byte, 24> config{};
  TrailRecorder trail;
  vm.machine().task().SetTrailListener(&trail);
  EXPECT_THAT(vm.EnableOn(vcpu, kSwTlb, {0, 0}), FailsWith(Errno::kEFAULT));
  EXPECT_FALSE(trail.Has(Certainty::kNotModelled));
  EXPECT_THAT(vm.EnableOn(vcpu, kSwTlb, {reinterpret_cast<std::uint64_t>(&config), 0}),
              FailsWith(Errno::kENOSYS));
  EXPECT_TRUE(trail.Has(Certainty::kNotModelled));
  vm.machine().task().SetTrailListener(nullptr);
  PowerpcVm hv;
  EXPECT_THAT(hv.EnableOn(hv.MakeVcpu(), kSwTlb), FailsWith(Errno::kEINVAL));
}

TEST(PowerpcVcpuTest, AnInterruptControllerMustBeADevice) {
  struct Case {
    Settings settings;
    std::int64_t capability;
    bool compiled_in;
  };
  const Case kCases[] = {
      {kE500mc, kMpic, true},
      {{{"CONFIG_KVM_E500MC", "y"}, {"CONFIG_KVM_MPIC", "n"}}, kMpic, false},
      {{}, kMpic, false},
      {{}, kXics, true},
      {{{"CONFIG_KVM_XICS", "n"}}, kXics, false},
      {kE500mc, kXics, false},
      {{}, kXive, true},
      {kPr, kXive, false},
      {{{"CONFIG_KVM_XICS", "n"}}, kXive, false},
  };
  for (const auto& [settings, capability, compiled_in] : kCases) {
    PowerpcVm vm(settings);
    const int vcpu = vm.MakeVcpu();
    // Only the low 32 bits are the descriptor.
    for (const std::uint64_t bad : {std::uint64_t{9999}, kUnset, std::uint64_t{1} << 31}) {
      EXPECT_THAT(vm.EnableOn(vcpu, capability, {bad, 0}),
                  FailsWith(compiled_in ? Errno::kEBADF : Errno::kEINVAL))
          << capability << " " << bad;
    }
    for (const int fd : {vm.machine().kvm(), vm.vm(), vcpu}) {
      const auto arg = static_cast<std::uint64_t>(fd) | std::uint64_t{5} << 32;
      EXPECT_THAT(vm.EnableOn(vcpu, capability, {arg, 0}),
                  FailsWith(compiled_in ? Errno::kEPERM : Errno::kEINVAL))
          << capability;
    }
  }
}

TEST(PowerpcVcpuTest, XiveMustBeInUse) {
  PowerpcVm vm(Settings{{"hw.xive", "n"}});
  const int vcpu = vm.MakeVcpu();
  EXPECT_THAT(vm.EnableOn(vcpu, kXive, {9999, 0}), FailsWith(Errno::kEBADF))
      << "the descriptor is looked at first";
  EXPECT_THAT(vm.EnableOn(vcpu, kXive, {static_cast<std::uint64_t>(vcpu), 0}),
              FailsWith(Errno::kENXIO));
}

TEST(PowerpcVcpuTest, NothingElseCanBeEnabled) {
  PowerpcVm vm;
  const int vcpu = vm.MakeVcpu();
  ASSERT_THAT(vm.EnableOn(vcpu, kPapr), Answers(0));
  for (std::int64_t capability = 0; capability < 300; ++capability) {
    if (capability == kOsi || capability == kPapr || capability == kEpr || capability == kFwnmi ||
        capability == kXics || capability == kXive)
      continue;
    EXPECT_THAT(vm.EnableOn(vcpu, capability), FailsWith(Errno::kEINVAL)) << capability;
  }
}

}  // namespace
}  // namespace kvm_model
