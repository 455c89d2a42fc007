#include "tools/explain/why_not.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/setting_values.h"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/revisions/other_host.h"
#include "tools/revisions/replay.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::explain {
namespace {

namespace answer = scenario::answer;

using scenario::Argument;
using scenario::ArgumentKind;
using scenario::ArgumentSpec;
using scenario::Call;
using scenario::ModelBackend;
using scenario::NameDomain;
using scenario::Scenario;
using scenario::Term;

bool IsSuccess(const std::optional<scenario::Answer>& answer) {
  return answer.has_value() && scenario::Succeeded(*answer);
}

// An errno, a signal or an exit.
bool IsFailure(const std::optional<scenario::Answer>& answer) {
  return answer.has_value() && !scenario::Succeeded(*answer) &&
         !std::holds_alternative<answer::Broken>(*answer) &&
         !std::holds_alternative<answer::NotModelled>(*answer);
}

// The scenario up to a call that stands by itself, that call last.
Scenario UpTo(const Scenario& scenario, std::size_t index) {
  Scenario cut = scenario;
  cut.statements.resize(index + 1);
  return cut;
}

// How a scenario's calls go: how many before the last one don't succeed, and what the last answers.
struct Course {
  std::size_t failed_before = 0;
  bool succeeds = false;
  std::string answer;
};

Course CourseOf(const Scenario& scenario) {
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  const auto steps = revisions::Replay(scenario, backend);
  Course course;
  if (!steps || steps->empty()) return course;
  for (const revisions::Step& step : *steps) {
    if (&step != &steps->back() && !IsSuccess(step.answer)) ++course.failed_before;
  }
  course.succeeds = IsSuccess(steps->back().answer);
  course.answer = steps->back().text;
  return course;
}

constexpr std::size_t kMostEarlierCalls = 100;

// Tries changes of a scenario whose last call fails.
class Experiments {
 public:
  explicit Experiments(const Scenario& scenario)
      : scenario_(scenario), failed_before_(CourseOf(scenario).failed_before) {}

  std::vector<Change> All() && {
    LeaveOutEarlierCalls();
    for (std::size_t i = first(); i <= last(); ++i) ChangeArguments(i);
    ChangeSettings();
    ChangeRevision();
    return std::move(changes_);
  }

 private:
  std::size_t last() const { return scenario_.statements.size() - 1; }

  void Try(Change::Kind kind, std::string text, const Scenario& changed) {
    const Course course = CourseOf(changed);
    // Where an earlier call fails instead, the last one is asked something else.
    if (!course.succeeds || course.failed_before > failed_before_) return;
    changes_.push_back({kind, std::move(text), course.answer});
  }

  // The first of the earlier calls that are changed: each change makes all calls anew.
  std::size_t first() const { return last() - std::min(last(), kMostEarlierCalls); }

  void LeaveOutEarlierCalls() {
    for (std::size_t i = first(); i < last(); ++i) {
      const auto* const call = std::get_if<Call>(&scenario_.statements[i].what);
      if (call == nullptr) continue;
      Scenario changed = scenario_;
      changed.statements.erase(changed.statements.begin() + static_cast<std::ptrdiff_t>(i));
      Try(Change::Kind::kLeaveOut, scenario::PrintCall(*call), changed);
    }
  }

  // Of the last call every number; of earlier ones the types and flags of what they make.
  void ChangeArguments(std::size_t index) {
    const auto* const call = std::get_if<Call>(&scenario_.statements[index].what);
    if (call == nullptr) return;
    for (const ArgumentSpec& spec : scenario::GetCall(call->id).arguments) {
      if (spec.kind != ArgumentKind::kNumber) continue;
      if (index != last() && !MakesSomethingElse(spec.domain)) continue;
      std::set<std::uint64_t> tried;
      for (const Term& value : Values(spec)) {
        const bool bytes = value.suffix != 0;
        if (bytes || tried.insert(value.value).second) ChangeArgument(index, *call, spec, value);
      }
    }
  }

  static bool MakesSomethingElse(NameDomain domain) {
    return domain == NameDomain::kVmType || domain == NameDomain::kGuestMemfdFlag ||
           domain == NameDomain::kMemslotFlag || domain == NameDomain::kMemoryAttribute;
  }

  std::vector<Term> Values(const ArgumentSpec& spec) const {
    std::vector<Term> values;
    constexpr std::array<std::pair<std::uint64_t, char>, 4> kNumbers = {
        {{0, 0}, {1, 'p'}, {2, 'p'}, {4, 'p'}}};
    const scenario::NameContext context{scenario_.host.arch, scenario_.host.revision};
    for (const auto& [number, suffix] : kNumbers) {
      if (spec.domain != NameDomain::kNone && number != 0) continue;
      Term term;
      term.value = number;
      term.suffix = suffix;
      values.push_back(std::move(term));
    }
    if (spec.domain == NameDomain::kCapability || spec.domain == NameDomain::kIoctl) return values;
    for (const std::string_view name : scenario::NamesIn(spec.domain, context)) {
      Term term;
      term.kind = Term::Kind::kConstant;
      term.name = name;
      term.value = scenario::ResolveName(spec.domain, name, context).value_or(0);
      values.push_back(std::move(term));
    }
    return values;
  }

  void ChangeArgument(std::size_t index, const Call& call, const ArgumentSpec& spec,
                      const Term& value) {
    Call changed_call = call;
    Argument argument;
    argument.id = spec.id;
    argument.named = true;
    argument.values.push_back({{{value}}});
    const auto found = std::ranges::find(changed_call.arguments, spec.id, &Argument::id);
    if (found == changed_call.arguments.end()) {
      changed_call.arguments.push_back(argument);
    } else if (found->named || found + 1 == changed_call.arguments.end()) {
      *found = argument;
    } else {
      found->values = argument.values;
    }
    if (changed_call == call) return;
    Scenario changed = scenario_;
    std::string text = scenario::PrintCall(changed_call);
    changed.statements[index].what = std::move(changed_call);
    Try(index == last() ? Change::Kind::kArgument : Change::Kind::kEarlier, std::move(text),
        changed);
  }

  void ChangeSettings() {
    const Arch* const arch = FindArch(scenario_.host.arch);
    const Revision* const revision = FindRevision(scenario_.host.revision);
    if (arch == nullptr || revision == nullptr) return;
    std::vector<SettingAssignment> settings;
    for (const auto& [name, value] : scenario_.host.settings) settings.push_back({name, value});
    const auto host = Host::Create(*arch, *revision, settings);
    if (!host) return;
    for (const Setting& setting : arch->settings()) {
      const std::optional<std::int64_t> value = (*host)->Get(setting.name);
      if (!value.has_value() || !setting.follows_from.empty()) continue;
      for (const std::string& other : OtherValues(setting, *value)) {
        ChangeSetting(std::string(setting.name), other);
      }
    }
  }

  void ChangeSetting(const std::string& name, const std::string& value) {
    Scenario changed = scenario_;
    auto& settings = changed.host.settings;
    const auto found = std::ranges::find_if(
        settings, [&name](const auto& setting) { return setting.first == name; });
    if (found == settings.end()) {
      settings.emplace_back(name, value);
    } else {
      found->second = value;
    }
    Try(Change::Kind::kSetting, absl::StrFormat("%s=%s", name, value), changed);
  }

  void ChangeRevision() {
    for (const Revision& revision : Revisions()) {
      if (revision.name == scenario_.host.revision) continue;
      auto host = revisions::OnRevision(scenario_.host, revision);
      if (!host) continue;
      Try(Change::Kind::kRevision, std::string(revision.name),
          scenario::WithHost(scenario_, std::move(host->line)));
    }
  }

  const Scenario scenario_;
  const std::size_t failed_before_;
  std::vector<Change> changes_;
};

// The index of the statement whose call is asked about; nothing where none fails there.
std::optional<std::size_t> FindFailure(const Scenario& scenario, std::optional<int> line) {
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  const auto steps = revisions::Replay(scenario, backend);
  if (!steps) return std::nullopt;
  for (std::size_t i = 0; i < scenario.statements.size(); ++i) {
    const auto* const call = std::get_if<Call>(&scenario.statements[i].what);
    if (call == nullptr || (line.has_value() && call->position.line != *line)) continue;
    const auto step = std::ranges::find(*steps, call, &revisions::Step::call);
    if (step != steps->end() && IsFailure(step->answer)) return i;
  }
  return std::nullopt;
}

// Lets each call answer as it likes.
void AcceptAll(std::vector<scenario::Statement>& statements) {
  for (scenario::Statement& statement : statements) {
    if (auto* const call = std::get_if<Call>(&statement.what)) {
      call->expectation.emplace().kind = scenario::Expectation::Kind::kAny;
    } else {
      AcceptAll(std::get<scenario::Repeat>(statement.what).body);
    }
  }
}

// The decisions of the last call.
void ReadDecisions(const Scenario& scenario, WhyNot& why) {
  Scenario accepting = scenario;
  AcceptAll(accepting.statements);
  ModelBackend backend;
  scenario::RunScenario(
      accepting, backend, [&](const Call&, const scenario::CallRequest&, const scenario::Answer&) {
        const rules::Decision decision = rules::DecisionOf(backend.recorder().steps());
        why.trail = backend.Trail();
        why.function = decision.function;
        why.check = decision.check;
      });
}

}  // namespace

std::optional<WhyNot> ExplainFailure(const Scenario& scenario, std::optional<int> line) {
  const std::optional<std::size_t> index = FindFailure(scenario, line);
  if (!index.has_value()) return std::nullopt;
  const Scenario cut = UpTo(scenario, *index);
  const Call& call = std::get<Call>(cut.statements.back().what);
  WhyNot why;
  why.line = call.position.line;
  why.call = scenario::PrintCall(call);
  why.answer = CourseOf(cut).answer;
  ReadDecisions(cut, why);
  why.changes = Experiments(cut).All();
  return why;
}

}  // namespace kvm_model::explain
