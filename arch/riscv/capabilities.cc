#include "arch/generic/capabilities.h"

#include <atomic>
#include <cstdint>

#include "arch/riscv/arch.h"
#include "arch/riscv/facts.h"
#include "arch/riscv/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/capabilities.h"

namespace kvm_model {
namespace {

using uapi::Cap;

// A VM has the machine's, until it is given fewer.
std::int64_t GpaBits(const riscv::Facts& facts, const Vm* vm) {
  if (vm == nullptr) return facts.gpa_bits;
  return riscv::StateOf(*vm).gpa_bits.load(std::memory_order_relaxed);
}

}  // namespace

CapabilityValue Riscv::CheckExtension(const Host& host, const Vm* vm, std::int64_t capability,
                                      const Trail& trail) const {
  const riscv::Facts& facts = riscv::FactsOf(host);
  const std::uint64_t max_vcpus = MaxVcpus(host, VmType{});
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
      return trail.If("kvm_riscv_aia_available()", facts.aia_available) ? 1 : 0;
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_READONLY_MEM"):
    case Cap("KVM_CAP_MP_STATE"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
      return 1;
    case Cap("KVM_CAP_NR_VCPUS"):
      return generic::OnlineCpusUpTo(host, max_vcpus, trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
      return trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(max_vcpus));
    case Cap("KVM_CAP_VM_GPA_BITS"):
      return trail.Number("kvm_riscv_gstage_gpa_bits", GpaBits(facts, vm));
    default:
      break;
  }
  return generic::CheckEveryArchitectures(host, capability);
}

}  // namespace kvm_model
