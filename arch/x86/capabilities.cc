#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>

#include "arch/x86/arch.h"
#include "arch/x86/vm_types.h"
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
    0,   1,   2,   4,   6,   7,   8,   9,   11,  12,  13,  14,  22,  23,  24,  26,  31,
    33,  34,  35,  36,  37,  38,  39,  41,  44,  45,  46,  47,  50,  51,  54,  55,  56,
    59,  60,  61,  66,  70,  72,  74,  76,  81,  82,  95,  96,  97,  100, 116, 117, 121,
    123, 127, 128, 129, 136, 143, 148, 149, 153, 154, 155, 157, 159, 161, 163, 164, 167,
    173, 175, 183, 184, 185, 187, 188, 189, 190, 191, 193, 195, 196, 197, 199, 200, 201,
    204, 206, 208, 209, 212, 213, 214, 218, 219, 220, 226, 232, 237, 238,
};

}  // namespace

CapabilityValue X86::CheckExtension(const Host& host, const Vm*, std::int64_t capability,
                                    const Trail& trail) const {
  switch (capability) {
    case uapi::Cap("KVM_CAP_PRE_FAULT_MEMORY"):
      return Result<std::int64_t>(trail.If("tdp_enabled", host["hw.tdp"] != 0) ? 1 : 0);
    case uapi::Cap("KVM_CAP_VM_TYPES"):
      return Result<std::int64_t>(static_cast<std::int64_t>(x86::SupportedVmTypes(host)));
    default:
      break;
  }
  return generic::CheckRemaining(host, capability, kNotModelled, trail);
}

Result<std::int64_t> X86::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                    const Trail& trail) const {
  // What can be enabled, by number; its own checks are not part of the model.
  static constexpr std::int16_t kCanBeEnabled[] = {116, 121, 128, 129, 143, 159, 164,
                                                   188, 193, 196, 197, 201, 204, 206,
                                                   212, 213, 218, 219, 220, 237};
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
