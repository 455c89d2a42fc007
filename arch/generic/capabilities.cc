#include "arch/generic/capabilities.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "uapi/capabilities.h"

namespace kvm_model::generic {

CapabilityValue CheckEveryArchitectures(const Host& host, std::int64_t capability) {
  if (capability == uapi::Cap("KVM_CAP_SYNC_MMU") && !host.revision().sync_mmu_is_generic) return 1;
  return std::nullopt;
}

std::int64_t OnlineCpusUpTo(const Host& host, std::uint64_t most, const Trail& trail) {
  const auto online =
      trail.Number("num_online_cpus()", static_cast<std::int64_t>(host.facts().cpus));
  const auto limit = trail.Number("KVM_MAX_VCPUS", static_cast<std::int64_t>(most));
  return std::min(online, limit);
}

}  // namespace kvm_model::generic
