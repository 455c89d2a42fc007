#include "tools/cli/explain_facts.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/cli/capability_answers.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/rule_suite.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {
namespace {

using explain::Shown;

std::span<const Shown> FailuresOf(const Explanations& all, const std::string& call,
                                  const std::string& error) {
  const auto found = all.outcomes.failures.find({call, error});
  return found == all.outcomes.failures.end() ? std::span<const Shown>() : found->second;
}

std::span<const Shown> SuccessesOf(const Explanations& all, const std::string& call) {
  const auto found = all.outcomes.successes.find(call);
  return found == all.outcomes.successes.end() ? std::span<const Shown>() : found->second;
}

std::vector<const Shown*> OfRule(const RuleSuite& suite, std::span<const Shown> shown,
                                 std::string_view rule) {
  std::vector<const Shown*> found;
  for (const Shown& one : shown) {
    if (suite.scenarios[one.scenario].rule == rule) found.push_back(&one);
  }
  return found;
}

std::vector<const Shown*> AllOf(std::span<const Shown> shown) {
  std::vector<const Shown*> all;
  for (const Shown& one : shown) all.push_back(&one);
  return all;
}

ShownOn ShownOnHostsOf(const RuleSuite& suite, const std::set<std::size_t>& scenarios) {
  std::map<std::string, std::set<std::string>> seen;
  for (const std::size_t index : scenarios) {
    const scenario::HostLine& host = suite.scenarios[index].host;
    seen[host.arch].insert(host.revision);
  }
  ShownOn shown_on;
  for (const auto& [arch, revisions] : seen) {
    for (const Revision& revision : Revisions()) {
      const std::string name(revision.name);
      if (revisions.contains(name)) shown_on[arch].push_back(name);
    }
  }
  return shown_on;
}

// Those of the rules that tell a difference between revisions.
std::vector<const rules::Rule*> Changes(const RuleSuite& suite, const std::set<std::string>& ids) {
  std::vector<const rules::Rule*> changes;
  for (const rules::Rule& rule : suite.catalogue.rules) {
    if (ids.contains(rule.id) && rule.is_difference) changes.push_back(&rule);
  }
  return changes;
}

explain::Example ExampleOf(const Explanations& all, const explain::TermText& term) {
  std::vector<const Shown*> failures;
  std::vector<const Shown*> successes;
  if (term.fails.has_value()) {
    failures =
        OfRule(all.suite, FailuresOf(all, term.fails->call, term.fails->error), term.fails->rule);
  }
  if (term.works.has_value()) {
    successes = OfRule(all.suite, SuccessesOf(all, term.works->call), term.works->rule);
  }
  return explain::SimplestExample(all.suite.scenarios, failures, successes);
}

}  // namespace

ErrnoFacts FactsOf(const Explanations& all, const ErrnoTopic& topic) {
  const std::span<const Shown> shown = FailuresOf(all, topic.call, topic.error);
  ErrnoFacts facts;
  facts.text = explain::FindErrnoText(all.errnos, topic.call, topic.error);
  std::set<std::size_t> scenarios;
  std::set<std::string> rules;
  for (const Shown& one : shown) {
    scenarios.insert(one.scenario);
    rules.insert(all.suite.scenarios[one.scenario].rule);
    if (!one.decision.check.empty()) facts.checks.insert(one.decision);
  }
  std::vector<const Shown*> failures;
  if (facts.text != nullptr) failures = OfRule(all.suite, shown, facts.text->rule);
  if (failures.empty()) failures = AllOf(shown);
  facts.example =
      explain::SimplestExample(all.suite.scenarios, failures, AllOf(SuccessesOf(all, topic.call)));
  facts.shown_on = ShownOnHostsOf(all.suite, scenarios);
  facts.changes = Changes(all.suite, rules);
  return facts;
}

TermFacts FactsOf(const Explanations& all, const explain::TermText& term) {
  TermFacts facts;
  facts.example = ExampleOf(all, term);
  std::set<std::string> rules(term.differs.begin(), term.differs.end());
  facts.changes = Changes(all.suite, rules);
  for (const std::optional<explain::NamedCall>& named : {term.fails, term.works}) {
    if (named.has_value()) rules.insert(named->rule);
  }
  std::set<std::size_t> scenarios;
  for (const rules::Rule& rule : all.suite.catalogue.rules) {
    if (rules.contains(rule.id)) scenarios.insert(rule.scenarios.begin(), rule.scenarios.end());
  }
  facts.shown_on = ShownOnHostsOf(all.suite, scenarios);
  for (const std::string& name : term.differs) {
    if (name.starts_with("KVM_CAP_")) facts.answers.push_back(AnswersEverywhere(name));
  }
  return facts;
}

RuleFacts FactsOf(const Explanations& all, const rules::Rule& rule) {
  RuleFacts facts{rule, {}};
  rules::FindWhatShows(all.suite.scenarios, facts.rule);
  for (const auto& [pair, shown] : all.outcomes.failures) {
    if (!OfRule(all.suite, shown, rule.id).empty()) {
      facts.errnos.push_back({pair.first, pair.second});
    }
  }
  return facts;
}

std::vector<std::string> RulesThatSet(const Explanations& all, std::string_view setting) {
  std::vector<std::string> ids;
  for (const rules::Rule& rule : all.suite.catalogue.rules) {
    const bool sets = std::ranges::any_of(rule.scenarios, [&](std::size_t index) {
      const auto& settings = all.suite.scenarios[index].host.settings;
      return std::ranges::any_of(settings, [&](const auto& one) { return one.first == setting; });
    });
    if (sets) ids.push_back(rule.id);
  }
  return ids;
}

std::string_view MeaningOf(const Explanations& all, const ErrnoTopic& topic) {
  const auto* const text = explain::FindErrnoText(all.errnos, topic.call, topic.error);
  return text == nullptr ? std::string_view() : text->means;
}

}  // namespace kvm_model::cli
