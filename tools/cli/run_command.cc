#include "tools/cli/run_command.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <regex>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/filter.h"
#include "tools/cli/results.h"
#include "tools/cli/suite.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {
namespace {

struct RunOptions {
  std::vector<std::string> paths;
  std::string backend = "model";
  std::string format = "text";
  std::string filter;
  std::uint64_t seed = 1;
};

int Run(const RunOptions& options, std::ostream& out, std::ostream& err) {
  auto scenarios = LoadScenarios(options.paths);
  if (!scenarios) {
    for (const std::string& error : scenarios.error()) err << "kvmsim: " << error << "\n";
    return kUsage;
  }
  if (!options.filter.empty()) {
    const std::regex filter(options.filter);
    std::erase_if(*scenarios, [&filter](const scenario::Scenario& one) {
      return !std::regex_search(one.file, filter) && !std::regex_search(one.rule, filter);
    });
    if (scenarios->empty()) {
      err << "kvmsim: --filter leaves no scenario\n";
      return kUsage;
    }
  }
  scenario::ModelBackend model(options.seed);
  scenario::NativeBackend native;
  std::vector<scenario::Backend*> backends;
  if (options.backend != "native") backends.push_back(&model);
  if (options.backend != "model") backends.push_back(&native);
  const std::vector<ScenarioResult> results = RunAll(*scenarios, backends);
  if (options.format == "json") {
    PrintJson(results, out);
  } else if (options.format == "junit") {
    PrintJunit(results, out);
  } else if (options.format == "ktap") {
    PrintKtap(results, out);
  } else {
    PrintText(results, out);
  }
  return ExitCodeOf(CountResults(results));
}

}  // namespace

void AddRunCommand(CLI::App& app, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("run", "Runs scenario files; folders recursively.");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("PATH", options->paths, "Scenario files (*.kvmt) and folders.")->required();
  command
      ->add_option("--backend", options->backend,
                   "Who answers: the model, the machine's /dev/kvm (native), or both.")
      ->check(CLI::IsMember({"model", "native", "both"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "How it is printed.")
      ->check(CLI::IsMember({"text", "ktap", "junit", "json"}))
      ->capture_default_str();
  command
      ->add_option("--filter", options->filter,
                   "Only scenarios whose file or rule matches this regular expression.")
      ->type_name("REGEX")
      ->check(CheckRegex);
  command->add_option("--seed", options->seed, "Where the model's random bytes come from.")
      ->capture_default_str();
  command->callback([options, &out, &err, &run] {
    run = [options, &out, &err] { return Run(*options, out, err); };
  });
}

}  // namespace kvm_model::cli
