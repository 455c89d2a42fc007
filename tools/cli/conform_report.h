// The report of a conformance run, by area and by rule.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_REPORT_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/baseline.h"
#include "tools/cli/conformance.h"
#include "tools/cli/results.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"

namespace kvm_model::cli {

// kKnown: its only failures are those that a baseline names.
enum class RuleOutcome : std::uint8_t { kHolds, kBroken, kKnown, kSkipped };

// "holds", "broken", "known", "skipped".
std::string_view OutcomeName(RuleOutcome outcome);

struct RuleReport {
  const rules::Rule* rule = nullptr;
  RuleOutcome outcome = RuleOutcome::kSkipped;
  std::vector<const ConformanceResult*> results;  // in the suite's order
};

struct RuleCounts {
  std::size_t holds = 0;
  std::size_t broken = 0;
  std::size_t known = 0;
  std::size_t skipped = 0;
  std::size_t all() const { return holds + broken + known + skipped; }
};

struct AreaReport {
  const rules::Area* area = nullptr;
  std::vector<RuleReport> rules;
  RuleCounts counts;
  Counts scenarios;
};

struct ConformReport {
  std::vector<AreaReport> areas;  // with a rule that was run
  RuleCounts rules;
  // A known failure counts as failed here, and in `known` as well.
  Counts scenarios;
  std::size_t known = 0;
  std::size_t not_run = 0;
  std::vector<StaleEntry> stale;
  // Of scenarios, those that are not known.
  int failed() const { return scenarios.failed - static_cast<int>(known); }
  std::string title;  // what was run, in words: "on the model, seed 1"
};

// Refers to the suite and the run.
ConformReport MakeConformReport(const RuleSuite& suite, const ConformanceRun& run,
                                std::vector<StaleEntry> stale, std::string title);

// Text: a table of areas, each failure in full with the scenario that shows it, what was skipped by
// its reason, and the counts on the last line.
void PrintText(const RuleSuite& suite, const ConformReport& report, std::ostream& out);
// KTAP: areas, in them rules, in them scenarios.
void PrintKtap(const ConformReport& report, std::ostream& out);
// JUnit: a suite for each area, a case for each scenario, whose class is its rule.
void PrintJunit(const ConformReport& report, std::ostream& out);
void PrintJson(const RuleSuite& suite, const ConformReport& report, std::ostream& out);
// A page in one file.
void PrintHtml(const RuleSuite& suite, const ConformReport& report, std::ostream& out);

// 0; 1 when something failed that is not known, or an entry is stale; 4 when all was skipped.
int ExitCodeOf(const ConformReport& report);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_REPORT_H_
