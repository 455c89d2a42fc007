// Finds what a misspelt word may have meant.
//
// Cost: one edit distance, quadratic in the words' length, for each candidate. Only error messages
// pay it.
#ifndef KVM_MODEL_TOOLS_SCENARIO_SUGGEST_H_
#define KVM_MODEL_TOOLS_SCENARIO_SUGGEST_H_

#include <span>
#include <string>
#include <string_view>

namespace kvm_model::scenario {

// "; did you mean CANDIDATE?" for the candidate that is nearest to `word`, and "" when none is
// near: case doesn't count, and about one letter in three may differ.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_SUGGEST_H_
