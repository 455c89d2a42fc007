#include "tools/cli/presets.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

namespace kvm_model::cli {
namespace {

constexpr std::string_view kSeed = "rfc-v4";

// ---- x86 ----

constexpr PresetSetting kIntel[] = {{"hw.vendor", "intel"}};
constexpr PresetSetting kPvm[] = {{"hw.vendor", "pvm"}, {"hw.cpus", "2"}};
constexpr PresetSetting kSevOnly[] = {
    {"hw.vendor", "amd"}, {"hw.sev", "y"}, {"hw.sev_es", "n"}, {"hw.snp", "n"}};
constexpr PresetSetting kSnp[] = {{"hw.vendor", "amd"}, {"hw.snp", "y"}};
constexpr PresetSetting kIntelWithoutTdx[] = {{"hw.vendor", "intel"}, {"hw.tdx", "n"}};
constexpr PresetSetting kAmdWithoutSev[] = {{"hw.vendor", "amd"}, {"hw.sev", "n"}};
constexpr PresetSetting kTdx[] = {{"hw.vendor", "intel"}, {"hw.tdx", "y"}};
constexpr PresetSetting kNoConfidential[] = {{"hw.vendor", "intel"},
                                             {"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                                             {"CONFIG_KVM_INTEL_TDX", "n"},
                                             {"CONFIG_KVM_AMD_SEV", "n"}};
constexpr PresetSetting kShadow[] = {{"hw.vendor", "intel"}, {"hw.tdp", "n"}};

// ---- Others ----

constexpr PresetSetting kArmServer[] = {{"hw.vgic", "v3"}, {"hw.mte", "y"}};
constexpr PresetSetting kArmNested[] = {{"kvm_arm.mode", "nested"}, {"hw.nested_virt", "y"}};
constexpr PresetSetting kArmProtected[] = {{"kvm_arm.mode", "protected"}, {"hw.mte", "y"}};
constexpr PresetSetting kRiscvServer[] = {{"hw.aia", "y"}, {"hw.gpa_bits", "50"}};
constexpr PresetSetting kZ16[] = {{"hw.prot_virt", "y"}};
constexpr PresetSetting kUcontrol[] = {{"CONFIG_KVM_S390_UCONTROL", "y"}};
constexpr PresetSetting k3a6000[] = {{"hw.gpa_bits", "48"}};
constexpr PresetSetting kPowerHv[] = {{"CONFIG_KVM_BOOK3S_64_HV", "y"}};
constexpr PresetSetting kPowerPr[] = {{"CONFIG_KVM_BOOK3S_64_HV", "n"},
                                      {"CONFIG_KVM_BOOK3S_64_PR", "y"}};
constexpr PresetSetting kE500[] = {{"CONFIG_KVM_E500MC", "y"}};
constexpr PresetSetting kMipsVz[] = {{"hw.msa", "y"}};

constexpr Preset kPresets[] = {
    {"x86-intel", "an Intel server without trust domains", "x86", kSeed, "DEFAULT",
     kIntelWithoutTdx},
    {"x86-amd", "an AMD server without encrypted VMs", "x86", kSeed, "DEFAULT", kAmdWithoutSev},
    {"x86-sev-host", "an AMD server with SEV alone, the first generation", "x86", kSeed, "SEV",
     kSevOnly},
    {"x86-snp-host", "an AMD server with SEV, SEV-ES and SEV-SNP", "x86", kSeed, "SNP", kSnp},
    {"x86-tdx-host", "an Intel server with trust domains", "x86", kSeed, "TDX", kTdx},
    {"x86-sw-protected", "an Intel server and VMs with private memory that no hardware protects",
     "x86", kSeed, "SW_PROTECTED", kIntel},
    {"x86-no-coco", "an Intel server whose kernel is built without confidential VMs", "x86", kSeed,
     "DEFAULT", kNoConfidential},
    {"x86-no-tdp", "an Intel server that shadows page tables: two-dimensional paging is off", "x86",
     kSeed, "DEFAULT", kShadow},
    {"x86-pvm", "the recorded machine: kvm_pvm, which needs no virtualization hardware", "x86",
     "linux-6.18", "DEFAULT", kPvm},
    {"arm64-server", "an Arm server with a GICv3", "arm64", kSeed, "DEFAULT", kArmServer},
    {"arm64-nested", "an Arm server whose guests can be hypervisors", "arm64", kSeed, "DEFAULT",
     kArmNested},
    {"arm64-pkvm", "an Arm host that can't see its protected guests: pKVM", "arm64", kSeed,
     "DEFAULT", kArmProtected},
    {"riscv-server", "a RISC-V server with the advanced interrupt architecture", "riscv", kSeed,
     "DEFAULT", kRiscvServer},
    {"s390-z16", "an IBM z16 that can run protected VMs", "s390", kSeed, "DEFAULT", kZ16},
    {"s390-ucontrol", "VMs on s390 that the program controls page by page", "s390", kSeed,
     "UCONTROL", kUcontrol},
    {"loongarch-3a6000", "a LoongArch 3A6000", "loongarch", kSeed, "DEFAULT", k3a6000},
    {"power-hv", "a POWER10 in hypervisor mode", "powerpc", kSeed, "HV", kPowerHv},
    {"power-pr", "a POWER whose VMs run in problem state, without the hypervisor mode", "powerpc",
     kSeed, "PR", kPowerPr},
    {"power-e500", "an embedded e500mc processor of NXP's", "powerpc", kSeed, "DEFAULT", kE500},
    {"mips-vz", "a MIPS with the virtualization extension and vectors", "mips", kSeed, "VZ",
     kMipsVz},
};

}  // namespace

std::span<const Preset> Presets() { return kPresets; }

const Preset* FindPreset(std::string_view name) {
  const auto* found = std::ranges::find(kPresets, name, &Preset::name);
  return found == std::end(kPresets) ? nullptr : found;
}

}  // namespace kvm_model::cli
