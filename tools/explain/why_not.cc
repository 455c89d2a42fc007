#include "tools/explain/why_not.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/explain/experiments.h"
#include "tools/revisions/replay.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::explain {
namespace {

namespace answer = scenario::answer;

using scenario::Call;
using scenario::ModelBackend;
using scenario::Repeat;
using scenario::Scenario;
using scenario::Statement;

// An errno, a signal or an exit.
bool IsFailure(const std::optional<scenario::Answer>& answer) {
  return answer.has_value() && !scenario::Succeeded(*answer) &&
         !std::holds_alternative<answer::Broken>(*answer) &&
         !std::holds_alternative<answer::NotModelled>(*answer);
}

// Where the call stands below these statements; empty where it doesn't.
std::vector<std::size_t> PathOf(const Call* call, const std::vector<Statement>& statements) {
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (std::get_if<Call>(&statements[i].what) == call) return {i};
    const auto* const repeat = std::get_if<Repeat>(&statements[i].what);
    if (repeat == nullptr) continue;
    std::vector<std::size_t> path = PathOf(call, repeat->body);
    if (path.empty()) continue;
    path.insert(path.begin(), i);
    return path;
  }
  return {};
}

struct Failure {
  Run run;
  std::string answer;
};

// The run that is asked about; nothing where none fails there.
std::optional<Failure> FindFailure(const Scenario& scenario, std::optional<int> line) {
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  const auto steps = revisions::Replay(scenario, backend);
  if (!steps) return std::nullopt;
  std::map<const Call*, std::uint64_t> runs;
  for (const revisions::Step& step : *steps) {
    const std::uint64_t turn = runs[step.call]++;
    if (line.has_value() && step.call->position.line != *line) continue;
    if (!IsFailure(step.answer)) continue;
    return Failure{{PathOf(step.call, scenario.statements), turn}, step.text};
  }
  return std::nullopt;
}

// Lets each call answer as it likes.
void AcceptAll(std::vector<Statement>& statements) {
  for (Statement& statement : statements) {
    if (auto* const call = std::get_if<Call>(&statement.what)) {
      call->expectation.emplace().kind = scenario::Expectation::Kind::kAny;
    } else {
      AcceptAll(std::get<Repeat>(statement.what).body);
    }
  }
}

// The decisions of that run.
void ReadDecisions(const Scenario& scenario, const Run& run, WhyNot& why) {
  Scenario accepting = scenario;
  AcceptAll(accepting.statements);
  const Call* const asked = &CallAt(accepting, run.path);
  ModelBackend backend;
  std::uint64_t turn = 0;
  scenario::RunScenario(
      accepting, backend,
      [&](const Call& call, const scenario::CallRequest&, const scenario::Answer&) {
        if (&call != asked || turn++ != run.turn) return;
        const auto decision = rules::DecisionOf(backend.recorder().steps());
        why.trail = backend.Trail();
        why.function = decision.function;
        why.check = decision.check;
      });
}

}  // namespace

std::optional<WhyNot> ExplainFailure(const Scenario& scenario, std::optional<int> line,
                                     const ExperimentLimits& limits) {
  const std::optional<Failure> failure = FindFailure(scenario, line);
  if (!failure.has_value()) return std::nullopt;
  const Run& run = failure->run;
  const Scenario cut = UpTo(scenario, run);
  const Call& call = CallAt(cut, run.path);
  WhyNot why;
  why.line = call.position.line;
  if (run.path.size() > 1) why.turn = run.turn;
  why.call = scenario::PrintCall(call);
  why.answer = failure->answer;
  ReadDecisions(cut, run, why);
  why.experiments = TryChanges(cut, run, limits);
  return why;
}

}  // namespace kvm_model::explain
