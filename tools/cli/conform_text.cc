// The report for people, in text.
#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tools/cli/baseline.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/conformance.h"
#include "tools/cli/results.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

void PrintRow(std::string_view title, std::size_t width, const RuleCounts& rules,
              const Counts& scenarios, std::ostream& out) {
  out << absl::StrFormat("%-*s %6d %6d %6d %6d %7d   %9d %6d %7d\n", static_cast<int>(width), title,
                         rules.all(), rules.holds, rules.broken, rules.known, rules.skipped,
                         scenarios.passed, scenarios.failed, scenarios.skipped);
}

void PrintAreas(const ConformReport& report, std::ostream& out) {
  constexpr std::string_view kAll = "all";
  std::size_t width = 0;
  for (const AreaReport& area : report.areas) width = std::max(width, area.area->title.size());
  out << absl::StrFormat("%-*s %6s %6s %6s %6s %7s   %9s %6s %7s\n", static_cast<int>(width),
                         "area", "rules", "hold", "broken", "known", "skipped",
                         "scenarios:", "failed", "skipped");
  for (const AreaReport& area : report.areas) {
    PrintRow(area.area->title, width, area.counts, area.scenarios, out);
  }
  PrintRow(kAll, width, report.rules, report.scenarios, out);
}

void PrintFailure(const RuleSuite& suite, const RuleReport& rule, const ConformanceResult& one,
                  std::ostream& out) {
  const auto& result = one.result;
  out << absl::StrFormat("\nBROKEN %s\n", rule.rule->id) << Wrapped(rule.rule->sentence, "  ");
  out << absl::StrFormat("  %s [%s]\n", PlaceOf(result), result.backend)
      << FailureText(result, "  ");
  out << "  scenario\n";
  const std::string text = scenario::PrintScenario(suite.scenarios[one.scenario]);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) out << "    " << line << "\n";
}

// "model" of "model x86/rfc-v4/SNP": in a matrix each host would have a line of its own.
std::string_view KindOf(const ConformanceResult& one) {
  const std::string_view backend = one.result.backend;
  return backend.substr(0, backend.find(' '));
}

// By reason: how many were skipped for it.
void PrintSkipped(const ConformReport& report, std::ostream& out) {
  std::map<std::string, std::size_t> reasons;
  for (const AreaReport& area : report.areas) {
    for (const RuleReport& rule : area.rules) {
      for (const ConformanceResult* one : rule.results) {
        if (one->result.verdict.outcome != Outcome::kSkip) continue;
        ++reasons[absl::StrFormat("%s: %s", KindOf(*one), one->result.verdict.reason)];
      }
    }
  }
  if (!reasons.empty()) out << "\nskipped\n";
  for (const auto& [reason, count] : reasons) out << absl::StrFormat("  %5d  %s\n", count, reason);
}

void PrintKnown(const ConformReport& report, std::ostream& out) {
  if (report.known != 0) out << "\nknown differences\n";
  for (const AreaReport& area : report.areas) {
    for (const RuleReport& rule : area.rules) {
      for (const ConformanceResult* one : rule.results) {
        if (!one->known.has_value()) continue;
        out << absl::StrFormat("  %s: %s [%s] answers %s: %s\n", rule.rule->id,
                               PlaceOf(one->result), one->result.backend,
                               one->result.verdict.actual, *one->known);
      }
    }
  }
  if (!report.stale.empty()) out << "\nstale entries of the baseline\n";
  for (const StaleEntry& stale : report.stale) {
    out << absl::StrFormat("  line %d: %s:%d [%s] is said to answer %s, but %s\n", stale.entry.line,
                           stale.entry.scenario, stale.entry.call, stale.entry.backend,
                           stale.entry.answer, stale.reason);
  }
}

}  // namespace

void PrintText(const RuleSuite& suite, const ConformReport& report, std::ostream& out) {
  out << absl::StrFormat("conformance %s\n\n", report.title);
  PrintAreas(report, out);
  for (const AreaReport& area : report.areas) {
    for (const RuleReport& rule : area.rules) {
      for (const ConformanceResult* one : rule.results) {
        if (one->Failed()) PrintFailure(suite, rule, *one, out);
      }
    }
  }
  PrintKnown(report, out);
  PrintSkipped(report, out);
  out << "\n";
  if (report.not_run != 0) {
    out << absl::StrFormat("interrupted: %d scenarios were not run\n", report.not_run);
  }
  out << absl::StrFormat("%d passed, %d failed, %d skipped\n", report.scenarios.passed,
                         report.failed(), report.scenarios.skipped);
}

}  // namespace kvm_model::cli
