#include "tools/cli/conform_report.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/baseline.h"
#include "tools/cli/conformance.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/results.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

RuleOutcome OutcomeOf(const std::vector<const ConformanceResult*>& results) {
  RuleOutcome outcome = RuleOutcome::kSkipped;
  for (const ConformanceResult* one : results) {
    if (one->Failed()) return RuleOutcome::kBroken;
    if (one->known.has_value()) {
      outcome = RuleOutcome::kKnown;
    } else if (one->result.verdict.outcome == Outcome::kPass && outcome != RuleOutcome::kKnown) {
      outcome = RuleOutcome::kHolds;
    }
  }
  return outcome;
}

void Count(RuleOutcome outcome, RuleCounts& counts) {
  switch (outcome) {
    case RuleOutcome::kHolds:
      ++counts.holds;
      break;
    case RuleOutcome::kBroken:
      ++counts.broken;
      break;
    case RuleOutcome::kKnown:
      ++counts.known;
      break;
    case RuleOutcome::kSkipped:
      ++counts.skipped;
      break;
  }
}

}  // namespace

std::string_view OutcomeName(RuleOutcome outcome) {
  switch (outcome) {
    case RuleOutcome::kHolds:
      return "holds";
    case RuleOutcome::kBroken:
      return "broken";
    case RuleOutcome::kKnown:
      return "known";
    case RuleOutcome::kSkipped:
      return "skipped";
  }
  return "";
}

ConformReport MakeConformReport(const RuleSuite& suite, const ConformanceRun& run,
                                std::vector<StaleEntry> stale, std::string title) {
  std::map<std::size_t, std::vector<const ConformanceResult*>> by_scenario;
  for (const ConformanceResult& one : run.results) by_scenario[one.scenario].push_back(&one);
  std::map<std::size_t, AreaReport> areas;
  ConformReport report;
  for (const rules::Rule& rule : suite.catalogue.rules) {
    RuleReport of_rule{&rule, {}, {}};
    for (const std::size_t scenario : rule.scenarios) {
      const auto found = by_scenario.find(scenario);
      if (found == by_scenario.end()) continue;
      of_rule.results.insert(of_rule.results.end(), found->second.begin(), found->second.end());
    }
    if (of_rule.results.empty()) continue;
    of_rule.outcome = OutcomeOf(of_rule.results);
    AreaReport& area = areas[rule.area];
    area.area = &suite.catalogue.areas[rule.area];
    Count(of_rule.outcome, area.counts);
    Count(of_rule.outcome, report.rules);
    for (const ConformanceResult* one : of_rule.results) {
      Count(one->result.verdict, area.scenarios);
      Count(one->result.verdict, report.scenarios);
      if (one->known.has_value()) ++report.known;
    }
    area.rules.push_back(std::move(of_rule));
  }
  for (auto& [index, area] : areas) report.areas.push_back(std::move(area));
  report.not_run = run.not_run;
  report.stale = std::move(stale);
  report.title = std::move(title);
  return report;
}

int ExitCodeOf(const ConformReport& report) {
  if (report.rules.broken != 0 || !report.stale.empty()) return kSomethingDiffers;
  const bool nothing_ran = report.scenarios.passed == 0 && report.scenarios.failed == 0;
  return nothing_ran ? kAllSkipped : kAllAsExpected;
}

}  // namespace kvm_model::cli
