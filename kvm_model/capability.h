// KVM_CHECK_EXTENSION: the generic part of every capability's answer, and the way to the
// architecture's.
#ifndef KVM_MODEL_KVM_MODEL_CAPABILITY_H_
#define KVM_MODEL_KVM_MODEL_CAPABILITY_H_

#include <cstdint>

#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {

// What KVM_CHECK_EXTENSION(capability) answers: on a VM, or with a null `vm` on /dev/kvm. The whole
// 64-bit number counts; one that nobody knows answers 0. ENOSYS, with a note in the trail, where
// the model doesn't hold the architecture's answer yet. Models
// kvm_vm_ioctl_check_extension_generic() and, behind it, kvm_vm_ioctl_check_extension().
Result<std::int64_t> CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                    const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_CAPABILITY_H_
