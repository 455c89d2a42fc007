#include "tools/rules/catalogue.h"

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

#include "absl/strings/str_replace.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/revisions/other_host.h"
#include "tools/revisions/sentences.h"
#include "tools/rules/cells.h"
#include "tools/rules/decisions.h"
#include "tools/rules/table.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/runner.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::rules {
namespace {

using scenario::ModelBackend;
using scenario::Scenario;
using scenario::Verdict;

// The area whose prefix the rule has; the longest one counts.
std::optional<std::size_t> AreaOf(const std::vector<Area>& areas, std::string_view rule) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    if (!rule.starts_with(areas[i].prefix)) continue;
    if (!best.has_value() || areas[i].prefix.size() > areas[*best].prefix.size()) best = i;
  }
  return best;
}

void Tell(std::span<const revisions::SentenceTable> tables, Rule& rule) {
  for (const revisions::SentenceTable& table : tables) {
    const revisions::Sentence* const sentence = revisions::FindSentence(table.sentences, rule.id);
    if (sentence == nullptr) continue;
    rule.sentence = sentence->text;
    rule.is_difference = true;
    rule.inferred = sentence->inferred;
  }
}

// On its own revision: what decides the calls that it asks about. A call of the language's own
// that enters no function of the kernel's looks at what the one before has done.
void RunAtHome(const Scenario& one, Rule& rule) {
  ModelBackend backend;
  Decision decision;
  const auto look = [&](const scenario::Call& call, const scenario::CallRequest&,
                        const scenario::Answer&) {
    const scenario::CallSpec& spec = scenario::GetCall(call.id);
    Decision own = DecisionOf(backend.recorder().steps());
    const bool looks = spec.needs == scenario::Needs::kModel && own.function == spec.name;
    if (!looks) decision = std::move(own);
    if (!call.expectation.has_value()) return;
    if (!decision.function.empty()) rule.functions.insert(decision.function);
    if (!decision.check.empty()) rule.checks.insert(decision);
    rule.inferred |= backend.recorder().Has(Certainty::kInferred);
  };
  scenario::RunScenario(one, backend, look);
}

bool HoldsOn(const Scenario& one, const Revision& revision) {
  Scenario moved = one;
  if (one.host.revision != revision.name) {
    auto host = revisions::OnRevision(one.host, revision);
    if (!host) return false;
    moved = scenario::WithHost(one, std::move(host->line));
  }
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  return scenario::RunScenario(moved, backend).outcome == Verdict::Outcome::kPass;
}

}  // namespace

std::vector<Area> ParseAreas(std::string_view text) {
  std::vector<Area> areas;
  for (const std::vector<std::string>& row : TableRows(text, 4)) {
    if (row[0] != "prefix") areas.push_back({row[0], row[2], row[3]});
  }
  return areas;
}

Catalogue ListRules(std::span<const Scenario> suite, std::vector<Area> areas,
                    std::span<const revisions::SentenceTable> tables, std::span<const Cell> cells) {
  Catalogue catalogue;
  catalogue.areas = std::move(areas);
  std::map<std::pair<std::size_t, std::string>, Rule> rules;
  for (std::size_t i = 0; i < suite.size(); ++i) {
    const std::optional<std::size_t> area = AreaOf(catalogue.areas, suite[i].rule);
    if (!area.has_value()) continue;
    Rule& rule = rules[{*area, suite[i].rule}];
    if (rule.scenarios.empty()) {
      rule.id = suite[i].rule;
      rule.area = *area;
      rule.sentence = absl::StrReplaceAll(suite[i].description, {{"\n", " "}});
      Tell(tables, rule);
    }
    rule.archs.insert(suite[i].host.arch);
    rule.scenarios.push_back(i);
  }
  for (const Cell& cell : cells) {
    const std::optional<std::size_t> area = AreaOf(catalogue.areas, cell.rule);
    const auto found = area ? rules.find({*area, cell.rule}) : rules.end();
    if (found != rules.end()) found->second.sentence = cell.sentence;
  }
  for (auto& [key, rule] : rules) catalogue.rules.push_back(std::move(rule));
  return catalogue;
}

void FindWhatShows(std::span<const Scenario> suite, Rule& rule) {
  for (const std::size_t index : rule.scenarios) RunAtHome(suite[index], rule);
  for (const Revision& revision : Revisions()) {
    const bool holds = std::ranges::any_of(
        rule.scenarios, [&](std::size_t index) { return HoldsOn(suite[index], revision); });
    if (holds) rule.revisions.emplace_back(revision.name);
  }
}

}  // namespace kvm_model::rules
