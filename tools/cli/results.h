// The results of a run of scenarios, and the forms in which they are told.
#ifndef KVM_MODEL_TOOLS_CLI_RESULTS_H_
#define KVM_MODEL_TOOLS_CLI_RESULTS_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tools/backends/backend.h"
#include "tools/cli/caps_format.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {

struct ScenarioResult {
  std::string file;
  std::string rule;
  std::string backend;
  scenario::Verdict verdict;
};

// "FILE:LINE" of the call that failed, or the file.
std::string PlaceOf(const ScenarioResult& result);
// A failure in full, each line led by `indent`: call, expected, actual, reason, trail.
std::string FailureText(const ScenarioResult& result, std::string_view indent);
// The object that `run --format json` has for it.
Json ResultJson(const ScenarioResult& result);

struct Counts {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};
void Count(const scenario::Verdict& verdict, Counts& counts);
Counts CountResults(const std::vector<ScenarioResult>& results);

// Each scenario on each backend, in that order.
std::vector<ScenarioResult> RunAll(const std::vector<scenario::Scenario>& scenarios,
                                   const std::vector<scenario::Backend*>& backends);

// After each call that ran: the scenario, the backend, the call and what came back.
using RunObserver = absl::FunctionRef<void(const scenario::Scenario&, const scenario::Backend&,
                                           const scenario::Call&, const scenario::CallRequest&,
                                           const scenario::Answer&)>;
std::vector<ScenarioResult> RunAll(const std::vector<scenario::Scenario>& scenarios,
                                   const std::vector<scenario::Backend*>& backends,
                                   RunObserver observer);

// 0, 1 when one failed, 4 when every one was skipped.
int ExitCodeOf(const Counts& counts);

// Every form ends in a newline. Text has a line for each result but those that passed, and the
// counts.
void PrintText(const std::vector<ScenarioResult>& results, std::ostream& out);
void PrintKtap(const std::vector<ScenarioResult>& results, std::ostream& out);
void PrintJunit(const std::vector<ScenarioResult>& results, std::ostream& out);
void PrintJson(const std::vector<ScenarioResult>& results, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_RESULTS_H_
