#include "tools/cli/trace_command.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>

#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/output_file.h"
#include "tools/cli/trace_file.h"
#include "tools/cli/trace_perfetto.h"
#include "tools/cli/trace_show.h"

namespace kvm_model::cli {
namespace {

struct TraceOptions {
  std::string file;
  std::string output;
  bool trail = false;
};

// Hands each call of the file to `each`; the exit code.
int Read(const std::string& file, std::ostream& err,
         const std::function<void(const TracedCall&)>& each) {
  std::error_code error;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, error)) {
    return FailUsage(file + ": can't be read", err);
  }
  if (const auto read = ReadTrace(file, in, each); !read) return FailUsage(read.error(), err);
  return kAllAsExpected;
}

int Show(const TraceOptions& options, std::ostream& out, std::ostream& err) {
  TraceShow show(options.trail, out);
  return Read(options.file, err, [&show](const TracedCall& call) { show.Print(call); });
}

int Perfetto(const TraceOptions& options, std::ostream& out, std::ostream& err) {
  auto output = Output::Open(options.output, out);
  if (!output) return FailUsage(output.error(), err);
  PerfettoWriter writer(output->stream());
  const int exit_code =
      Read(options.file, err, [&writer](const TracedCall& call) { writer.Write(call); });
  if (exit_code != kAllAsExpected) return exit_code;
  writer.Finish();
  if (const auto written = output->Commit(); !written) return FailUsage(written.error(), err);
  return kAllAsExpected;
}

}  // namespace

void AddTraceCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                     std::function<int()>& run) {
  CLI::App& command = AddCommand(app, "trace", "Tells what `run --trace` wrote.");
  RequireCommand(command);
  const auto options = std::make_shared<TraceOptions>();
  const auto add = [&](const char* name, const char* meaning) -> CLI::App& {
    CLI::App& form = AddCommand(command, name, meaning);
    AddOption(form, "FILE", options->file, "A trace.").Required();
    return form;
  };
  CLI::App& show = add("show", "A line a call, as strace prints them.");
  AddOption(show, "--trail", options->trail, "Each call's decisions below it.");
  SetAction(show, run, [options, &out, &err] { return Show(*options, out, err); });
  CLI::App& perfetto = add("perfetto", "As trace events, which Perfetto opens.");
  AddOption(perfetto, "--output", options->output, "Where it is written; otherwise stdout.")
      .ValueName("FILE");
  SetAction(perfetto, run, [options, &out, &err] { return Perfetto(*options, out, err); });
}

}  // namespace kvm_model::cli
