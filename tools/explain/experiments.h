// Experiments on a scenario one of whose calls fails: each single change is made, and the scenario
// runs on the model.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_EXPERIMENTS_H_
#define KVM_MODEL_TOOLS_EXPLAIN_EXPERIMENTS_H_

#include <cstddef>
#include <cstdint>
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

// One time that a call runs.
struct Run {
  // Where the call stands: the index of its statement; in a repeat that of the repeat, and then
  // that in its body, and so on.
  std::vector<std::size_t> path;
  std::uint64_t turn = 0;  // how often it ran before
};

// Requires that a call stands there.
const scenario::Call& CallAt(const scenario::Scenario& scenario,
                             const std::vector<std::size_t>& path);

// The scenario up to that run, as far as statements and the turns of the outermost repeat go.
scenario::Scenario UpTo(const scenario::Scenario& scenario, const Run& run);

// What is spent at most.
struct ExperimentLimits {
  std::size_t experiments = 1000;
  std::uint64_t calls = 500'000;  // made in all of them
};

struct Experiments {
  std::vector<Change> changes;  // that let the call succeed, and no earlier one fail
  std::size_t tried = 0;
  std::size_t left_out = 0;  // which the limits left no room for
};

// Without each of the earlier calls; with other arguments; with other settings of the host; on
// other revisions; with other types and flags in earlier calls. A change in a repeat is one in all
// of its turns. Of the earlier calls the last hundred are changed, and of those behind it in its
// repeat the first hundred. `run` is one that fails.
Experiments TryChanges(const scenario::Scenario& scenario, const Run& run,
                       const ExperimentLimits& limits);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_EXPERIMENTS_H_
