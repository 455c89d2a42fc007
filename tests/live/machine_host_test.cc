// What a machine's files make of it, on trees of files: an Intel server, an AMD one, a host of
// kvm_pvm, an arm64 and an s390 one, and machines whose files are missing or broken.
#include "tools/backends/machine_host.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tests/live/fixture_tree.h"
#include "tools/backends/cpuid.h"

namespace kvm_model::scenario {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kConfig =
    "# Linux/x86 6.18.5 Kernel Configuration\n"
    "CONFIG_64BIT=y\n"
    "CONFIG_PAGE_SHIFT=12\n"
    "CONFIG_SCHED_INFO=y\n"
    "CONFIG_KVM_MMIO=y\n"
    "CONFIG_HAVE_KVM_MSI=y\n"
    "CONFIG_HAVE_KVM_IRQCHIP=y\n"
    "CONFIG_HAVE_KVM_IRQ_ROUTING=y\n"
    "CONFIG_HAVE_KVM_DIRTY_RING_TSO=y\n"
    "CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL=y\n"
    "CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT=y\n"
    "CONFIG_KVM_GUEST_MEMFD=y\n"
    "CONFIG_KVM=m\n"
    "CONFIG_KVM_IOAPIC=y\n"
    "CONFIG_KVM_SMM=y\n"
    "CONFIG_KVM_HYPERV=y\n"
    "# CONFIG_KVM_XEN is not set\n"
    "CONFIG_KVM_MAX_NR_VCPUS=4096\n";

// The server of an x86 vendor, without what the vendors don't share.
void WriteServer(FixtureTree& tree) {
  tree.Write("/proc/sys/kernel/osrelease", "6.18.5-cloud-amd64\n")
      .Write("/proc/sys/kernel/arch", "x86_64\n")
      .Write("/sys/devices/system/cpu/online", "0-63,128\n")
      .Write("/sys/module/kvm/parameters/tdp_mmu", "Y\n")
      .Write("/sys/module/kvm/parameters/enable_pmu", "Y\n")
      .Write("/sys/module/kvm/parameters/mitigate_smt_rsb", "N\n");
}

void WriteIntelServer(FixtureTree& tree) {
  WriteServer(tree);
  tree.WriteGzip("/proc/config.gz", std::string(kConfig) +
                                        "CONFIG_X86_SGX_KVM=y\nCONFIG_KVM_INTEL_TDX=y\n"
                                        "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES=y\n")
      .Write("/proc/cpuinfo",
             "processor\t: 0\n"
             "flags\t\t: fpu vme aperfmperf monitor vmx xsave avx avx2 arat\n"
             "vmx flags\t: vnmi ept vpid unrestricted_guest tsc_scaling notify_vm_exiting\n"
             "bugs\t\t: spectre_v1 spectre_v2\n"
             "address sizes\t: 46 bits physical, 57 bits virtual\n"
             "\n"
             "processor\t: 1\n"
             "flags\t\t: fpu\n")
      .Write("/sys/module/kvm_intel/parameters/ept", "Y\n")
      .Write("/sys/module/kvm_intel/parameters/tdx", "Y\n")
      .Write("/sys/module/kvm_intel/parameters/unrestricted_guest", "Y\n")
      .Write("/sys/module/kvm_intel/parameters/emulate_invalid_guest_state", "Y\n")
      .Write("/sys/module/kvm_intel/parameters/allow_smaller_maxphyaddr", "N\n")
      .WriteWord("/dev/cpu/0/msr", 0x48b, std::uint64_t{0x4000} << 48);
}

void WriteAmdServer(FixtureTree& tree) {
  WriteServer(tree);
  // No /proc/config.gz: Debian installs the configuration.
  tree.Write("/boot/config-6.18.5-cloud-amd64", std::string(kConfig) +
                                                    "CONFIG_KVM_AMD_SEV=y\n"
                                                    "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES=y\n")
      .Write("/proc/cpuinfo",
             "flags\t\t: fpu aperfmperf monitor svm xsave arat tsc_scale\n"
             "bugs\t\t: smt_rsb\n"
             "address sizes\t: 43 bits physical, 48 bits virtual\n")
      .Write("/sys/module/kvm_amd/parameters/npt", "1\n")
      .Write("/sys/module/kvm_amd/parameters/sev", "Y\n")
      .Write("/sys/module/kvm_amd/parameters/sev_es", "Y\n")
      .Write("/sys/module/kvm_amd/parameters/sev_snp", "N\n")
      .Write("/sys/module/kvm_amd/parameters/tsc_scaling", "1\n");
}

// A processor with AVX-512, PKRU and AMX, and 52 address bits; AMD's knows bus locks.
CpuidLeaf LargeProcessor(std::uint32_t leaf, std::uint32_t subleaf) {
  if (leaf == 0xd) {
    switch (subleaf) {
      case 0:
        return {.eax = 0x602e7};
      case 2:
        return {.eax = 256, .ebx = 576};
      case 5:
        return {.eax = 64, .ebx = 1088};
      case 6:
        return {.eax = 512, .ebx = 1152};
      case 7:
        return {.eax = 1024, .ebx = 1664};
      case 9:
        return {.eax = 8, .ebx = 2688};
      case 18:
        return {.eax = 8192, .ebx = 2816};
      default:
        return {};
    }
  }
  if (leaf == 0x80000008) return {.eax = 0x3934};
  if (leaf == 0x8000000a) return {.edx = 1U << 29};
  return {};
}

// A host that must be there, and what it makes of the model.
class Found {
 public:
  explicit Found(const FixtureTree& tree, const Cpuid& cpuid = {})
      : machine_(HostOfMachine(tree.root(), cpuid)) {
    EXPECT_TRUE(machine_.has_value()) << machine_.error();
    if (!machine_) return;
    const auto host = Host::Create(*FindArch(machine_->arch), *FindRevision(machine_->revision),
                                   machine_->Assignments());
    EXPECT_TRUE(host.has_value()) << host.error().message << "\n" << machine_->ToText();
  }

  const MachineHost& operator*() const { return *machine_; }
  const MachineHost* operator->() const { return &*machine_; }

  // "VALUE from SOURCE", or "nothing".
  std::string operator[](std::string_view name) const {
    for (const MachineSetting& setting : machine_->settings) {
      if (setting.assignment.name == name) {
        return setting.assignment.value + " from " + setting.source;
      }
    }
    return "nothing";
  }

 private:
  std::expected<MachineHost, std::string> machine_;
};

TEST(MachineHostTest, AnIntelServer) {
  FixtureTree tree("intel");
  WriteIntelServer(tree);
  const Found host(tree, LargeProcessor);
  EXPECT_EQ(host->arch, "x86");
  EXPECT_EQ(host->revision, "linux-6.18");
  EXPECT_EQ(host->release, "6.18.5-cloud-amd64");
  EXPECT_EQ(host["hw.cpus"], "65 from /sys/devices/system/cpu/online");
  EXPECT_EQ(host["hw.vendor"], "intel from /sys/module/kvm_intel");
  EXPECT_EQ(host["hw.tdp"], "y from /sys/module/kvm_intel/parameters/ept");
  EXPECT_EQ(host["hw.tdx"], "y from /sys/module/kvm_intel/parameters/tdx");
  EXPECT_EQ(host["hw.sev"], "n from /sys/module/kvm_intel: this vendor module does without");
  EXPECT_EQ(host["kvm_intel.unrestricted_guest"],
            "y from /sys/module/kvm_intel/parameters/unrestricted_guest");
  EXPECT_EQ(host["CONFIG_KVM_XEN"], "n from /proc/config.gz");
  EXPECT_EQ(host["CONFIG_KVM_AMD_SEV"], "n from /proc/config.gz");
  EXPECT_EQ(host["CONFIG_KVM_MAX_NR_VCPUS"], "4096 from /proc/config.gz");
  EXPECT_EQ(host["hw.aperfmperf"], "y from /proc/cpuinfo: flags");
  EXPECT_EQ(host["hw.bug_monitor"], "n from /proc/cpuinfo: bugs");
  EXPECT_EQ(host["hw.tsc_scaling"], "y from /proc/cpuinfo: vmx flags");
  EXPECT_EQ(host["hw.notify_vmexit"], "y from /proc/cpuinfo: vmx flags");
  EXPECT_EQ(host["hw.bus_lock_exit"], "y from /dev/cpu/0/msr: 0x48b");
  EXPECT_EQ(host["hw.maxphyaddr"], "52 from CPUID 0x80000008");
  EXPECT_EQ(host["hw.xstate_bytes"], "2696 from CPUID 0xd");
  EXPECT_EQ(host["hw.on_hyperv"], "n from /proc/cpuinfo: flags");
  EXPECT_THAT(host->not_found, IsEmpty()) << host->ToText();
}

TEST(MachineHostTest, AnAmdServer) {
  FixtureTree tree("amd");
  WriteAmdServer(tree);
  const Found host(tree, LargeProcessor);
  EXPECT_EQ(host["hw.vendor"], "amd from /sys/module/kvm_amd");
  EXPECT_EQ(host["hw.tdp"], "y from /sys/module/kvm_amd/parameters/npt");
  EXPECT_EQ(host["hw.sev_es"], "y from /sys/module/kvm_amd/parameters/sev_es");
  EXPECT_EQ(host["hw.snp"], "n from /sys/module/kvm_amd/parameters/sev_snp");
  EXPECT_EQ(host["hw.tdx"], "n from /sys/module/kvm_amd: this vendor module does without");
  EXPECT_EQ(host["hw.tsc_scaling"], "y from /sys/module/kvm_amd/parameters/tsc_scaling");
  EXPECT_EQ(host["hw.bus_lock_exit"], "y from CPUID 0x8000000a");
  EXPECT_EQ(host["CONFIG_KVM_AMD_SEV"], "y from /boot/config-6.18.5-cloud-amd64");
  EXPECT_EQ(host["kvm_intel.unrestricted_guest"], "nothing");
  EXPECT_THAT(host->not_found, IsEmpty()) << host->ToText();
}

TEST(MachineHostTest, AModuleWithoutAParameterHasTheFeatureOff) {
  FixtureTree tree("without_tdx");
  WriteIntelServer(tree);
  tree.Remove("/sys/module/kvm_intel/parameters/tdx");
  EXPECT_EQ(Found(tree)["hw.tdx"], "n from /sys/module/kvm_intel: no such parameter");
}

TEST(MachineHostTest, AHostOfKvmPvm) {
  FixtureTree tree("pvm");
  WriteServer(tree);
  tree.WriteGzip("/proc/config.gz", kConfig)
      .Write("/proc/cpuinfo", "flags\t: fpu hypervisor xsave arat\nbugs\t:\n")
      .Write("/sys/module/kvm/parameters/tdp_mmu", "N\n")
      .Write("/sys/module/kvm_pvm/parameters/force", "N\n");
  const auto hyperv = [](std::uint32_t leaf, std::uint32_t) -> CpuidLeaf {
    if (leaf != 0x40000000) return {};
    return {.eax = 0x40000006, .ebx = 0x7263694d, .ecx = 0x666f736f, .edx = 0x76482074};
  };
  const Found host(tree, hyperv);
  EXPECT_EQ(host["hw.vendor"], "pvm from /sys/module/kvm_pvm");
  EXPECT_EQ(host["hw.tdp"], "n from /sys/module/kvm_pvm: this vendor module does without");
  EXPECT_EQ(host["kvm.tdp_mmu"], "n from /sys/module/kvm/parameters/tdp_mmu");
  EXPECT_EQ(host["hw.mwait"], "n from /proc/cpuinfo: flags");
  EXPECT_EQ(host["hw.on_hyperv"], "y from CPUID 0x40000000");
  EXPECT_EQ(host["hw.xstate_bytes"], "576 from CPUID 0xd");
}

TEST(MachineHostTest, AnotherRootIsNotAskedThroughThisMachinesProcessor) {
  FixtureTree tree("no_cpuid");
  WriteIntelServer(tree);
  tree.Remove("/dev/cpu/0/msr");
  const Found host(tree);
  EXPECT_EQ(host["hw.maxphyaddr"], "46 from /proc/cpuinfo: address sizes");
  EXPECT_THAT(host->not_found, Contains("hw.xstate_bytes"));
  EXPECT_THAT(host->not_found, Contains("hw.bus_lock_exit"));
  EXPECT_THAT(host->ToText(), HasSubstr("so the model's defaults: hw.xstate_bytes "));
}

TEST(MachineHostTest, AnArm64Server) {
  FixtureTree tree("arm64");
  tree.Write("/proc/sys/kernel/osrelease", "7.0.0-rc3\n")
      .Write("/proc/sys/kernel/arch", "aarch64\n")
      .Write("/proc/cmdline", "root=/dev/vda1 kvm-arm.mode=nvhe quiet\n")
      .Write("/proc/cpuinfo", "processor : 0\nFeatures : fp asimd sve paca\n")
      .Write("/sys/devices/system/cpu/online", "0\n")
      .Write("/boot/config-7.0.0-rc3",
             "CONFIG_PAGE_SHIFT=16\nCONFIG_HAVE_KVM_MSI=y\n"
             "CONFIG_HAVE_KVM_IRQCHIP=y\nCONFIG_HAVE_KVM_IRQ_ROUTING=y\n"
             "CONFIG_KVM_MMIO=y\nCONFIG_KVM_GUEST_MEMFD=y\n"
             "CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT=y\n"
             "CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL=y\n"
             "CONFIG_NEED_KVM_DIRTY_RING_WITH_BITMAP=y\n"
             "CONFIG_SCHED_INFO=y\n");
  const Found host(tree);
  EXPECT_EQ(host->arch, "arm64");
  EXPECT_EQ(host->revision, "linux-7.0");
  EXPECT_EQ(host["CONFIG_PAGE_SHIFT"], "16 from /boot/config-7.0.0-rc3");
  EXPECT_EQ(host["CONFIG_ARM64_MTE"], "n from /boot/config-7.0.0-rc3");
  EXPECT_EQ(host["kvm_arm.mode"], "nvhe from /proc/cmdline");
  EXPECT_EQ(host["hw.sve"], "y from /proc/cpuinfo: Features");
  EXPECT_EQ(host["hw.mte"], "n from /proc/cpuinfo: Features");
  EXPECT_EQ(host["hw.ptrauth_address"], "nothing");
  EXPECT_EQ(host["hw.ptrauth_generic"], "none from /proc/cpuinfo: Features");
  EXPECT_THAT(host->not_found, Contains("hw.ipa_bits"));
  EXPECT_THAT(host->not_found, Not(Contains("hw.cpus")));
}

TEST(MachineHostTest, AnS390Partition) {
  FixtureTree tree("s390");
  tree.Write("/proc/sys/kernel/osrelease", "6.18.0\n")
      .Write("/proc/sys/kernel/arch", "s390x\n")
      .Write("/proc/cpuinfo", "vendor_id : IBM/S390\nfacilities : 0 1 2 11 129 133\n")
      .Write("/sys/firmware/uv/prot_virt_host", "1\n")
      .Write("/sys/module/kvm/parameters/hpage", "0\n");
  const Found host(tree);
  EXPECT_EQ(host["hw.facility_11"], "y from /proc/cpuinfo: facilities");
  EXPECT_EQ(host["hw.facility_64"], "n from /proc/cpuinfo: facilities");
  EXPECT_EQ(host["hw.prot_virt"], "y from /sys/firmware/uv/prot_virt_host");
  EXPECT_EQ(host["kvm.hpage"], "0 from /sys/module/kvm/parameters/hpage");
  EXPECT_THAT(host->not_found, Contains("CONFIG_KVM_S390_UCONTROL"));
}

TEST(MachineHostTest, APowerpcMachineWithOneOfTheTwoModules) {
  FixtureTree tree("powerpc");
  tree.Write("/proc/sys/kernel/osrelease", "6.18.7\n")
      .Write("/proc/sys/kernel/arch", "ppc64le\n")
      .Write("/sys/module/kvm_hv/parameters/halt_poll_ns", "10000\n");
  const Found host(tree);
  EXPECT_EQ(host["CONFIG_KVM_BOOK3S_64_HV"], "y from /sys/module/kvm_hv");
  EXPECT_EQ(host["CONFIG_KVM_BOOK3S_64_PR"], "n from /sys/module/kvm_pr");
}

// Without files the defaults are left, and every setting of the architecture is named.
TEST(MachineHostTest, NearlyNothingCanBeRead) {
  FixtureTree tree("bare");
  tree.Write("/proc/sys/kernel/osrelease", "6.18.5\n")
      .Write("/proc/sys/kernel/arch", "x86_64\n")
      .Write("/sys/module/kvm_intel/parameters/ept", "N\n")
      .Write("/sys/devices/system/cpu/online", "5-2\n");
  const Found host(tree);
  EXPECT_EQ(host["hw.tdp"], "n from /sys/module/kvm_intel/parameters/ept");
  for (const char* setting : {"hw.cpus", "CONFIG_64BIT", "CONFIG_KVM_XEN", "hw.mwait",
                              "hw.bug_monitor", "hw.on_hyperv", "kvm.enable_pmu"}) {
    EXPECT_THAT(host->not_found, Contains(setting));
  }
}

TEST(MachineHostTest, AConfigurationThatIsNotCompressedOrNotWholeIsNoConfiguration) {
  FixtureTree tree("broken_config");
  WriteIntelServer(tree);
  tree.Write("/proc/config.gz", kConfig);
  EXPECT_THAT(Found(tree)->not_found, Contains("CONFIG_KVM_XEN"));
  tree.Write("/proc/config.gz", "\x1f\x8b\x08");
  EXPECT_THAT(Found(tree)->not_found, Contains("CONFIG_KVM_XEN"));
  tree.Write("/boot/config-6.18.5-cloud-amd64", "not found\n");
  EXPECT_THAT(Found(tree)->not_found, Contains("CONFIG_KVM_XEN"));
}

struct NoHost {
  const char* name;
  void (*change)(FixtureTree&);
  const char* reason;
};

class NoHostTest : public ::testing::TestWithParam<NoHost> {};

TEST_P(NoHostTest, TellsWhatIsMissing) {
  FixtureTree tree(GetParam().name);
  WriteIntelServer(tree);
  GetParam().change(tree);
  const auto host = HostOfMachine(tree.root());
  ASSERT_FALSE(host.has_value());
  EXPECT_EQ(host.error(), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Machines, NoHostTest,
    ::testing::Values(
        NoHost{"NoRelease", [](FixtureTree& tree) { tree.Remove("/proc/sys/kernel/osrelease"); },
               "/proc/sys/kernel/osrelease can't be read"},
        NoHost{"AnOldRelease",
               [](FixtureTree& tree) { tree.Write("/proc/sys/kernel/osrelease", "6.1.0-13\n"); },
               "the model has no revision of the release 6.1.0-13"},
        NoHost{"ALongerNumber",
               [](FixtureTree& tree) { tree.Write("/proc/sys/kernel/osrelease", "6.181.0\n"); },
               "the model has no revision of the release 6.181.0"},
        NoHost{"NoMachine", [](FixtureTree& tree) { tree.Remove("/proc/sys/kernel/arch"); },
               "/proc/sys/kernel/arch can't be read"},
        NoHost{"AnotherArchitecture",
               [](FixtureTree& tree) { tree.Write("/proc/sys/kernel/arch", "sparc64\n"); },
               "the model has no architecture sparc64"},
        NoHost{"NoVendorModule", [](FixtureTree& tree) { tree.Remove("/sys/module/kvm_intel"); },
               "no vendor module of KVM that the model knows is loaded"},
        NoHost{"AParameterOfAnotherKind",
               [](FixtureTree& tree) {
                 tree.Write("/sys/module/kvm/parameters/enable_pmu", "maybe\n");
               },
               "/sys/module/kvm/parameters/enable_pmu: kvm.enable_pmu=maybe is no value that the "
               "model knows"}),
    [](const auto& row) { return std::string(row.param.name); });

// This machine's own: whatever it is, the answer is a host that can be, or a reason.
TEST(MachineHostTest, ThisMachineIsAHostOrSaysWhyNot) {
  const auto machine = HostOfMachine();
  if (!machine) {
    EXPECT_FALSE(machine.error().empty());
    return;
  }
  EXPECT_TRUE(Host::Create(*FindArch(machine->arch), *FindRevision(machine->revision),
                           machine->Assignments())
                  .has_value())
      << machine->ToText();
}

}  // namespace
}  // namespace kvm_model::scenario
