#include "tools/cli/conform_merge_command.h"

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli/caps_format.h"
#include "tools/cli/conform_merge.h"
#include "tools/cli/conform_output.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/input_file.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

struct MergeOptions {
  std::vector<std::string> files;
  ReportOutput output;
};

int Merge(const MergeOptions& options, std::ostream& out, std::ostream& err) {
  std::vector<ReportText> reports;
  std::vector<std::string> unreadable;
  for (const std::string& file : options.files) {
    std::optional<std::string> text = ReadInputFile(file);
    if (!text.has_value()) unreadable.push_back(file + ": can't be read");
    reports.push_back({file, std::move(text).value_or("")});
  }
  if (!unreadable.empty()) return FailUsage(unreadable, err);
  auto merged = MergeReports(reports);
  if (!merged) return FailUsage(merged.error(), err);
  const ConformReport report = MakeConformReport(
      merged->suite, merged->run, std::move(merged->stale), std::move(merged->title));
  if (const auto done = WriteReport(merged->suite, report, options.output, out); !done) {
    return FailUsage(done.error(), err);
  }
  return report.not_run != 0 ? kInterrupted : ExitCodeOf(report);
}

}  // namespace

void AddConformMergeCommand(CLI::App& conform, std::ostream& out, std::ostream& err,
                            std::function<int()>& run) {
  CLI::App& command = AddCommand(
      conform, "merge", "Reports that conform wrote in JSON, of several runs, as one report.");
  const auto options = std::make_shared<MergeOptions>();
  AddOption(command, "files", options->files, "The reports.").Required().ValueName("FILE");
  AddReportOptions(command, options->output);
  SetAction(command, run, [options, &out, &err] { return Merge(*options, out, err); });
}

}  // namespace kvm_model::cli
