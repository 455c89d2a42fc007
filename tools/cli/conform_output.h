// Where the report of a conformance run goes, and in which form: what conform and conform merge
// share.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_OUTPUT_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_OUTPUT_H_

#include <expected>
#include <functional>
#include <ostream>
#include <string>

#include "tools/cli/cli11.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/rule_suite.h"

namespace kvm_model::cli {

struct ReportOutput {
  std::string format = "text";
  std::string path;  // stdout where it is empty or -
};

// --format and --output.
void AddReportOptions(CLI::App& command, ReportOutput& output);

// Writes the report, or nothing; in words, why that can't be.
std::expected<void, std::string> WriteReport(const RuleSuite& suite, const ConformReport& report,
                                             const ReportOutput& output, std::ostream& out);

// Lets `write` write to the file of a path, or to `out`, as Output does.
std::expected<void, std::string> WriteTo(const std::string& path, std::ostream& out,
                                         const std::function<void(std::ostream&)>& write);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_OUTPUT_H_
