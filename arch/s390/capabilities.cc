#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/s390/arch.h"
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
    9,   14,  23,  36,  42,  54,  59,  66,  70,  71,  73,  74,  79,  82,  85,
    99,  101, 106, 107, 108, 109, 110, 113, 114, 124, 128, 130, 136, 140, 141,
    145, 150, 152, 156, 179, 180, 186, 195, 211, 217, 221, 222, 224, 246, 247,
};

}  // namespace

CapabilityValue S390::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                     const Trail& trail) const {
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

Result<std::int64_t> S390::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                     const Trail& trail) const {
  // What can be enabled, by number; its own checks are not part of the model.
  static constexpr std::int16_t kCanBeEnabled[] = {99,  106, 107, 109, 124, 130,
                                                   140, 141, 156, 222, 246};
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
