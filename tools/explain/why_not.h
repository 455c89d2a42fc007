// Why not: which single change would let a call of a scenario succeed, found by making each change
// and running the scenario on the model.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_
#define KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/explain/experiments.h"
#include "tools/scenario/ast.h"

namespace kvm_model::explain {

struct WhyNot {
  int line = 0;                       // of the call
  std::optional<std::uint64_t> turn;  // in a repeat: how often the call ran before
  std::string call;                   // as the scenario writes it
  std::string answer;                 // "EAGAIN error_offset=0"
  std::string trail;                  // the decisions, one a line
  // The check that made it fail, and the kernel function that asked; empty where none did.
  std::string function;
  std::string check;
  Experiments experiments;
};

// Of the call in that line, or of the first that fails where no line is given; in a repeat of the
// first turn in which it fails. What the scenario expects doesn't count. Nothing where no such call
// fails.
std::optional<WhyNot> ExplainFailure(const scenario::Scenario& scenario, std::optional<int> line,
                                     const ExperimentLimits& limits = {});

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_WHY_NOT_H_
