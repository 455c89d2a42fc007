#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"

namespace kvm_model::generic {

CapabilityValue CheckRemaining(const Host& host, std::int64_t capability,
                               std::span<const std::int16_t> not_modelled, const Trail& trail) {
  if (capability == uapi::Cap("KVM_CAP_SYNC_MMU") && !host.revision().sync_mmu_is_generic) {
    return Result<std::int64_t>(1);
  }
  if (std::ranges::binary_search(not_modelled, capability)) {
    trail.Note(Certainty::kNotModelled, "the architecture's answer to this capability");
    return Result<std::int64_t>(trail.Fail(uapi::Errno::kENOSYS));
  }
  return std::nullopt;
}

}  // namespace kvm_model::generic
