// What an x86 machine's processors and its vendor module can do.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "tools/backends/cpuid.h"
#include "tools/backends/machine_hardware.h"
#include "tools/backends/machine_identity.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {
namespace {

constexpr std::uint32_t kXsaveLeaf = 0xd;
constexpr std::uint32_t kHypervisorLeaf = 0x40000000;
constexpr std::uint32_t kAddressSizesLeaf = 0x80000008;
constexpr std::uint32_t kSvmLeaf = 0x8000000a;
// IA32_VMX_PROCBASED_CTLS2: which secondary controls may be 1, from bit 32 on.
constexpr std::uint64_t kVmxSecondaryControls = 0x48b;
constexpr int kBusLockDetection = 32 + 30;
constexpr int kBusLockThreshold = 29;

// What a vendor module's parameter tells once the module is loaded; off under another module, and
// where the module was built without the parameter.
struct VendorParameter {
  const char* setting;
  const char* vendor;
  const char* parameter;
};

constexpr auto kVendorParameters = std::to_array<VendorParameter>({
    {"hw.sev", "amd", "sev"},
    {"hw.sev_es", "amd", "sev_es"},
    {"hw.snp", "amd", "sev_snp"},
    {"hw.tdx", "intel", "tdx"},
});

constexpr auto kFlags = std::to_array<std::pair<const char*, const char*>>({
    {"aperfmperf", "hw.aperfmperf"},
    {"monitor", "hw.mwait"},
    {"arat", "hw.arat"},
    {"xsave", "hw.xsave"},
});

const char* YesOrNo(bool yes) { return yes ? "y" : "n"; }

class X86Machine {
 public:
  X86Machine(const SystemFiles& files, const Cpuid& cpuid)
      : files_(files),
        cpuid_(cpuid),
        cpu_(ReadCpuInfo(files)),
        vendor_(VendorOfModules(files)),
        module_("/sys/module/kvm_" + vendor_) {}

  Findings Find() {
    FindFlags();
    FindSizes();
    FindHypervisor();
    if (!vendor_.empty()) FindVendor();
    return std::move(found_);
  }

 private:
  void FindFlags() {
    if (cpu_.contains("flags")) {
      for (const auto& [flag, setting] : kFlags) {
        found_[setting] = {YesOrNo(HasWord(cpu_, "flags", flag)), "/proc/cpuinfo: flags"};
      }
    }
    if (cpu_.contains("bugs")) {
      found_["hw.bug_monitor"] = {YesOrNo(HasWord(cpu_, "bugs", "monitor")), "/proc/cpuinfo: bugs"};
    }
  }

  void FindSizes() {
    // "48 bits physical, 57 bits virtual"; CPUID counts the bits that memory encryption took, too.
    if (const auto sizes = cpu_.find("address sizes"); sizes != cpu_.end()) {
      std::uint64_t bits = 0;
      if (std::istringstream(sizes->second) >> bits) {
        found_["hw.maxphyaddr"] = {std::to_string(bits), "/proc/cpuinfo: address sizes"};
      }
    }
    if (!cpuid_) return;
    if (const std::uint32_t bits = cpuid_(kAddressSizesLeaf, 0).eax & 0xff; bits != 0) {
      found_["hw.maxphyaddr"] = {std::to_string(bits), "CPUID 0x80000008"};
    }
    if (HasWord(cpu_, "flags", "xsave")) {
      found_["hw.xstate_bytes"] = {std::to_string(XstateBytes()), "CPUID 0xd"};
    }
  }

  // The end of the last component that guests may use without asking: AVX, AVX-512's three, PKRU.
  std::uint32_t XstateBytes() const {
    constexpr std::uint32_t kLegacyAndHeader = 576;
    constexpr std::uint32_t kComponents = 1U << 2 | 1U << 5 | 1U << 6 | 1U << 7 | 1U << 9;
    std::uint32_t bytes = kLegacyAndHeader;
    std::uint32_t left = cpuid_(kXsaveLeaf, 0).eax & kComponents;
    for (; left != 0; left &= left - 1) {
      const CpuidLeaf component =
          cpuid_(kXsaveLeaf, static_cast<std::uint32_t>(std::countr_zero(left)));
      bytes = std::max(bytes, component.ebx + component.eax);
    }
    return bytes;
  }

  void FindHypervisor() {
    if (!cpu_.contains("flags")) return;
    if (!HasWord(cpu_, "flags", "hypervisor")) {
      found_["hw.on_hyperv"] = {"n", "/proc/cpuinfo: flags"};
    } else if (cpuid_) {
      // "Microsoft Hv", four characters a register.
      const CpuidLeaf leaf = cpuid_(kHypervisorLeaf, 0);
      const bool hyperv =
          leaf.ebx == 0x7263694d && leaf.ecx == 0x666f736f && leaf.edx == 0x76482074;
      found_["hw.on_hyperv"] = {YesOrNo(hyperv), "CPUID 0x40000000"};
    }
  }

  void FindVendor() {
    found_["hw.vendor"] = {vendor_, module_};
    for (const VendorParameter& row : kVendorParameters) {
      if (vendor_ == row.vendor) {
        found_[row.setting] = Parameter(row.parameter);
      } else {
        found_[row.setting] = DoesWithout();
      }
    }
    if (vendor_ == "intel") {
      FindIntel();
    } else if (vendor_ == "amd") {
      FindAmd();
    } else {
      for (const char* setting :
           {"hw.tdp", "hw.tsc_scaling", "hw.notify_vmexit", "hw.bus_lock_exit"}) {
        found_[setting] = DoesWithout();
      }
    }
  }

  void FindIntel() {
    found_["hw.tdp"] = Parameter("ept");
    if (cpu_.contains("vmx flags")) {
      const std::string source = "/proc/cpuinfo: vmx flags";
      found_["hw.tsc_scaling"] = {YesOrNo(HasWord(cpu_, "vmx flags", "tsc_scaling")), source};
      found_["hw.notify_vmexit"] = {YesOrNo(HasWord(cpu_, "vmx flags", "notify_vm_exiting")),
                                    source};
    }
    constexpr std::string_view kMsrs = "/dev/cpu/0/msr";
    if (const std::optional<std::uint64_t> controls =
            files_.ReadWord(kMsrs, kVmxSecondaryControls)) {
      found_["hw.bus_lock_exit"] = {YesOrNo((*controls >> kBusLockDetection & 1) != 0),
                                    absl::StrFormat("%s: 0x%x", kMsrs, kVmxSecondaryControls)};
    }
  }

  void FindAmd() {
    found_["hw.tdp"] = Parameter("npt");
    found_["hw.tsc_scaling"] = Parameter("tsc_scaling");
    found_["hw.notify_vmexit"] = DoesWithout();
    if (cpuid_) {
      found_["hw.bus_lock_exit"] = {
          YesOrNo((cpuid_(kSvmLeaf, 0).edx >> kBusLockThreshold & 1) != 0), "CPUID 0x8000000a"};
    }
  }

  Finding Parameter(const char* parameter) const {
    const std::string path = module_ + "/parameters/" + parameter;
    const std::optional<std::string> value = files_.ReadLine(path);
    if (!value.has_value()) return {"n", absl::StrFormat("%s: no such parameter", module_)};
    return {YesOrNo(*value == "Y" || *value == "1"), path};
  }

  Finding DoesWithout() const {
    return {"n", absl::StrFormat("%s: this vendor module does without", module_)};
  }

  const SystemFiles& files_;
  const Cpuid& cpuid_;
  const CpuInfo cpu_;
  const std::string vendor_;
  const std::string module_;
  Findings found_;
};

}  // namespace

Findings FindX86Hardware(const SystemFiles& files, const Cpuid& cpuid) {
  return X86Machine(files, cpuid).Find();
}

}  // namespace kvm_model::scenario
