#include "arch/generic/capabilities.h"

#include <cstdint>
#include <optional>

#include "arch/mips/arch.h"
#include "arch/mips/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/capabilities.h"

namespace kvm_model {
namespace {

using uapi::Cap;

// What KVM_CAP_MIPS_64BIT answers: guests have 64-bit addresses, all of them.
constexpr std::int64_t kFull64Bit = 2;

// kvm_vz_check_extension(): VZ is the only kind of virtualization.
CapabilityValue CheckVz(const Host& host, std::int64_t capability, const Trail& caller) {
  const Trail trail = caller.In("kvm_vz_check_extension");
  switch (capability) {
    case Cap("KVM_CAP_MIPS_VZ"):
      return 1;
    case Cap("KVM_CAP_MIPS_64BIT"):
      return trail.If("CONFIG_64BIT", mips::FactsOf(host).is_64bit) ? kFull64Bit : 0;
    case Cap("KVM_CAP_IOEVENTFD"):
      return 1;
    default:
      return std::nullopt;
  }
}

}  // namespace

CapabilityValue Mips::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                     const Trail& trail) const {
  const mips::Facts& facts = mips::FactsOf(host);
  const std::uint64_t max_vcpus = MaxVcpus(host, VmType{});
  switch (capability) {
    case Cap("KVM_CAP_ONE_REG"):
    case Cap("KVM_CAP_ENABLE_CAP"):
    case Cap("KVM_CAP_READONLY_MEM"):
    case Cap("KVM_CAP_IMMEDIATE_EXIT"):
      return 1;
    case Cap("KVM_CAP_NR_VCPUS"):
      return generic::OnlineCpusUpTo(host, max_vcpus, trail);
    case Cap("KVM_CAP_MAX_VCPUS"):
      return trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(max_vcpus));
    case Cap("KVM_CAP_MAX_VCPU_ID"):
      return trail.Number("KVM_MAX_VCPU_IDS", static_cast<std::int64_t>(MaxVcpuIds(host)));
    case Cap("KVM_CAP_MIPS_FPU"):
      return trail.If("raw_cpu_has_fpu", facts.fpu) ? 1 : 0;
    case Cap("KVM_CAP_MIPS_MSA"):
      return trail.If("cpu_has_msa", facts.msa) &&
                     !trail.If("msa_id & MSA_IR_WRPF", facts.partitioning)
                 ? 1
                 : 0;
    default:
      break;
  }
  if (CapabilityValue value = generic::CheckEveryArchitectures(host, capability)) return value;
  return CheckVz(host, capability, trail);
}

}  // namespace kvm_model
