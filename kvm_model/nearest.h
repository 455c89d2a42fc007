// "Did you mean": the known name that a misspelt one is closest to.
//
// Cost: one edit distance, quadratic in the names' length, for each candidate. Only error messages
// pay it.
#ifndef KVM_MODEL_KVM_MODEL_NEAREST_H_
#define KVM_MODEL_KVM_MODEL_NEAREST_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model {

// The candidates whose edit distance to `name` is small, nearest first and at most `most`: about
// one letter in three may differ, and case doesn't count. Those that are equally near keep their
// order; one that is there twice counts once. None for names beyond 64 bytes, which are no typing
// mistakes.
std::vector<std::string_view> NearestFew(std::string_view name,
                                         std::span<const std::string_view> candidates,
                                         std::size_t most);

// The first of them.
std::optional<std::string_view> Nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

// "; did you mean CANDIDATE?" for the nearest; empty when none is near.
std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_NEAREST_H_
