#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/arm64/arch.h"
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
    0,   9,   14,  23,  36,  41,  66,  70,  81,  82,  87,  88,  93,  102, 119,
    120, 126, 127, 128, 131, 136, 144, 158, 165, 170, 171, 172, 174, 177, 178,
    187, 195, 198, 205, 216, 227, 228, 229, 230, 239, 240, 241, 243, 245,
};

}  // namespace

CapabilityValue Arm64::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                      const Trail& trail) const {
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

Result<std::int64_t> Arm64::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                      const Trail& trail) const {
  // What can be enabled, by number; its own checks are not part of the model.
  static constexpr std::int16_t kCanBeEnabled[] = {177, 205, 216, 228, 239, 245};
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
