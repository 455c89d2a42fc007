#include "tools/cli/explain_text.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kvm_model/revision.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/rule_suite.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/explain/why_not.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"

namespace kvm_model::cli {
namespace {

using explain::Change;
using explain::Shown;

void PrintScenarioOf(const RuleSuite& suite, std::size_t index, std::ostream& out) {
  const std::string text = scenario::PrintScenario(suite.scenarios[index]);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) out << "    " << line << "\n";
}

void PrintShown(const RuleSuite& suite, std::string_view title, const Shown& shown,
                std::ostream& out) {
  const scenario::Scenario& one = suite.scenarios[shown.scenario];
  out << absl::StrFormat("\n%s: %s:%d (%s)\n", title, one.file, shown.line, one.rule);
}

// A scenario in which the call fails, and one in which it works: the same if that can be.
void PrintExample(const Explanations& all, const ErrnoTopic& topic, std::span<const Shown> failures,
                  std::ostream& out) {
  const auto found = all.outcomes.successes.find(topic.call);
  const std::span<const Shown> successes =
      found == all.outcomes.successes.end() ? std::span<const Shown>() : found->second;
  const explain::Example example =
      explain::SimplestExample(all.suite.scenarios, failures, successes);
  PrintShown(all.suite, "It fails", *example.fails, out);
  const bool in_one =
      example.works != nullptr && example.works->scenario == example.fails->scenario;
  if (in_one) {
    out << absl::StrFormat("and works in line %d there\n", example.works->line);
  }
  PrintScenarioOf(all.suite, example.fails->scenario, out);
  if (in_one || example.works == nullptr) return;
  PrintShown(all.suite, "It works", *example.works, out);
  PrintScenarioOf(all.suite, example.works->scenario, out);
}

// Those of the rule's scenarios; all where none is.
std::vector<Shown> OfRule(const RuleSuite& suite, std::span<const Shown> shown,
                          std::string_view rule) {
  std::vector<Shown> found;
  for (const Shown& one : shown) {
    if (suite.scenarios[one.scenario].rule == rule) found.push_back(one);
  }
  return found.empty() ? std::vector<Shown>(shown.begin(), shown.end()) : found;
}

// Architecture by architecture, the revisions on which the scenarios see it.
void PrintWhere(const RuleSuite& suite, std::span<const Shown> shown, std::ostream& out) {
  std::map<std::string, std::set<std::string>> seen;
  for (const Shown& one : shown) {
    const scenario::HostLine& host = suite.scenarios[one.scenario].host;
    seen[host.arch].insert(host.revision);
  }
  out << "\nScenarios show it on\n";
  for (const auto& [arch, revisions] : seen) {
    std::vector<std::string> in_order;
    for (const Revision& revision : Revisions()) {
      if (revisions.contains(std::string(revision.name))) in_order.emplace_back(revision.name);
    }
    out << absl::StrFormat("  %-10s %s\n", arch, absl::StrJoin(in_order, " "));
  }
}

// What changed between revisions, of the rules whose scenarios show it.
void PrintChanges(const RuleSuite& suite, std::span<const Shown> shown, std::ostream& out) {
  std::set<std::string> rules;
  for (const Shown& one : shown) rules.insert(suite.scenarios[one.scenario].rule);
  bool first = true;
  for (const rules::Rule& rule : suite.catalogue.rules) {
    if (!rules.contains(rule.id) || !rule.is_difference) continue;
    if (first) out << "\nBetween revisions\n";
    first = false;
    out << Wrapped(absl::StrFormat("%s (%s)", rule.sentence, rule.id), "  ");
  }
}

void PrintErrno(const Explanations& all, const ErrnoTopic& topic, std::ostream& out) {
  const std::vector<Shown>& shown = all.outcomes.failures.at({topic.call, topic.error});
  out << absl::StrFormat("%s: %s\n", topic.call, topic.error);
  const auto* const text = explain::FindErrnoText(all.errnos, topic.call, topic.error);
  if (text != nullptr) {
    out << Wrapped(text->means, "  ") << Wrapped("What helps: " + text->helps, "  ");
  }
  std::set<std::string> checks;
  for (const Shown& one : shown) {
    if (one.decision.check.empty()) continue;
    checks.insert(absl::StrFormat("%s: %s", one.decision.function, one.decision.check));
  }
  if (!checks.empty()) out << "\nChecks that give it\n";
  for (const std::string& check : checks) out << "  " << check << "\n";
  PrintExample(all, topic, OfRule(all.suite, shown, text == nullptr ? "" : text->rule), out);
  PrintWhere(all.suite, shown, out);
  PrintChanges(all.suite, shown, out);
}

void PrintRule(const Explanations& all, const rules::Rule& listed, std::ostream& out) {
  rules::Rule rule = listed;
  rules::FindWhatShows(all.suite.scenarios, rule);
  out << rule.id << (rule.inferred ? "  (inferred)" : "") << "\n" << Wrapped(rule.sentence, "  ");
  out << Wrapped("Read in " + all.suite.catalogue.areas[rule.area].document + ".", "  ");
  out << absl::StrFormat("  Holds on %s: %s\n", absl::StrJoin(rule.archs, " "),
                         absl::StrJoin(rule.revisions, " "));
  for (const rules::Decision& check : rule.checks) {
    out << Wrapped(absl::StrFormat("A call fails by %s: %s", check.function, check.check), "  ");
  }
  for (const std::size_t index : rule.scenarios) {
    out << "\n" << all.suite.scenarios[index].file << "\n";
    PrintScenarioOf(all.suite, index, out);
  }
  std::set<std::string> errnos;
  for (const auto& [pair, shown] : all.outcomes.failures) {
    for (const Shown& one : shown) {
      if (all.suite.scenarios[one.scenario].rule == rule.id) {
        errnos.insert(absl::StrFormat("kvmsim explain '%s' %s", pair.first, pair.second));
      }
    }
  }
  if (!errnos.empty()) out << "\nMore: " << absl::StrJoin(errnos, "; ") << "\n";
}

void PrintTerm(const Explanations& all, const explain::TermText& term, std::ostream& out) {
  out << term.term << "\n" << Wrapped(term.means, "  ");
  const auto rule = std::ranges::find(all.suite.catalogue.rules, term.rule, &rules::Rule::id);
  if (rule == all.suite.catalogue.rules.end()) return;
  const std::size_t index = rule->scenarios.front();
  out << absl::StrFormat("\nShown by %s (%s)\n", all.suite.scenarios[index].file, rule->id);
  PrintScenarioOf(all.suite, index, out);
}

void PrintList(const Explanations& all, const ListTopic& list, std::ostream& out) {
  for (const ErrnoTopic& topic : list.topics) {
    out << absl::StrFormat("%s %s\n", topic.call, topic.error);
    if (const auto* text = explain::FindErrnoText(all.errnos, topic.call, topic.error)) {
      out << Wrapped(text->means, "  ");
    }
  }
}

std::string_view KindText(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kLeaveOut:
      return "without the call";
    case Change::Kind::kArgument:
      return "with other arguments";
    case Change::Kind::kEarlier:
      return "with an earlier call changed";
    case Change::Kind::kSetting:
      return "on a host with";
    case Change::Kind::kRevision:
      return "on the revision";
  }
  return "";
}

}  // namespace

void PrintTopics(const Explanations& all, std::ostream& out) {
  out << "Terms\n";
  std::vector<std::string> terms;
  for (const explain::TermText& term : all.terms) terms.push_back(term.term);
  out << Wrapped(absl::StrJoin(terms, ", "), "  ") << "\nCalls, with the errnos that they give\n";
  std::map<std::string, std::vector<std::string>> errnos;
  for (const auto& [pair, shown] : all.outcomes.failures) errnos[pair.first].push_back(pair.second);
  for (const auto& [call, names] : errnos) {
    out << Wrapped(absl::StrFormat("%s: %s", call, absl::StrJoin(names, " ")), "  ");
  }
  out << "\nRules, by area (`kvmsim rules list --filter AREA` names them)\n";
  for (const rules::Area& area : all.suite.catalogue.areas) out << "  " << area.title << "\n";
  out << "\nA scenario file, or FILE:LINE: why a call of it fails, and what would let it succeed\n";
}

void PrintTopic(const Explanations& all, const Topic& topic, std::ostream& out) {
  if (const auto* rule = std::get_if<RuleTopic>(&topic)) {
    PrintRule(all, *rule->rule, out);
  } else if (const auto* term = std::get_if<TermTopic>(&topic)) {
    PrintTerm(all, *term->term, out);
  } else if (const auto* error = std::get_if<ErrnoTopic>(&topic)) {
    PrintErrno(all, *error, out);
  } else {
    PrintList(all, std::get<ListTopic>(topic), out);
  }
}

void PrintWhyNot(const scenario::Scenario& scenario, const explain::WhyNot& why,
                 std::ostream& out) {
  out << absl::StrFormat("%s:%d: %s\n  answers %s\n", scenario.file, why.line, why.call,
                         why.answer);
  if (!why.check.empty()) out << absl::StrFormat("  by %s: %s\n", why.function, why.check);
  out << "\nThe decisions\n";
  const std::vector<std::string> steps = absl::StrSplit(why.trail, '\n', absl::SkipEmpty());
  for (const std::string& step : steps) out << "  " << step << "\n";
  if (why.changes.empty()) {
    out << "\nNo single change that was tried lets it succeed.\n";
    return;
  }
  out << "\nAny one of these changes lets it succeed\n";
  for (const Change& change : why.changes) {
    out << absl::StrFormat("  %s %s -> %s\n", KindText(change.kind), change.text, change.answer);
  }
}

}  // namespace kvm_model::cli
