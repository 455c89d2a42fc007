#include "tools/explain/outcomes.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/explain/call_names.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::explain {

Outcomes FindOutcomes(std::span<const scenario::Scenario> suite) {
  Outcomes outcomes;
  scenario::ModelBackend backend;
  for (std::size_t i = 0; i < suite.size(); ++i) {
    const auto look = [&](const scenario::Call& call, const scenario::CallRequest& request,
                          const scenario::Answer& answer) {
      const std::string name = KernelName(suite[i], call, request);
      if (name.empty()) return;
      const std::string failure(FailureName(answer));
      const Shown shown{i, call.position.line, rules::DecisionOf(backend.recorder().steps())};
      if (!failure.empty() && call.expectation.has_value()) {
        outcomes.failures[{name, failure}].push_back(shown);
      } else if (scenario::Succeeded(answer)) {
        outcomes.successes[name].push_back(shown);
      }
    };
    scenario::RunScenario(suite[i], backend, look);
  }
  return outcomes;
}

Example SimplestExample(std::span<const scenario::Scenario> suite,
                        std::span<const Shown* const> failures,
                        std::span<const Shown* const> successes) {
  const auto lines = [&](const Shown& one) {
    return std::ranges::count(scenario::PrintScenario(suite[one.scenario]), '\n');
  };
  const auto works_later = [&](const Shown& failure) -> const Shown* {
    for (const Shown* one : successes) {
      if (one->scenario == failure.scenario && one->line > failure.line) return one;
    }
    return nullptr;
  };
  const auto arch = [&](const Shown& one) { return suite[one.scenario].host.arch; };
  Example example;
  for (const Shown* one : failures) {
    const auto rank = [&](const Shown& it) {
      return std::tuple(arch(it) != "x86", works_later(it) == nullptr, lines(it), it.scenario);
    };
    if (example.fails == nullptr || rank(*one) < rank(*example.fails)) example.fails = one;
  }
  if (example.fails != nullptr) example.works = works_later(*example.fails);
  if (example.works != nullptr) return example;
  const std::string wanted = example.fails == nullptr ? "x86" : arch(*example.fails);
  for (const Shown* one : successes) {
    const auto rank = [&](const Shown& it) {
      return std::tuple(arch(it) != wanted, lines(it), it.scenario);
    };
    if (example.works == nullptr || rank(*one) < rank(*example.works)) example.works = one;
  }
  return example;
}

}  // namespace kvm_model::explain
