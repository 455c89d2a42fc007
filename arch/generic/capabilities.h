// Helpers for the architectures' kvm_vm_ioctl_check_extension().
#ifndef KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_
#define KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_

#include <cstdint>
#include <span>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"

namespace kvm_model::generic {

// KVM_CAP_SYNC_MMU where the revision leaves it to each architecture; ENOSYS and a note for a
// capability in `not_modelled` (sorted); nothing, which the caller answers with 0, for every other
// number.
CapabilityValue CheckRemaining(const Host& host, std::int64_t capability,
                               std::span<const std::int16_t> not_modelled, const Trail& trail);

}  // namespace kvm_model::generic

#endif  // KVM_MODEL_ARCH_GENERIC_CAPABILITIES_H_
