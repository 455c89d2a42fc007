// The allocations that a modelled function makes one after the other, asked of the kernel's gate.
#ifndef KVM_MODEL_KVM_MODEL_ALLOCATIONS_H_
#define KVM_MODEL_KVM_MODEL_ALLOCATIONS_H_

#include <initializer_list>
#include <string_view>

#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"

namespace kvm_model {

struct Allocation {
  // What the trail says of its failure, a literal: "memory for the VM is short".
  std::string_view failure;
  // Whether this host or VM makes it at all.
  bool made = true;
};

// ENOMEM at the first of them that fails.
[[nodiscard]] Result<> AllocateEach(Kernel& kernel, std::initializer_list<Allocation> allocations,
                                    const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ALLOCATIONS_H_
