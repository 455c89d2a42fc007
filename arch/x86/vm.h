// What x86 keeps about one VM: the part of struct kvm_arch that answers and other checks look at.
// What else KVM_ENABLE_CAP sets shows in the trail alone.
//
// Changes under Vm::state_lock(); what answers read without it is atomic.
#ifndef KVM_MODEL_ARCH_X86_VM_H_
#define KVM_MODEL_ARCH_X86_VM_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/vm.h"

namespace kvm_model::x86 {

enum class IrqchipMode : std::uint8_t { kNone, kKernel, kSplit };

// APIC_BUS_CYCLE_NS_DEFAULT.
inline constexpr std::uint64_t kApicBusCycleNsDefault = 1;

struct VmState final : ArchVm {
  std::atomic<IrqchipMode> irqchip_mode = IrqchipMode::kNone;
  std::atomic<std::uint64_t> apic_bus_cycle_ns = kApicBusCycleNsDefault;
  std::uint64_t bsp_vcpu_id = 0;
  // 0: not limited below KVM_MAX_VCPU_IDS yet.
  std::uint64_t max_vcpu_ids = 0;

  std::string ToText() const override {
    return absl::StrFormat("irqchip=%d apic_bus_cycle_ns=%d bsp=%d max_vcpu_ids=%d",
                           static_cast<int>(irqchip_mode.load()), apic_bus_cycle_ns.load(),
                           bsp_vcpu_id, max_vcpu_ids);
  }
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
