#include "arch/generic/capabilities.h"

#include <cstdint>

#include "arch/riscv/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

// What kvm_vm_ioctl_check_extension() has cases for and the model has not, in order.
constexpr std::int16_t kNotModelled[] = {
    0, 9, 14, 23, 36, 66, 70, 81, 136, 207,
};

}  // namespace

CapabilityValue Riscv::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                      const Trail& trail) const {
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

Result<std::int64_t> Riscv::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("cap is RISCV_MP_STATE_RESET", cap.cap == uapi::Cap("KVM_CAP_RISCV_MP_STATE_RESET")))
    return trail.Answer(0);
  return trail.Fail(uapi::Errno::kEINVAL);
}

}  // namespace kvm_model
