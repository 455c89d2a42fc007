#include <cstdint>
#include <memory>

#include "arch/riscv/arch.h"
#include "arch/riscv/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

std::unique_ptr<ArchVm> Riscv::MakeVm(const Host&, const VmType&) const {
  return std::make_unique<riscv::VmState>();
}

// KVM_CHECK_EXTENSION answers 0 for the one that can be enabled.
Result<std::int64_t> Riscv::EnableCap(Vm& vm, Caller&, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (!trail.If("cap is RISCV_MP_STATE_RESET", cap.cap == uapi::Cap("KVM_CAP_RISCV_MP_STATE_RESET"),
                {{"cap", cap.cap}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  MutexLock lock(vm.state_lock());
  riscv::StateOf(vm).mp_state_reset = true;
  trail.Effect("KVM_SET_MP_STATE can reset a vCPU");
  return trail.Answer(0);
}

}  // namespace kvm_model
