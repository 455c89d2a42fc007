#include "tools/cli/run_command.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <regex>
#include <string>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/output_file.h"
#include "tools/cli/results.h"
#include "tools/cli/suite.h"
#include "tools/cli/suite_options.h"
#include "tools/cli/trace_record.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {
namespace {

struct RunOptions {
  std::vector<std::string> paths;
  std::string backend = "model";
  std::string format = "text";
  std::string filter;
  std::string trace;
  std::uint64_t seed = 1;
};

void Print(const std::vector<ScenarioResult>& results, const std::string& format,
           std::ostream& out) {
  if (format == "json") {
    PrintJson(results, out);
  } else if (format == "junit") {
    PrintJunit(results, out);
  } else if (format == "ktap") {
    PrintKtap(results, out);
  } else if (format == "text") {
    PrintText(results, out);
  }
}

int Run(const RunOptions& options, std::ostream& out, std::ostream& err) {
  if (options.trace == "-" && options.format != "none") {
    return FailUsage("--trace - would mix the trace with the results: add --format none", err);
  }
  auto scenarios = LoadScenarios(options.paths);
  if (!scenarios) return FailUsage(scenarios.error(), err);
  if (!options.filter.empty()) {
    const std::regex filter(options.filter);
    std::erase_if(*scenarios, [&filter](const scenario::Scenario& one) {
      return !std::regex_search(one.file, filter) && !std::regex_search(one.rule, filter);
    });
    if (scenarios->empty()) return FailUsage("--filter leaves no scenario", err);
  }
  scenario::ModelBackend model(options.seed);
  scenario::NativeBackend native;
  std::vector<scenario::Backend*> backends;
  if (options.backend != "native") backends.push_back(&model);
  if (options.backend != "model") backends.push_back(&native);
  std::vector<ScenarioResult> results;
  if (options.trace.empty()) {
    results = RunAll(*scenarios, backends);
  } else {
    auto output = Output::Open(options.trace, out);
    if (!output) return FailUsage(output.error(), err);
    TraceWriter writer(output->stream());
    results = RunAll(*scenarios, backends,
                     [&](const scenario::Scenario& scenario, const scenario::Backend& backend,
                         const scenario::Call& call, const scenario::CallRequest& request,
                         const scenario::Answer& answer) {
                       writer.Write(scenario, backend.Name(), call, request, answer,
                                    &backend == &model ? &model.recorder() : nullptr);
                     });
    if (const auto written = output->Commit(); !written) return FailUsage(written.error(), err);
  }
  Print(results, options.format, out);
  return ExitCodeOf(CountResults(results));
}

}  // namespace

void AddRunCommand(CLI::App& app, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App& command = AddCommand(app, "run", "Runs scenario files; folders recursively.");
  const auto options = std::make_shared<RunOptions>();
  AddOption(command, "PATH", options->paths, "Scenario files (*.kvmt) and folders.").Required();
  AddBackendOption(command, options->backend);
  AddOption(command, "--format", options->format, "How it is printed.")
      .OneOf({"text", "ktap", "junit", "json", "none"})
      .ShowDefault();
  AddFilterOption(command, options->filter, "Only scenarios whose file or rule");
  AddOption(command, "--trace", options->trace,
            "Writes each call, its answer and its decisions there as JSON, a line a "
            "call; -: to stdout, with --format none.")
      .ValueName("FILE");
  AddSeedOption(command, options->seed);
  SetAction(command, run, [options, &out, &err] { return Run(*options, out, err); });
}

}  // namespace kvm_model::cli
