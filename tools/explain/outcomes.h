// What the suite's calls come to: for each call of the kernel's and each errno, signal or exit,
// which scenarios show it, by which check, and which show that the call works.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_OUTCOMES_H_
#define KVM_MODEL_TOOLS_EXPLAIN_OUTCOMES_H_

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"

namespace kvm_model::explain {

// A call of a scenario that answers as the scenario expects.
struct Shown {
  std::size_t scenario = 0;  // in the suite
  int line = 0;              // of the call
  rules::Decision decision;
};

struct Outcomes {
  // By the kernel's name of the call and the name of the errno, of the signal (SIGBUS, SIGSEGV) or
  // of the exit (MMIO, MEMORY_FAULT); each in the suite's order.
  std::map<std::pair<std::string, std::string>, std::vector<Shown>> failures;
  // By the kernel's name: where the call succeeds.
  std::map<std::string, std::vector<Shown>> successes;
};

// Runs every scenario on the model, on its own host. A call counts where the scenario says what it
// answers.
Outcomes FindOutcomes(std::span<const scenario::Scenario> suite);

// A failure and how the same call works, for a person to compare.
struct Example {
  const Shown* fails = nullptr;  // null where there are no failures
  const Shown* works = nullptr;  // null where no scenario shows it
};

// Where a scenario can be had in which the call works behind the failure, that one; then the
// shortest, on x86 if it may be. What fails is one of `failures`, and what works one of
// `successes`, where there are any.
Example SimplestExample(std::span<const scenario::Scenario> suite,
                        std::span<const Shown* const> failures,
                        std::span<const Shown* const> successes);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_OUTCOMES_H_
