// What arm64 keeps about one VM.
//
// Changes under Vm::state_lock(); what KVM_CHECK_EXTENSION reads without it is atomic. Models the
// part of struct kvm_arch that capabilities and the interrupt controller depend on.
#ifndef KVM_MODEL_ARCH_ARM64_VM_H_
#define KVM_MODEL_ARCH_ARM64_VM_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"

namespace kvm_model::arm64 {

class VmState final : public ArchVm {
 public:
  std::string ToText() const override {
    return absl::StrFormat("chunk=%d devid=%d irqchip=%d mte=%d", eager_split_chunk_size.load(),
                           msis_require_devid.load() ? 1 : 0, irqchip_in_kernel ? 1 : 0,
                           mte.load() ? 1 : 0);
  }

  // Bytes; 0 while huge pages are split on demand.
  std::atomic<std::uint64_t> eager_split_chunk_size{0};
  // vgic.msis_require_devid: an ITS exists.
  std::atomic<bool> msis_require_devid{false};
  // kvm_has_mte(), where it excludes guest_memfd slots: a slot is looked at under another lock.
  std::atomic<bool> mte{false};
  // irqchip_in_kernel().
  bool irqchip_in_kernel = false;
};

// kvm_vm_is_protected().
inline bool IsProtected(const Vm& vm) {
  return (vm.type().number & uapi::kVmTypeArmProtected) != 0;
}

inline VmState& StateOf(const Vm& vm) { return static_cast<VmState&>(*vm.arch_vm()); }

}  // namespace kvm_model::arm64

#endif  // KVM_MODEL_ARCH_ARM64_VM_H_
