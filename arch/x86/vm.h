// What x86 keeps about one VM: what KVM_ENABLE_CAP and the interrupt controllers decide.
//
// Changes under Vm::state_lock(); the interrupt controller, which answers and other checks look at,
// is atomic. Models the part of struct kvm_arch that capabilities depend on.
#ifndef KVM_MODEL_ARCH_X86_VM_H_
#define KVM_MODEL_ARCH_X86_VM_H_

#include <atomic>
#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/vm.h"

namespace kvm_model::x86 {

enum class IrqchipMode : std::uint8_t { kNone, kKernel, kSplit };

struct VmState final : ArchVm {
  std::atomic<IrqchipMode> irqchip_mode = IrqchipMode::kNone;
  std::uint64_t reserved_ioapic_pins = 0;
  std::uint64_t bsp_vcpu_id = 0;
  // 0: not limited below KVM_MAX_VCPU_IDS yet.
  std::uint64_t max_vcpu_ids = 0;

  std::uint64_t x2apic_api = 0;
  std::uint64_t disabled_quirks = 0;
  std::uint64_t disabled_exits = 0;
  std::uint64_t user_space_msr_mask = 0;
  std::uint64_t hypercall_exits = 0;
  std::uint64_t apic_bus_cycle_ns = 1;
  std::uint32_t notify_window = 0;
  std::uint32_t notify_flags = 0;
  bool guest_can_read_msr_platform_info = true;
  bool exception_payload_enabled = false;
  bool triple_fault_event = false;
  bool bus_lock_detection_enabled = false;
  bool exit_on_emulation_error = false;
  bool enable_pmu = true;
  bool disable_nx_huge_pages = false;

  bool irqchip_in_kernel() const {
    return irqchip_mode.load(std::memory_order_relaxed) != IrqchipMode::kNone;
  }
  bool irqchip_split() const {
    return irqchip_mode.load(std::memory_order_relaxed) == IrqchipMode::kSplit;
  }
};

inline VmState& StateOf(const Vm& vm) { return static_cast<VmState&>(*vm.arch_vm()); }

}  // namespace kvm_model::x86

#endif  // KVM_MODEL_ARCH_X86_VM_H_
