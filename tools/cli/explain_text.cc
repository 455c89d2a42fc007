#include "tools/cli/explain_text.h"

#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/cli/capability_answers.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/explain_facts.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/step_glossary.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"

namespace kvm_model::cli {
namespace {

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

// A scenario in which a call fails, and one in which it works: the same if that can be.
void PrintExample(const RuleSuite& suite, const explain::Example& example, std::ostream& out) {
  const bool in_one = example.fails != nullptr && example.works != nullptr &&
                      example.works->scenario == example.fails->scenario;
  if (example.fails != nullptr) {
    PrintShown(suite, "It fails", *example.fails, out);
    if (in_one) out << absl::StrFormat("and works in line %d there\n", example.works->line);
    PrintScenarioOf(suite, example.fails->scenario, out);
  }
  if (in_one || example.works == nullptr) return;
  PrintShown(suite, "It works", *example.works, out);
  PrintScenarioOf(suite, example.works->scenario, out);
}

void PrintWhere(const ShownOn& shown_on, std::ostream& out) {
  out << "\nScenarios show it on\n";
  for (const auto& [arch, revisions] : shown_on) {
    out << absl::StrFormat("  %-10s %s\n", arch, absl::StrJoin(revisions, " "));
  }
}

void PrintChanges(const std::vector<const rules::Rule*>& changes, std::ostream& out) {
  if (!changes.empty()) out << "\nBetween revisions\n";
  for (const rules::Rule* rule : changes) {
    out << Wrapped(absl::StrFormat("%s (%s)", rule->sentence, rule->id), "  ");
  }
}

void PrintAnswers(const CapabilityAnswers& answers, std::ostream& out) {
  out << absl::StrFormat("\nWhat %s answers on /dev/kvm of default hosts\n", answers.name);
  for (const std::string& line : AnswersInWords(answers)) out << Wrapped(line, "  ");
}

}  // namespace

void PrintErrno(const Explanations& all, const ErrnoTopic& topic, std::ostream& out) {
  const ErrnoFacts facts = FactsOf(all, topic);
  out << absl::StrFormat("%s: %s\n", topic.call, topic.error);
  if (facts.text != nullptr) {
    out << Wrapped(facts.text->means, "  ") << Wrapped("What helps: " + facts.text->helps, "  ");
  }
  if (!facts.checks.empty()) out << "\nChecks that give it\n";
  for (const rules::Decision& check : facts.checks) {
    out << absl::StrFormat("  %s: %s\n", check.function, check.check);
  }
  PrintExample(all.suite, facts.example, out);
  PrintWhere(facts.shown_on, out);
  PrintChanges(facts.changes, out);
}

void PrintRule(const Explanations& all, const RuleTopic& topic, std::ostream& out) {
  const RuleFacts facts = FactsOf(all, *topic.rule);
  const rules::Rule& rule = facts.rule;
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
  std::vector<std::string> errnos;
  for (const ErrnoTopic& one : facts.errnos) {
    errnos.push_back(absl::StrFormat("kvmsim explain '%s' %s", one.call, one.error));
  }
  if (!errnos.empty()) out << "\nMore: " << absl::StrJoin(errnos, "; ") << "\n";
}

void PrintTerm(const Explanations& all, const TermTopic& topic, std::ostream& out) {
  const explain::TermText& term = *topic.term;
  const TermFacts facts = FactsOf(all, term);
  out << term.term << "\n";
  if (!term.also.empty()) out << Wrapped("Also: " + absl::StrJoin(term.also, ", ") + ".", "  ");
  out << Wrapped(term.means, "  ") << Wrapped("Why: " + term.why, "  ");
  PrintExample(all.suite, facts.example, out);
  if (!facts.shown_on.empty()) PrintWhere(facts.shown_on, out);
  PrintChanges(facts.changes, out);
  for (const CapabilityAnswers& answers : facts.answers) PrintAnswers(answers, out);
  if (!topic.errnos.topics.empty()) {
    out << "\n";
    PrintList(all, topic.errnos, out);
  }
  out << "\n" << Wrapped("See also: " + absl::StrJoin(term.see, ", "), "");
}

void PrintList(const Explanations& all, const ListTopic& topic, std::ostream& out) {
  for (const ErrnoTopic& one : topic.topics) {
    out << absl::StrFormat("%s %s\n", one.call, one.error) << Wrapped(MeaningOf(all, one), "  ");
  }
  if (topic.term != nullptr) out << absl::StrFormat("\nSee also: %s\n", topic.term->term);
}

void PrintCondition(const StepAbout& about, std::ostream& out) {
  out << about.text << "\n";
  if (about.fails.empty()) {
    out << Wrapped(absl::StrFormat("A quantity in decisions: %s.", about.holds), "  ");
    return;
  }
  out << "  A condition in decisions.\n";
  out << Wrapped(absl::StrFormat("Where it holds, %s.", about.holds), "  ");
  out << Wrapped(absl::StrFormat("Where it doesn't, %s.", about.fails), "  ");
}

void PrintCapability(const Explanation& explanation, std::ostream& out) {
  PrintExplanation(explanation, out);
  const std::string& name = explanation.answer.capability.name;
  PrintAnswers(AnswersEverywhere(name), out);
  out << absl::StrFormat("\nMore: kvmsim caps explain %s --host HOST asks another host\n", name);
}

void PrintTopics(const Explanations& all, std::ostream& out) {
  out << "Terms\n";
  std::vector<std::string> terms;
  for (const explain::TermText& term : all.terms) terms.push_back(term.term);
  out << Wrapped(absl::StrJoin(terms, ", "), "  ")
      << "\nCalls, with the errnos, signals and exits that they give\n";
  std::map<std::string, std::vector<std::string>> errnos;
  for (const auto& [pair, shown] : all.outcomes.failures) errnos[pair.first].push_back(pair.second);
  for (const auto& [call, names] : errnos) {
    out << Wrapped(absl::StrFormat("%s: %s", call, absl::StrJoin(names, " ")), "  ");
  }
  out << "\nRules, by area (`kvmsim rules list --filter AREA` names them)\n";
  for (const rules::Area& area : all.suite.catalogue.areas) out << "  " << area.title << "\n";
  out << "\nCapabilities, by name or number (`kvmsim caps list --all` names them), settings of "
         "hosts "
         "as\nhw.snp, and conditions of decisions as tdp_enabled\n";
  out << "\nA scenario file, or FILE:LINE: why a call of it fails, and what would let it succeed\n";
}

}  // namespace kvm_model::cli
