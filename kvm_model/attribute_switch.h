// Who tracks which memory is private, asked as the revision's kernel asks.
#ifndef KVM_MODEL_KVM_MODEL_ATTRIBUTE_SWITCH_H_
#define KVM_MODEL_KVM_MODEL_ATTRIBUTE_SWITCH_H_

#include "kvm_model/host.h"
#include "kvm_model/revision.h"

namespace kvm_model {

// Whether guest_memfds track attributes, and so convert in place. `trail` is a Trail or a
// SilentTrail. Models vm_memory_attributes (rfc-v4) and gmem_in_place_conversion (next-20260923).
template <typename T>
bool InPlaceConversion(const Host& host, const T& trail) {
  switch (host.revision().attribute_switch) {
    case AttributeSwitch::kNone:
      break;
    case AttributeSwitch::kVmMemoryAttributes:
      return !trail.If("vm_memory_attributes", host.facts().vm_memory_attributes);
    case AttributeSwitch::kInPlaceConversion:
      return trail.If("gmem_in_place_conversion", host.facts().in_place_conversion);
  }
  return false;
}

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ATTRIBUTE_SWITCH_H_
