// What riscv keeps about one VM.
//
// Changes under Vm::state_lock(); answers read it without that lock. Models kvm->arch.pgd_levels.
#ifndef KVM_MODEL_ARCH_RISCV_VM_H_
#define KVM_MODEL_ARCH_RISCV_VM_H_

#include <atomic>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/vm.h"

namespace kvm_model::riscv {

struct VmState final : ArchVm {
  explicit VmState(unsigned bits) : gpa_bits(bits) {}

  std::string ToText() const override { return absl::StrFormat("gpa_bits=%d", gpa_bits.load()); }

  // Of the guest's physical addresses, by the VM's own G-stage mode.
  std::atomic<unsigned> gpa_bits;
};

inline VmState& StateOf(const Vm& vm) { return static_cast<VmState&>(*vm.arch_vm()); }

}  // namespace kvm_model::riscv

#endif  // KVM_MODEL_ARCH_RISCV_VM_H_
