#include "tools/cli/map_command.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/map_html.h"
#include "tools/cli/map_svg.h"
#include "tools/cli/map_text.h"
#include "tools/cli/options.h"
#include "tools/cli/output_file.h"
#include "tools/cli/results.h"
#include "tools/cli/step_picture.h"
#include "tools/cli/suite.h"
#include "tools/cli/suite_options.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

struct MapOptions {
  std::string file;
  std::string format = "text";
  std::string output;
  std::uint64_t seed = 1;
};

PictureLimits LimitsOf(const std::string& format) {
  PictureLimits limits;
  if (format == "svg") limits.steps = kMostSvgSteps;
  if (format == "html") limits.steps = kMostHtmlSteps;
  limits.trails = format == "html";
  return limits;
}

void Print(const ScenarioPicture& picture, const std::string& format, std::ostream& out) {
  if (format == "svg") {
    PrintMapSvg(picture, out);
  } else if (format == "html") {
    PrintMapHtml(picture, out);
  } else {
    PrintMapText(picture, out);
  }
}

int Map(const MapOptions& options, std::ostream& out, std::ostream& err) {
  const auto scenarios = LoadScenarios({options.file});
  if (!scenarios) return FailUsage(scenarios.error(), err);
  if (scenarios->size() != 1) return FailUsage("map takes one file: run takes folders", err);
  const scenario::Scenario& scenario = scenarios->front();
  auto output = Output::Open(options.output, out);
  if (!output) return FailUsage(output.error(), err);
  const ScenarioPicture picture = DrawScenario(scenario, options.seed, LimitsOf(options.format));
  Print(picture, options.format, output->stream());
  if (const auto written = output->Commit(); !written) return FailUsage(written.error(), err);
  const ScenarioResult result = {scenario.file, scenario.rule, "model", picture.verdict};
  if (picture.verdict.outcome != scenario::Verdict::Outcome::kPass) {
    // A picture in a form of its own stays what it is.
    const bool to_out = !output->is_file() && options.format == "text";
    PrintText({result}, to_out ? out << "\n" : err);
  }
  return ExitCodeOf(CountResults({result}));
}

}  // namespace

void AddMapCommand(CLI::App& app, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "map", "Draws the pages of a scenario's guest_memfds after each call.");
  const auto options = std::make_shared<MapOptions>();
  AddOption(command, "FILE", options->file, "A scenario file (*.kvmt).").Required();
  AddOption(command, "--format", options->format, "How it is drawn.")
      .OneOf({"text", "svg", "html"})
      .ShowDefault();
  AddOption(command, "--output", options->output, "Where it is written; otherwise stdout.")
      .ValueName("FILE");
  AddSeedOption(command, options->seed);
  SetAction(command, run, [options, &out, &err] { return Map(*options, out, err); });
}

}  // namespace kvm_model::cli
