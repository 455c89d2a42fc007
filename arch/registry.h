// The architectures that the model has. A new one is a folder beside the others and a line in
// registry.cc.
#ifndef KVM_MODEL_ARCH_REGISTRY_H_
#define KVM_MODEL_ARCH_REGISTRY_H_

#include <span>
#include <string_view>

#include "kvm_model/arch.h"

namespace kvm_model {

// Every architecture, x86 first. They live as long as the program.
std::span<const Arch* const> Architectures();
// Null when there is none of that name.
const Arch* FindArch(std::string_view name);

}  // namespace kvm_model

#endif  // KVM_MODEL_ARCH_REGISTRY_H_
