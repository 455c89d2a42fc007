#include "tools/revisions/differences.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/revision.h"
#include "tools/backends/model_backend.h"
#include "tools/revisions/other_host.h"
#include "tools/revisions/replay.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/printer.h"

namespace kvm_model::revisions {
namespace {

using scenario::Call;
using scenario::ModelBackend;
using scenario::Repeat;
using scenario::Scenario;
using scenario::Statement;

// The calls in order, those of repeats once a turn.
void Unroll(const std::vector<Statement>& statements, std::vector<const Call*>& calls) {
  for (const Statement& statement : statements) {
    if (const auto* call = std::get_if<Call>(&statement.what)) {
      calls.push_back(call);
      continue;
    }
    const auto& repeat = std::get<Repeat>(statement.what);
    for (std::uint64_t turn = 0; turn < repeat.turns; ++turn) Unroll(repeat.body, calls);
  }
}

std::vector<const Call*> CallsOf(const Scenario& scenario) {
  std::vector<const Call*> calls;
  Unroll(scenario.statements, calls);
  return calls;
}

using scenario::Expectation;

// Whether the expectation says what comes back; otherwise several answers will do.
bool IsDefinite(const Expectation& expectation) {
  return expectation.kind != Expectation::Kind::kAny &&
         expectation.kind != Expectation::Kind::kNot && expectation.kind != Expectation::Kind::kSet;
}

// Whether what comes back may be as the definite expectation says.
bool Allows(const Expectation& expectation, const Expectation& definite) {
  switch (expectation.kind) {
    case Expectation::Kind::kAny:
      return true;
    case Expectation::Kind::kNot:
      return expectation.choices.front() != definite;
    case Expectation::Kind::kSet:
      return std::ranges::find(expectation.choices, definite) != expectation.choices.end();
    default:
      return expectation == definite;
  }
}

// Whether no answer to one call is as both say.
bool Disagree(const std::optional<Expectation>& one, const std::optional<Expectation>& other) {
  if (!one.has_value() || !other.has_value()) return false;
  if (IsDefinite(*other)) return !Allows(*one, *other);
  return IsDefinite(*one) && !Allows(*other, *one);
}

bool MakeSameCalls(const std::vector<const Call*>& some, const std::vector<const Call*>& others) {
  return std::ranges::equal(some, others, [](const Call* one, const Call* other) {
    return scenario::PrintCall(*one) == scenario::PrintCall(*other);
  });
}

// Scenarios of one rule, as far as they belong together: same architecture, same calls.
void AddFamilies(const std::string& rule, const std::vector<const Scenario*>& scenarios,
                 std::vector<Family>& families) {
  const std::size_t first_of_rule = families.size();
  for (const Scenario* one : scenarios) {
    const std::vector<const Call*> calls = CallsOf(*one);
    const auto of_same_calls = [&](const Family& family) {
      const Scenario& first = *family.scenarios.front();
      return first.host.arch == one->host.arch && MakeSameCalls(CallsOf(first), calls);
    };
    const auto family = std::find_if(families.begin() + static_cast<std::ptrdiff_t>(first_of_rule),
                                     families.end(), of_same_calls);
    if (family == families.end()) {
      families.push_back({rule, {one}, std::vector<bool>(calls.size(), false)});
      continue;
    }
    const std::vector<const Call*> known = CallsOf(*family->scenarios.front());
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (Disagree(calls[i]->expectation, known[i]->expectation)) family->asked[i] = true;
    }
    family->scenarios.push_back(one);
  }
}

// The family's scenario that is for the revision, or for the last one before it that the family
// has; for the first one where there is none before it.
const Scenario& Nearest(const Family& family, const Revision& revision) {
  const Scenario* nearest = family.scenarios.front();
  for (const Scenario* one : family.scenarios) {
    if (FindRevision(one->host.revision) <= &revision) nearest = one;
  }
  return *nearest;
}

// The family's scenario with the host that it means on the revision.
std::expected<Scenario, std::string> On(const Family& family, const Revision& revision) {
  Scenario moved = Nearest(family, revision);
  if (moved.host.revision == revision.name) return moved;
  auto host = OnRevision(moved.host, revision);
  if (!host) return std::unexpected(std::move(host).error());
  moved.host = std::move(host->line);
  return moved;
}

std::string SettingsText(const scenario::HostLine& host) {
  std::string text;
  for (const auto& [name, value] : host.settings) {
    absl::StrAppendFormat(&text, "%s%s=%s", text.empty() ? "" : " ", name, value);
  }
  return text;
}

std::string SettingsOnBoth(const scenario::HostLine& from, const scenario::HostLine& to) {
  const std::string before = SettingsText(from);
  const std::string after = SettingsText(to);
  if (before == after) return before;
  return absl::StrFormat("%s; %s", before.empty() ? "default" : before,
                         after.empty() ? "default" : after);
}

Difference Describe(const Family& family, std::size_t index, const Step& from, const Step& to) {
  Difference difference;
  difference.rule = family.rule;
  difference.id = from.call->id;
  difference.capability = from.capability;
  difference.call = scenario::PrintCall(*from.call);
  difference.from = from.text;
  difference.to = to.text;
  difference.arch = family.scenarios.front()->host.arch;
  for (const Scenario* one : family.scenarios) {
    difference.shown_by.push_back(
        absl::StrFormat("%s:%d", one->file, CallsOf(*one)[index]->position.line));
  }
  return difference;
}

}  // namespace

std::vector<Family> FindFamilies(std::span<const Scenario> suite) {
  std::map<std::string, std::vector<const Scenario*>> by_rule;
  for (const Scenario& one : suite) {
    if (!one.rule.empty()) by_rule[one.rule].push_back(&one);
  }
  std::vector<Family> families;
  for (const auto& [rule, scenarios] : by_rule) AddFamilies(rule, scenarios, families);
  std::erase_if(families, [](const Family& family) { return family.scenarios.size() < 2; });
  for (Family& family : families) {
    std::ranges::sort(family.scenarios, {}, [](const Scenario* one) {
      return FindRevision(one->host.revision);  // they stand in one array, oldest first
    });
  }
  return families;
}

Comparison Compare(const Family& family, const Revision& from, const Revision& to) {
  Comparison comparison;
  const auto no_host = [&comparison](std::string reason) {
    comparison.kind = Comparison::Kind::kNoHost;
    comparison.reason = std::move(reason);
    return comparison;
  };
  const auto before = On(family, from);
  if (!before) return no_host(before.error());
  const auto after = On(family, to);
  if (!after) return no_host(after.error());
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  const auto then = Replay(*before, backend);
  if (!then) return no_host(then.error());
  const auto now = Replay(*after, backend);
  if (!now) return no_host(now.error());
  for (std::size_t i = 0; i < then->size(); ++i) {
    if ((*then)[i].text == (*now)[i].text) continue;
    comparison.kind =
        family.asked[i] ? Comparison::Kind::kDifference : Comparison::Kind::kElsewhere;
    comparison.difference = Describe(family, i, (*then)[i], (*now)[i]);
    comparison.difference.settings = SettingsOnBoth(before->host, after->host);
    break;
  }
  return comparison;
}

std::vector<Difference> FindDifferences(std::span<const Scenario> suite, const Revision& from,
                                        const Revision& to) {
  std::vector<Difference> differences;
  for (const Family& family : FindFamilies(suite)) {
    Comparison comparison = Compare(family, from, to);
    if (comparison.kind == Comparison::Kind::kDifference) {
      differences.push_back(std::move(comparison.difference));
    }
  }
  return differences;
}

}  // namespace kvm_model::revisions
