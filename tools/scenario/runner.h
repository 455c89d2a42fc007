// Runs a scenario on a backend and says how it went.
//
// A run stops at the first line that answers something else. Nothing is printed here: a Verdict
// holds what a report needs.
#ifndef KVM_MODEL_TOOLS_SCENARIO_RUNNER_H_
#define KVM_MODEL_TOOLS_SCENARIO_RUNNER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

struct Verdict {
  enum class Outcome : std::uint8_t { kPass, kFail, kSkip };

  Outcome outcome = Outcome::kPass;
  std::optional<int> line;  // Of the call that failed, or whose answer isn't known.
  std::string call;         // As the scenario has it.
  std::string expected;     // As an expectation is written; likewise `actual`.
  std::string actual;
  std::string reason;  // Why it was skipped, or why no answers could be compared.
  std::string trail;   // The decisions behind `actual`, one a line.
};

// "pass", "fail", "skip".
std::string_view OutcomeName(Verdict::Outcome outcome);

// After each call that ran: the call, and what came back. A look at the scenario as it unfolds, for
// those that draw or trace it.
using Observer = absl::FunctionRef<void(const Call&, const CallRequest&, const Answer&)>;

Verdict RunScenario(const Scenario& scenario, Backend& backend);
Verdict RunScenario(const Scenario& scenario, Backend& backend, Observer observer);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_RUNNER_H_
