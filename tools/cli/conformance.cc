#include "tools/cli/conformance.h"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/cli/results.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using scenario::Verdict;

// The results as they come in, each in its place.
class Collector {
 public:
  Collector(std::size_t places, ConformanceProgress progress)
      : places_(places), progress_(progress) {}

  void Put(std::size_t place, ConformanceResult result) {
    const std::scoped_lock lock(mutex_);
    ++done_;
    if (result.Failed()) ++failed_;
    places_[place] = std::move(result);
    progress_(done_, places_.size(), failed_);
  }

  ConformanceRun Take() {
    ConformanceRun run;
    run.not_run = places_.size() - done_;
    for (std::optional<ConformanceResult>& one : places_) {
      if (one.has_value()) run.results.push_back(*std::move(one));
    }
    return run;
  }

 private:
  std::mutex mutex_;
  std::vector<std::optional<ConformanceResult>> places_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  ConformanceProgress progress_;
};

// The scenarios of one run, and the place of each result.
struct Work {
  std::span<const scenario::Scenario> suite;
  std::span<const std::size_t> chosen;
  std::size_t backends = 1;
  const std::atomic<bool>& stop;
  Collector& collector;

  void Run(std::size_t index, std::size_t backend_index, scenario::Backend& backend) const {
    Put(index, backend_index, backend, scenario::RunScenario(suite[chosen[index]], backend));
  }

  void Skip(std::size_t index, std::size_t backend_index, const scenario::Backend& backend,
            const std::string& reason) const {
    Verdict verdict;
    verdict.outcome = Verdict::Outcome::kSkip;
    verdict.reason = reason;
    Put(index, backend_index, backend, std::move(verdict));
  }

  void Put(std::size_t index, std::size_t backend_index, const scenario::Backend& backend,
           Verdict verdict) const {
    const scenario::Scenario& one = suite[chosen[index]];
    ScenarioResult result{one.file, one.rule, std::string(backend.Name()), std::move(verdict)};
    collector.Put(index * backends + backend_index,
                  {chosen[index], std::move(result), std::nullopt});
  }
};

void RunOnModel(const Work& work, const ConformanceOptions& options) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    scenario::ModelBackend backend(options.seed);
    for (std::size_t index = next++; index < work.chosen.size() && !work.stop; index = next++) {
      work.Run(index, 0, backend);
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(run);
  } catch (const std::system_error&) {
    // Those that there are, are enough.
  }
  run();
}

void RunOnMachine(const Work& work, const ConformanceOptions& options, std::size_t backend_index) {
  scenario::NativeBackend backend(options.machine);
  for (std::size_t index = 0; index < work.chosen.size() && !work.stop; ++index) {
    const auto skip = options.machine_skips.find(work.chosen[index]);
    if (skip == options.machine_skips.end()) {
      work.Run(index, backend_index, backend);
    } else {
      work.Skip(index, backend_index, backend, skip->second);
    }
  }
}

}  // namespace

bool ConformanceResult::Failed() const {
  return result.verdict.outcome == Verdict::Outcome::kFail && !known.has_value();
}

ConformanceRun RunConformance(std::span<const scenario::Scenario> suite,
                              std::span<const std::size_t> chosen,
                              const ConformanceOptions& options, const std::atomic<bool>& stop,
                              ConformanceProgress progress) {
  const std::size_t backends = (options.model ? 1U : 0U) + (options.native ? 1U : 0U);
  Collector collector(chosen.size() * backends, progress);
  const Work work{suite, chosen, backends, stop, collector};
  if (options.model) RunOnModel(work, options);
  if (options.native) RunOnMachine(work, options, backends - 1);
  return collector.Take();
}

}  // namespace kvm_model::cli
