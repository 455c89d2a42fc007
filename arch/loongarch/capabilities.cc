#include "arch/generic/capabilities.h"

#include <cstdint>

#include "arch/loongarch/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/capabilities.h"

namespace kvm_model {
namespace {

using uapi::Cap;

}  // namespace

CapabilityValue Loongarch::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                          const Trail& trail) const {
  const std::uint64_t max_vcpus = MaxVcpus(host, VmType{});
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
      if (!host.revision().loongarch_irqchip) break;
      trail.Note(Certainty::kInferred, "1 since 6.13, from memory of the change");
      return 1;
    // ENABLE_CAP is reported though KVM_ENABLE_CAP on a vCPU refuses every capability.
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_ENABLE_CAP"):
    case Cap("KVM_CAP_READONLY_MEM"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
    case Cap("KVM_CAP_IOEVENTFD"):
    case Cap("KVM_CAP_MP_STATE"):
    case Cap("KVM_CAP_SET_GUEST_DEBUG"):
      return 1;
    case Cap("KVM_CAP_NR_VCPUS"):
      return generic::OnlineCpusUpTo(host, max_vcpus, trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
      return trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(max_vcpus));
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return trail.Number("KVM_MAX_VCPU_IDS", static_cast<std::int64_t>(MaxVcpuIds(host)));
    default:
      break;
  }
  return generic::CheckEveryArchitectures(host, capability);
}

}  // namespace kvm_model
