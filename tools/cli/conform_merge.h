// Reports of several runs as one: of several machines, or of a matrix whose cells ran apart.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/baseline.h"
#include "tools/cli/conformance.h"
#include "tools/cli/rule_suite.h"

namespace kvm_model::cli {

// A report in JSON, as PrintJson writes it, and the name that errors give it.
struct ReportText {
  std::string name;
  std::string text;
};

// What the reports are about together. Areas, rules and results stand in the order in which the
// reports have them. The suite has a failure's scenario as it ran; of the others, only the names.
struct MergedRun {
  RuleSuite suite;
  ConformanceRun run;
  std::vector<StaleEntry> stale;
  std::string title;  // of all, or of the first, and how many others
};

// In words, what is no report: "FILE: scenarios[3] has no \"rule\"".
std::expected<MergedRun, std::vector<std::string>> MergeReports(
    const std::vector<ReportText>& reports);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_H_
