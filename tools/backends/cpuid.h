// The instruction CPUID, which tells what x86 processors are without privileges and without KVM.
#ifndef KVM_MODEL_TOOLS_BACKENDS_CPUID_H_
#define KVM_MODEL_TOOLS_BACKENDS_CPUID_H_

#include <cstdint>
#include <functional>

namespace kvm_model::scenario {

struct CpuidLeaf {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
};

// Empty where there is no processor to ask. Zeros for a leaf that the processor doesn't have.
using Cpuid = std::function<CpuidLeaf(std::uint32_t leaf, std::uint32_t subleaf)>;

// This processor's; empty unless it is x86's.
Cpuid OwnCpuid();

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_CPUID_H_
