// The report for machines: KTAP, JUnit and JSON.
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "pugixml.hpp"
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

// One result line of KTAP. '#' begins a directive, so it can't stand in a description.
void PrintKtapLine(std::string_view indent, bool ok, std::size_t number, std::string description,
                   std::string_view directive, std::ostream& out) {
  for (char& c : description) {
    if (c == '#' || c == '\n') c = ' ';
  }
  out << absl::StrFormat("%s%s %d %s", indent, ok ? "ok" : "not ok", number, description);
  if (!directive.empty()) out << " # " << directive;
  out << "\n";
}

void BeginKtap(std::string_view indent, std::size_t count, std::ostream& out) {
  out << absl::StrFormat("%sKTAP version 1\n%s1..%d\n", indent, indent, count);
}

void PrintKtapRule(const RuleReport& rule, std::size_t number, std::ostream& out) {
  constexpr std::string_view kScenario = "    ";
  constexpr std::string_view kRule = "  ";
  BeginKtap(kScenario, rule.results.size(), out);
  std::size_t scenario = 0;
  for (const ConformanceResult* one : rule.results) {
    const scenario::Verdict& verdict = one->result.verdict;
    if (verdict.outcome == Outcome::kFail) {
      out << kScenario << "# " << PlaceOf(one->result) << "\n"
          << FailureText(one->result, std::string(kScenario) + "# ");
    }
    std::string directive;
    if (verdict.outcome == Outcome::kSkip) directive = "SKIP " + verdict.reason;
    if (one->known.has_value()) directive = "XFAIL " + *one->known;
    PrintKtapLine(kScenario, !one->Failed(), ++scenario,
                  absl::StrFormat("%s [%s]", one->result.file, one->result.backend), directive,
                  out);
  }
  PrintKtapLine(kRule, rule.outcome != RuleOutcome::kBroken, number, rule.rule->id,
                rule.outcome == RuleOutcome::kSkipped ? "SKIP every scenario was skipped" : "",
                out);
}

void AddJunitCase(const RuleReport& rule, const ConformanceResult& one, pugi::xml_node suite) {
  const scenario::Verdict& verdict = one.result.verdict;
  pugi::xml_node test = suite.append_child("testcase");
  test.append_attribute("classname") = rule.rule->id.c_str();
  test.append_attribute("name") =
      absl::StrFormat("%s [%s]", one.result.file, one.result.backend).c_str();
  if (one.Failed()) {
    pugi::xml_node failure = test.append_child("failure");
    failure.append_attribute("message") = PlaceOf(one.result).c_str();
    failure.text() = (rule.rule->sentence + "\n" + FailureText(one.result, "")).c_str();
  } else if (verdict.outcome == Outcome::kSkip) {
    test.append_child("skipped").append_attribute("message") = verdict.reason.c_str();
  } else if (one.known.has_value()) {
    test.append_child("skipped").append_attribute("message") = ("known: " + *one.known).c_str();
  }
}

Json ToJson(const RuleCounts& counts) {
  return {{"rules", counts.all()},
          {"holds", counts.holds},
          {"broken", counts.broken},
          {"known", counts.known},
          {"skipped", counts.skipped}};
}

// A failure has the scenario as it ran: on the host of a matrix it is no file.
Json ToJson(const RuleSuite& suite, const ConformanceResult& one) {
  Json json = ResultJson(one.result);
  json["known"] = one.known.has_value() ? Json(*one.known) : Json(nullptr);
  if (one.result.verdict.outcome != Outcome::kFail) return json;
  const std::vector<std::string> trail =
      absl::StrSplit(one.result.verdict.trail, '\n', absl::SkipEmpty());
  json["call"] = OrNull(one.result.verdict.call);
  json["trail"] = trail;
  json["scenario"] = scenario::PrintScenario(suite.scenarios[one.scenario]);
  return json;
}

}  // namespace

void PrintKtap(const ConformReport& report, std::ostream& out) {
  BeginKtap("", report.areas.size(), out);
  if (report.not_run != 0) {
    out << absl::StrFormat("# interrupted: %d scenarios were not run\n", report.not_run);
  }
  for (const StaleEntry& stale : report.stale) {
    out << absl::StrFormat("# stale: line %d of the baseline: %s\n", stale.entry.line,
                           stale.reason);
  }
  std::size_t number = 0;
  for (const AreaReport& area : report.areas) {
    BeginKtap("  ", area.rules.size(), out);
    std::size_t rule_number = 0;
    for (const RuleReport& rule : area.rules) PrintKtapRule(rule, ++rule_number, out);
    const bool skipped = area.counts.skipped == area.counts.all();
    PrintKtapLine("", area.counts.broken == 0, ++number, area.area->title,
                  skipped ? "SKIP every rule was skipped" : "", out);
  }
}

void PrintJunit(const ConformReport& report, std::ostream& out) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name") = ("kvmsim conform " + report.title).c_str();
  for (const AreaReport& area : report.areas) {
    pugi::xml_node suite = suites.append_child("testsuite");
    suite.append_attribute("name") = area.area->title.c_str();
    int tests = 0;
    int failures = 0;
    int skipped = 0;
    for (const RuleReport& rule : area.rules) {
      for (const ConformanceResult* one : rule.results) {
        ++tests;
        const bool passed = one->result.verdict.outcome == Outcome::kPass;
        (one->Failed() ? failures : skipped) += passed ? 0 : 1;
        AddJunitCase(rule, *one, suite);
      }
    }
    suite.append_attribute("tests") = tests;
    suite.append_attribute("failures") = failures;
    suite.append_attribute("skipped") = skipped;
  }
  document.save(out, "  ");
}

void PrintJson(const RuleSuite& suite, const ConformReport& report, std::ostream& out) {
  Json all = {{"title", report.title},
              {"areas", Json::array()},
              {"rules", Json::array()},
              {"scenarios", Json::array()}};
  for (const AreaReport& area : report.areas) {
    Json of_area = {{"area", area.area->title}, {"document", area.area->document}};
    of_area.update(ToJson(area.counts));
    all["areas"].push_back(std::move(of_area));
    for (const RuleReport& rule : area.rules) {
      all["rules"].push_back({{"id", rule.rule->id},
                              {"area", area.area->title},
                              {"sentence", rule.rule->sentence},
                              {"outcome", OutcomeName(rule.outcome)}});
      for (const ConformanceResult* one : rule.results) {
        all["scenarios"].push_back(ToJson(suite, *one));
      }
    }
  }
  all["stale"] = Json::array();
  for (const StaleEntry& stale : report.stale) {
    all["stale"].push_back({{"line", stale.entry.line},
                            {"backend", stale.entry.backend},
                            {"scenario", stale.entry.scenario},
                            {"call", stale.entry.call},
                            {"answer", stale.entry.answer},
                            {"reason", stale.reason}});
  }
  all["passed"] = report.scenarios.passed;
  all["failed"] = report.failed();
  all["skipped"] = report.scenarios.skipped;
  all["known"] = report.known;
  all["not_run"] = report.not_run;
  out << Dump(all, 2) << "\n";
}

}  // namespace kvm_model::cli
