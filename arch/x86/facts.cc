#include "arch/x86/facts.h"

#include <cstdint>
#include <memory>

#include "arch/x86/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "uapi/capability_flags.h"
#include "uapi/constants.h"
#include "uapi/flags.h"

namespace kvm_model::x86 {
namespace {

std::uint64_t VmTypes(const HostDraft& host, bool tdp_mmu) {
  const auto bit = [](std::uint64_t type, bool supported) {
    return supported ? std::uint64_t{1} << type : 0;
  };
  return bit(uapi::kX86DefaultVm, true) |
         bit(uapi::kX86SwProtectedVm, host["CONFIG_KVM_SW_PROTECTED_VM"] != 0 && tdp_mmu) |
         bit(uapi::kX86SevVm, host["hw.sev"] != 0) |
         bit(uapi::kX86SevEsVm, host["hw.sev_es"] != 0) |
         bit(uapi::kX86SnpVm, host["hw.snp"] != 0) | bit(uapi::kX86TdxVm, host["hw.tdx"] != 0);
}

std::uint64_t Quirks(const HostDraft& host) {
  constexpr auto kSharedPat = uapi::FlagBit(uapi::kX86QuirkFlags, "NESTED_SVM_SHARED_PAT");
  constexpr auto kWithTdp = uapi::FlagBit(uapi::kX86QuirkFlags, "IGNORE_GUEST_PAT");
  constexpr auto kFreeze = uapi::FlagBit(uapi::kX86QuirkFlags, "VMCS12_ALLOW_FREEZE_IN_SMM");
  std::uint64_t quirks = uapi::AllFlagBits(uapi::kX86QuirkFlags);
  if (host["hw.tdp"] == 0) quirks &= ~kWithTdp;
  if (!host.revision().quirk_nested_svm_shared_pat) quirks &= ~kSharedPat;
  if (!host.revision().quirk_vmcs12_allow_freeze_in_smm) quirks &= ~kFreeze;
  return quirks;
}

}  // namespace

Facts::Facts(const HostDraft& host) {
  const std::int64_t vendor = host["hw.vendor"];
  intel = vendor == kIntel || vendor == kAny;
  amd = vendor == kAmd || vendor == kAny;

  ioapic = !host.revision().x86_ioapic_is_optional || host["CONFIG_KVM_IOAPIC"] != 0;
  hyperv = host["CONFIG_KVM_HYPERV"] != 0;
  nesting_decides = host.revision().x86_nesting_decides;
  nested = host[intel ? "kvm_intel.nested" : "kvm_amd.nested"] != 0;
  xen = host["CONFIG_KVM_XEN"] != 0;
  smm = host["CONFIG_KVM_SMM"] != 0;
  sgx = host["CONFIG_X86_SGX_KVM"] != 0;
  amd_sev = host["CONFIG_KVM_AMD_SEV"] != 0;
  sched_info = host["CONFIG_SCHED_INFO"] != 0;
  max_vcpus = static_cast<std::uint64_t>(host["CONFIG_KVM_MAX_NR_VCPUS"]);

  tdp_enabled = host["hw.tdp"] != 0;
  tdp_mmu_enabled = tdp_enabled && host["kvm.tdp_mmu"] != 0;
  maxphyaddr = static_cast<unsigned>(host["hw.maxphyaddr"]);
  enable_pmu = host["kvm.enable_pmu"] != 0;
  mitigate_smt_rsb = host["kvm.mitigate_smt_rsb"] != 0;
  disable_aperfmperf = host.revision().x86_disable_exits_aperfmperf && host["hw.aperfmperf"] != 0;
  mwait_in_guest = host["hw.mwait"] != 0 && host["hw.arat"] != 0 && host["hw.bug_monitor"] == 0;
  xsave = host["hw.xsave"] != 0;
  xstate_bytes = host["hw.xstate_bytes"];
  has_tsc_control = host["hw.tsc_scaling"] != 0;
  has_bus_lock_exit = host["hw.bus_lock_exit"] != 0;
  has_notify_vmexit = host["hw.notify_vmexit"] != 0;
  on_hyperv = host["hw.on_hyperv"] != 0;
  allow_smaller_maxphyaddr =
      !tdp_enabled || (intel && host["kvm_intel.allow_smaller_maxphyaddr"] != 0);
  unrestricted_guest = host["kvm_intel.unrestricted_guest"] != 0;
  emulate_invalid_guest_state = host["kvm_intel.emulate_invalid_guest_state"] != 0;
  supported_vm_types = VmTypes(host, tdp_mmu_enabled);
  supported_quirks = Quirks(host);
}

}  // namespace kvm_model::x86

namespace kvm_model {

std::unique_ptr<const ArchFacts> X86::MakeFacts(const HostDraft& host) const {
  return std::make_unique<x86::Facts>(host);
}

}  // namespace kvm_model
