// What the HV module's operations behind three capabilities ask of the host.
//
// KVM_CHECK_EXTENSION asks whether they would work, KVM_ENABLE_CAP calls them; the errnos are the
// latter's. Models kvmhv_enable_nested(), kvmhv_enable_svm() and kvmhv_enable_dawr1(), which the
// specification names without saying what they check: every answer is marked as inferred.
#ifndef KVM_MODEL_ARCH_POWERPC_HV_OPS_H_
#define KVM_MODEL_ARCH_POWERPC_HV_OPS_H_

#include "arch/powerpc/facts.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"

namespace kvm_model::powerpc {

// EPERM when the module's parameter forbids it; ENODEV on a host that can't.
Result<> EnableNested(const Facts& facts, const Trail& trail);
// EINVAL without an ultravisor's secure memory.
Result<> EnableSvm(const Facts& facts, const Trail& trail);
// ENODEV without a second watchpoint register.
Result<> EnableDawr1(const Facts& facts, const Trail& trail);

}  // namespace kvm_model::powerpc

#endif  // KVM_MODEL_ARCH_POWERPC_HV_OPS_H_
