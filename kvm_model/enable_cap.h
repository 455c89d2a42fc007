// KVM_ENABLE_CAP on a VM: the generic part, and the way to the architecture's.
#ifndef KVM_MODEL_KVM_MODEL_ENABLE_CAP_H_
#define KVM_MODEL_KVM_MODEL_ENABLE_CAP_H_

#include <cstdint>

#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

// Enables a capability whose argument has been copied in; pad[] and the args[] that a capability
// doesn't use are not looked at. EINVAL and E2BIG: one line a rule in the source. Models
// kvm_vm_ioctl_enable_cap_generic() (linux-7.0).
Result<std::int64_t> EnableCap(Vm& vm, Caller& caller, const uapi::kvm_enable_cap& cap,
                               const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ENABLE_CAP_H_
