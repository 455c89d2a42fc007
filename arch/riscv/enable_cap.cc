#include <cstdint>

#include "arch/riscv/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

// KVM_CHECK_EXTENSION answers 0 for the one that can be enabled.
Result<std::int64_t> Riscv::EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  if (!vm.host().revision().riscv_mp_state_reset)
    return GenericArch::EnableCap(vm, caller, cap, trail);
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (!trail.If("cap is RISCV_MP_STATE_RESET", cap.cap == uapi::Cap("KVM_CAP_RISCV_MP_STATE_RESET"),
                {{"cap", cap.cap}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  trail.Effect("KVM_SET_MP_STATE can reset a vCPU");
  return trail.Answer(0);
}

}  // namespace kvm_model
