// The machine types of x86 that a host supports.
#ifndef KVM_MODEL_ARCH_X86_VM_TYPES_H_
#define KVM_MODEL_ARCH_X86_VM_TYPES_H_

#include <cstdint>

#include "kvm_model/host.h"

namespace kvm_model::x86 {

// The value of KVM_CAP_VM_TYPES: bit n is set when KVM_CREATE_VM takes type n.
std::uint64_t SupportedVmTypes(const Host& host);

}  // namespace kvm_model::x86

#endif  // KVM_MODEL_ARCH_X86_VM_TYPES_H_
