#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/powerpc/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

// What kvm_vm_ioctl_check_extension() has cases for and the model has not, in order.
constexpr std::int16_t kNotModelled[] = {
    9,   23,  36,  43,  48,  52,  53,  54,  57,  58,  62,  63,  64,  65,  66,  67,  68,
    69,  70,  78,  80,  82,  83,  84,  86,  90,  91,  92,  94,  103, 104, 115, 125, 128,
    132, 133, 134, 135, 136, 142, 146, 147, 151, 160, 169, 176, 181, 194, 202, 210,
};

}  // namespace

CapabilityValue Powerpc::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                        const Trail& trail) const {
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

Result<std::int64_t> Powerpc::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                        const Trail& trail) const {
  // What can be enabled, by number; its own checks are not part of the model.
  static constexpr std::int16_t kCanBeEnabled[] = {64, 104, 160, 181, 194};
  if (trail.If("flags != 0", cap.flags != 0, {{"flags", cap.flags}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (!trail.If("the architecture enables it on a VM",
                std::ranges::binary_search(kCanBeEnabled, std::int64_t{cap.cap}),
                {{"cap", cap.cap}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  trail.Note(Certainty::kNotModelled, "what the architecture checks for this capability");
  return trail.Fail(uapi::Errno::kENOSYS);
}

}  // namespace kvm_model
