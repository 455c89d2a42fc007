#include <cstdint>

#include "arch/mips/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;

}  // namespace

// What can be enabled on a vCPU must be reported first, by the architecture's own function.
Result<std::int64_t> Mips::EnableVcpuCap(Vcpu& vcpu, Caller&, const uapi::kvm_enable_cap& cap,
                                         const Trail& trail) const {
  const Vm& vm = vcpu.vm();
  const CapabilityValue reported =
      CheckExtension(vm.host(), &vm, cap.cap, trail.In("kvm_vm_ioctl_check_extension"));
  if (!trail.If("kvm_vm_ioctl_check_extension(cap) is not 0",
                reported.has_value() && reported->value_or(0) != 0, {{"cap", cap.cap}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("args[0] != 0", cap.args[0] != 0, {{"args[0]", cap.args[0]}}))
    return trail.Fail(Errno::kEINVAL);
  switch (cap.cap) {
    case Cap("KVM_CAP_MIPS_FPU"):
      trail.Effect("the guest may use the FPU");
      return trail.Answer(0);
    case Cap("KVM_CAP_MIPS_MSA"):
      trail.Effect("the guest may use MSA");
      return trail.Answer(0);
    default:
      trail.If("the architecture enables it on a vCPU", false, {{"cap", cap.cap}});
      return trail.Fail(Errno::kEINVAL);
  }
}

}  // namespace kvm_model
