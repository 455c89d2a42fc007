// Which exits of a guest's processor KVM lets user space turn off.
#ifndef KVM_MODEL_ARCH_X86_EXITS_H_
#define KVM_MODEL_ARCH_X86_EXITS_H_

#include <cstdint>

#include "arch/x86/facts.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"

namespace kvm_model::x86 {

// The value of KVM_CAP_X86_DISABLE_EXITS, and what KVM_ENABLE_CAP takes for it. Models
// kvm_get_allowed_disable_exits() (linux-7.0).
inline std::uint64_t AllowedDisableExits(const Facts& facts, const Trail& trail) {
  std::uint64_t exits = uapi::kX86DisableExitsPause;
  if (trail.If("boot_cpu_has(X86_FEATURE_APERFMPERF)", facts.disable_aperfmperf)) {
    exits |= uapi::kX86DisableExitsAperfmperf;
  }
  if (trail.If("mitigate_smt_rsb", facts.mitigate_smt_rsb)) return exits;
  exits |= uapi::kX86DisableExitsHlt | uapi::kX86DisableExitsCstate;
  if (trail.If("kvm_can_mwait_in_guest()", facts.mwait_in_guest)) {
    exits |= uapi::kX86DisableExitsMwait;
  }
  return exits;
}

}  // namespace kvm_model::x86

#endif  // KVM_MODEL_ARCH_X86_EXITS_H_
