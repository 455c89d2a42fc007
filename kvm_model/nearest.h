// "Did you mean": the known name that a misspelt one is closest to.
//
// Cost: one edit distance, quadratic in the names' length, for each candidate. Only error messages
// pay it.
#ifndef KVM_MODEL_KVM_MODEL_NEAREST_H_
#define KVM_MODEL_KVM_MODEL_NEAREST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kvm_model {

// The candidate with the smallest edit distance to `name`, when that is small: about one letter in
// three may differ, and case doesn't count. The first of several that are equally near. None for
// names beyond 64 bytes, which are no typing mistakes.
std::optional<std::string_view> Nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

// "; did you mean CANDIDATE?" for the nearest; empty when none is near.
std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_NEAREST_H_
