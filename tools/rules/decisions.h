// What decided an answer, read from the decision trail of the call.
#ifndef KVM_MODEL_TOOLS_RULES_DECISIONS_H_
#define KVM_MODEL_TOOLS_RULES_DECISIONS_H_

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "kvm_model/trail.h"

namespace kvm_model::rules {

struct Decision {
  // The kernel function that gave the answer: the innermost of those that only passed it on.
  std::string function;
  // The check that made it fail: the last that was asked there or, where none was, by a function
  // that it called for an opinion. Empty for an answer that is no errno, and where nothing was
  // asked. What functions further out ask after it, whatever the answer is, decides nothing.
  std::string check;

  friend auto operator<=>(const Decision&, const Decision&) = default;
};

// Of the steps of one call. Both empty where no function of the kernel's was entered.
Decision DecisionOf(std::span<const TrailStep> steps);

// The index of that check among the steps of a call that failed: by an errno, or by the signal or
// the exit to the program with which they end. Nothing where nothing was asked.
std::optional<std::size_t> DecidingStep(std::span<const TrailStep> steps);

}  // namespace kvm_model::rules

#endif  // KVM_MODEL_TOOLS_RULES_DECISIONS_H_
