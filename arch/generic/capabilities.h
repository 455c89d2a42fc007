// Helpers for the architectures' kvm_vm_ioctl_check_extension().
#ifndef KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_
#define KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"

namespace kvm_model::generic {

// What stands in every architecture's switch: KVM_CAP_SYNC_MMU, where the revision leaves it to
// them. Nothing, which the caller answers with 0, for every other number.
CapabilityValue CheckEveryArchitectures(const Host& host, std::int64_t capability);

// min(num_online_cpus(), `most`): a recommended number of vCPUs.
std::int64_t OnlineCpusUpTo(const Host& host, std::uint64_t most, const Trail& trail);

}  // namespace kvm_model::generic

#endif  // KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_
