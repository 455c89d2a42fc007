#include "tools/cli/rules_command.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/suite_options.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/printer.h"

namespace kvm_model::cli {
namespace {

using rules::Rule;

struct ListOptions {
  std::string format = "text";
  std::string filter;
};

struct Coverage {
  std::set<std::size_t> scenarios;
  std::set<rules::Decision> checks;
};

Coverage CoverageOf(const std::vector<Rule>& rules) {
  Coverage coverage;
  for (const Rule& rule : rules) {
    coverage.scenarios.insert(rule.scenarios.begin(), rule.scenarios.end());
    coverage.checks.insert(rule.checks.begin(), rule.checks.end());
  }
  return coverage;
}

std::string Plural(std::size_t count, std::string_view what) {
  return absl::StrFormat("%d %s%s", count, what, count == 1 ? "" : "s");
}

void PrintRule(const Rule& rule, std::ostream& out) {
  out << rule.id << (rule.inferred ? "  (inferred)" : "") << "\n";
  out << Wrapped(rule.sentence, "  ");
  out << absl::StrFormat("  %s; %s; %s\n", absl::StrJoin(rule.archs, " "),
                         absl::StrJoin(rule.revisions, " "),
                         Plural(rule.scenarios.size(), "scenario"));
  if (!rule.functions.empty()) {
    out << Wrapped("decided in " + absl::StrJoin(rule.functions, ", "), "  ");
  }
}

void PrintText(const rules::Catalogue& catalogue, std::ostream& out) {
  for (std::size_t area = 0; area < catalogue.areas.size(); ++area) {
    const auto in_area = [area](const Rule& rule) { return rule.area == area; };
    const auto count = std::ranges::count_if(catalogue.rules, in_area);
    if (count == 0) continue;
    const rules::Area& about = catalogue.areas[area];
    out << absl::StrFormat("== %s: %s\n", about.title,
                           Plural(static_cast<std::size_t>(count), "rule"))
        << Wrapped("source: " + about.document, "   ") << "\n";
    for (const Rule& rule : catalogue.rules) {
      if (!in_area(rule)) continue;
      PrintRule(rule, out);
      out << "\n";
    }
  }
  const Coverage coverage = CoverageOf(catalogue.rules);
  out << absl::StrFormat(
      "%s, shown by %s, in which calls fail by %s\n", Plural(catalogue.rules.size(), "rule"),
      Plural(coverage.scenarios.size(), "scenario"), Plural(coverage.checks.size(), "check"));
}

Json ToJson(const RuleSuite& suite, const Rule& rule) {
  Json checks = Json::array();
  for (const rules::Decision& check : rule.checks) {
    checks.push_back({{"function", check.function}, {"check", check.check}});
  }
  Json files = Json::array();
  for (const std::size_t index : rule.scenarios) files.push_back(suite.scenarios[index].file);
  const rules::Area& area = suite.catalogue.areas[rule.area];
  return {{"id", rule.id},
          {"area", area.title},
          {"sentence", rule.sentence},
          {"inferred", rule.inferred},
          {"source", {{"document", area.document}, {"functions", rule.functions}}},
          {"archs", rule.archs},
          {"revisions", rule.revisions},
          {"scenarios", std::move(files)},
          {"checks", std::move(checks)}};
}

int List(const ListOptions& options, std::ostream& out, std::ostream& err) {
  auto suite = LoadRuleSuite();
  if (!suite) return FailUsage(suite.error(), err);
  if (!options.filter.empty()) {
    const std::regex filter(options.filter);
    std::erase_if(suite->catalogue.rules, [&](const Rule& rule) {
      return !std::regex_search(rule.id, filter) &&
             !std::regex_search(suite->catalogue.areas[rule.area].title, filter);
    });
    if (suite->catalogue.rules.empty()) return FailUsage("--filter leaves no rule", err);
  }
  for (Rule& rule : suite->catalogue.rules) rules::FindWhatShows(suite->scenarios, rule);
  if (options.format == "text") {
    PrintText(suite->catalogue, out);
    return kAllAsExpected;
  }
  Json all = {{"rules", Json::array()}};
  for (const Rule& rule : suite->catalogue.rules) all["rules"].push_back(ToJson(*suite, rule));
  const Coverage coverage = CoverageOf(suite->catalogue.rules);
  all["scenarios"] = coverage.scenarios.size();
  all["checks"] = coverage.checks.size();
  out << Dump(all, 2) << "\n";
  return kAllAsExpected;
}

int Show(const std::string& id, std::ostream& out, std::ostream& err) {
  auto suite = LoadRuleSuite();
  if (!suite) return FailUsage(suite.error(), err);
  const auto found = std::ranges::find(suite->catalogue.rules, id, &Rule::id);
  if (found == suite->catalogue.rules.end()) {
    return FailUsage(
        absl::StrFormat("no rule is called %s: `kvmsim rules list` names them all", id), err);
  }
  rules::FindWhatShows(suite->scenarios, *found);
  PrintRule(*found, out);
  out << Wrapped("source: " + suite->catalogue.areas[found->area].document, "  ");
  for (const rules::Decision& check : found->checks) {
    out << Wrapped(absl::StrFormat("fails by %s: %s", check.function, check.check), "  ");
  }
  for (const std::size_t index : found->scenarios) {
    out << "\n== " << suite->scenarios[index].file << "\n"
        << scenario::PrintScenario(suite->scenarios[index]);
  }
  return kAllAsExpected;
}

}  // namespace

void AddRulesCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                     std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "rules", "The rules of the specification, and what shows each.");
  RequireCommand(command);
  CLI::App& list = AddCommand(command, "list", "Every rule, with its source and its coverage.");
  const auto options = std::make_shared<ListOptions>();
  AddOption(list, "--format", options->format, "How it is printed.")
      .OneOf({"text", "json"})
      .ShowDefault();
  AddFilterOption(list, options->filter, "Only rules whose id or area");
  SetAction(list, run, [options, &out, &err] { return List(*options, out, err); });
  CLI::App& show = AddCommand(command, "show", "One rule, with its scenarios.");
  const auto id = std::make_shared<std::string>();
  AddOption(show, "ID", *id, "The rule's id, as CONV-EINVAL.").Required().ValueName("ID");
  SetAction(show, run, [id, &out, &err] { return Show(*id, out, err); });
}

}  // namespace kvm_model::cli
