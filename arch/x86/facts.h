// What x86 looks up in a host's settings once.
#ifndef KVM_MODEL_ARCH_X86_FACTS_H_
#define KVM_MODEL_ARCH_X86_FACTS_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/setting.h"

namespace kvm_model::x86 {

// The values of hw.vendor: which vendor module is loaded.
enum Vendor : std::int64_t { kAny, kIntel, kAmd, kPvm };

struct Facts final : ArchFacts {
  explicit Facts(const HostDraft& host);

  // Whether the vendor module is, or in the union of all hosts may be, kvm_intel or kvm_amd. Where
  // both may be, answers that differ follow Intel.
  bool intel = false;
  bool amd = false;

  bool ioapic = false;      // CONFIG_KVM_IOAPIC
  bool hyperv = false;      // CONFIG_KVM_HYPERV
  bool xen = false;         // CONFIG_KVM_XEN
  bool smm = false;         // CONFIG_KVM_SMM
  bool sgx = false;         // CONFIG_X86_SGX_KVM
  bool amd_sev = false;     // CONFIG_KVM_AMD_SEV
  bool sched_info = false;  // sched_info_on()
  std::uint64_t max_vcpus = 0;

  bool tdp_enabled = false;
  bool tdp_mmu_enabled = false;
  unsigned maxphyaddr = 0;
  bool enable_pmu = false;
  bool mitigate_smt_rsb = false;
  // Exits of APERF and MPERF can be turned off.
  bool disable_aperfmperf = false;
  bool mwait_in_guest = false;
  bool xsave = false;
  std::int64_t xstate_bytes = 0;
  bool has_tsc_control = false;
  bool has_bus_lock_exit = false;
  bool has_notify_vmexit = false;
  bool on_hyperv = false;
  // Whether guests may nest decides what KVM says of nested state; whether the module lets them.
  bool nesting_decides = false;
  bool nested = false;
  bool allow_smaller_maxphyaddr = false;
  // Intel's processors can run, or KVM can emulate, what system management mode needs.
  bool unrestricted_guest = false;
  bool emulate_invalid_guest_state = false;
  // The value of KVM_CAP_VM_TYPES: bit n is set when KVM_CREATE_VM takes type n.
  std::uint64_t supported_vm_types = 0;
  std::uint64_t supported_quirks = 0;
};

inline const Facts& FactsOf(const Host& host) {
  return static_cast<const Facts&>(host.arch_facts());
}

}  // namespace kvm_model::x86

#endif  // KVM_MODEL_ARCH_X86_FACTS_H_
