// Predicates of the trail for what no kernel decides: the program that the model runs in has no
// memory, file or descriptor left. A call then fails as it does where the kernel's own memory is
// short.
#ifndef KVM_MODEL_KVM_MODEL_SHORTAGE_H_
#define KVM_MODEL_KVM_MODEL_SHORTAGE_H_

#include <string_view>

namespace kvm_model {

inline constexpr std::string_view kProgramsMemoryIsShort =
    "the model's own program has no memory left";
// The bytes of a guest_memfd lie in a file of the program (sparse_memory.h).
inline constexpr std::string_view kRoomForContentsIsShort =
    "the model's own program has no memory or descriptor left for the page's contents";

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_SHORTAGE_H_
