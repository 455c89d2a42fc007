// What a host, or one VM on it, supports: the values behind capabilities and behind the checks of
// the ioctls they announce.
//
// `vm` is null for a question on /dev/kvm, which answers for every VM that could be made.
#ifndef KVM_MODEL_KVM_MODEL_SUPPORTED_H_
#define KVM_MODEL_KVM_MODEL_SUPPORTED_H_

#include <cstdint>

#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

// The memory attributes that can be set: KVM_MEMORY_ATTRIBUTE_PRIVATE or nothing. Doesn't look at
// where they are tracked. Models kvm_supported_mem_attributes() (rfc-v4, patch 03).
Attributes SupportedMemAttributes(const Host& host, const Vm* vm, const Trail& trail);

// The content modes that KVM_SET_MEMORY_ATTRIBUTES2 takes as flags, whatever the direction of the
// conversion. Models kvm_supported_set_mem_attributes2_flags() (rfc-v4, patch 15): /dev/kvm has all
// of them on every architecture.
std::uint64_t SupportedSetMemAttributes2Flags(const Host& host, const Vm* vm, const Trail& trail);

// The flags that KVM_CREATE_GUEST_MEMFD takes. Models kvm_gmem_get_supported_flags().
std::uint64_t SupportedGuestMemfdFlags(const Host& host, const Vm* vm, const Trail& trail);

// Whether any reserved word is set, which both forms of descriptor refuse with EINVAL.
bool AnyReservedSet(const uapi::kvm_memory_attributes2& args);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SUPPORTED_H_
