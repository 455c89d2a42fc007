#include "tools/cli/conform_output.h"

#include <expected>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "tools/cli/conform_report.h"
#include "tools/cli/options.h"
#include "tools/cli/output_file.h"
#include "tools/cli/rule_suite.h"

namespace kvm_model::cli {
namespace {

void Print(const RuleSuite& suite, const ConformReport& report, std::string_view format,
           std::ostream& out) {
  if (format == "json") {
    PrintJson(suite, report, out);
  } else if (format == "junit") {
    PrintJunit(report, out);
  } else if (format == "ktap") {
    PrintKtap(report, out);
  } else if (format == "html") {
    PrintHtml(suite, report, out);
  } else {
    PrintText(suite, report, out);
  }
}

}  // namespace

void AddReportOptions(CLI::App& command, ReportOutput& output) {
  AddOption(command, "--format", output.format, "How it is printed.")
      .OneOf({"text", "ktap", "junit", "json", "html"})
      .ShowDefault();
  AddOption(command, "--output", output.path, "The file for the report, instead of stdout.")
      .ValueName("FILE");
}

std::expected<void, std::string> WriteTo(const std::string& path, std::ostream& out,
                                         const std::function<void(std::ostream&)>& write) {
  auto output = Output::Open(path, out);
  if (!output) return std::unexpected(std::move(output).error());
  write(output->stream());
  return output->Commit();
}

std::expected<void, std::string> WriteReport(const RuleSuite& suite, const ConformReport& report,
                                             const ReportOutput& output, std::ostream& out) {
  return WriteTo(output.path, out,
                 [&](std::ostream& to) { Print(suite, report, output.format, to); });
}

}  // namespace kvm_model::cli
