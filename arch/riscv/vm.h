// What riscv keeps about one VM. Changes under Vm::state_lock(). Models a part of struct kvm_arch.
#ifndef KVM_MODEL_ARCH_RISCV_VM_H_
#define KVM_MODEL_ARCH_RISCV_VM_H_

#include "kvm_model/arch.h"
#include "kvm_model/vm.h"

namespace kvm_model::riscv {

class VmState final : public ArchVm {
 public:
  // KVM_SET_MP_STATE can reset a vCPU.
  bool mp_state_reset = false;
};

inline VmState& StateOf(const Vm& vm) { return static_cast<VmState&>(*vm.arch_vm()); }

}  // namespace kvm_model::riscv

#endif  // KVM_MODEL_ARCH_RISCV_VM_H_
