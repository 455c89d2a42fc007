// Why not: which single change would let a call of a scenario succeed, found by making each change
// and running the scenario on the model.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_
#define KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/scenario/ast.h"

namespace kvm_model::explain {

struct Change {
  enum class Kind : std::uint8_t {
    kLeaveOut,  // an earlier call
    kArgument,  // of the call itself
    kEarlier,   // an argument of an earlier call
    kSetting,   // of the host
    kRevision,
  };
  Kind kind = Kind::kLeaveOut;
  std::string text;    // what is changed, in words and as a scenario writes it
  std::string answer;  // what the call answers then
};

struct WhyNot {
  int line = 0;        // of the call
  std::string call;    // as the scenario writes it
  std::string answer;  // "EAGAIN error_offset=0"
  std::string trail;   // the decisions, one a line
  // The check that made it fail, and the kernel function that asked; empty where none did.
  std::string function;
  std::string check;
  std::vector<Change> changes;
};

// Of the call in that line, or of the first that fails where no line is given. What the scenario
// expects doesn't count. Nothing where no such call fails. Calls in a repeat are not looked at; of
// earlier calls the last hundred are changed.
std::optional<WhyNot> ExplainFailure(const scenario::Scenario& scenario, std::optional<int> line);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_
