// A run of the conformance suite: every scenario on every backend.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORMANCE_H_
#define KVM_MODEL_TOOLS_CLI_CONFORMANCE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tools/backends/machine.h"
#include "tools/cli/results.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

struct ConformanceOptions {
  bool model = true;
  bool native = false;     // the machine's own /dev/kvm
  std::uint64_t seed = 1;  // of the model's random bytes
  unsigned jobs = 1;       // threads for the model; the machine's own is asked by one at a time
  // Where `native`: the machine, and why it isn't asked what the scenarios of these indices ask.
  scenario::Machine machine = {};
  std::map<std::size_t, std::string> machine_skips = {};
};

// What came of a scenario on a backend.
struct ConformanceResult {
  std::size_t scenario = 0;  // in the suite
  ScenarioResult result;
  // Why this failure is expected, where a baseline says so.
  std::optional<std::string> known;

  bool Failed() const;  // and is not known
};

struct ConformanceRun {
  // In the suite's order, the model's before the machine's, whatever the number of jobs.
  std::vector<ConformanceResult> results;
  std::size_t not_run = 0;  // as `stop` was set before
};

// How many are done, of how many, and how many failed.
using ConformanceProgress =
    absl::FunctionRef<void(std::size_t done, std::size_t all, std::size_t failed)>;

// Runs those of the suite whose indices are chosen. Once `stop` is set no scenario is begun; what
// was done is in the run. `progress` is called by one thread at a time.
ConformanceRun RunConformance(std::span<const scenario::Scenario> suite,
                              std::span<const std::size_t> chosen,
                              const ConformanceOptions& options, const std::atomic<bool>& stop,
                              ConformanceProgress progress);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORMANCE_H_
