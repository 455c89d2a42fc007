// "Did you mean": the known name that a misspelt one is closest to.
#ifndef KVM_MODEL_KVM_MODEL_NEAREST_H_
#define KVM_MODEL_KVM_MODEL_NEAREST_H_

#include <optional>
#include <span>
#include <string_view>

namespace kvm_model {

// The candidate with the smallest edit distance to `name`, when that is small against the name's
// length; case is ignored.
std::optional<std::string_view> Nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_NEAREST_H_
