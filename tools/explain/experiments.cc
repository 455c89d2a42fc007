#include "tools/explain/experiments.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
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
#include "tools/backends/model_backend.h"
#include "tools/revisions/other_host.h"
#include "tools/revisions/replay.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::explain {
namespace {

using scenario::Argument;
using scenario::ArgumentKind;
using scenario::ArgumentSpec;
using scenario::Call;
using scenario::ModelBackend;
using scenario::NameDomain;
using scenario::Repeat;
using scenario::Scenario;
using scenario::Statement;
using scenario::Term;
using Path = std::vector<std::size_t>;

constexpr std::size_t kMostCallsChanged = 100;

// How a scenario's calls go: how many before the run don't succeed, and what the run answers.
struct Course {
  std::size_t failed_before = 0;
  bool succeeds = false;
  std::string answer;
  std::uint64_t calls = 0;
};

Course CourseOf(const Scenario& scenario, const Run& run) {
  ModelBackend backend(/*seed=*/1, ModelBackend::Record::kNothing);
  const auto steps = revisions::Replay(scenario, backend);
  Course course;
  if (!steps) return course;
  course.calls = steps->size();
  const Call* const asked = &CallAt(scenario, run.path);
  std::uint64_t turn = 0;
  for (const revisions::Step& step : *steps) {
    const bool succeeds = step.answer.has_value() && scenario::Succeeded(*step.answer);
    if (step.call == asked && turn++ == run.turn) {
      course.succeeds = succeeds;
      course.answer = step.text;
      break;
    }
    if (!succeeds) ++course.failed_before;
  }
  return course;
}

void CollectCalls(const std::vector<Statement>& statements, const Path& above,
                  std::vector<Path>& paths) {
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Path path = above;
    path.push_back(i);
    if (const auto* repeat = std::get_if<Repeat>(&statements[i].what)) {
      CollectCalls(repeat->body, path, paths);
    } else {
      paths.push_back(std::move(path));
    }
  }
}

// Of a scenario that may be changed, or of one that may not.
template <typename AScenario>
auto& StatementAt(AScenario& scenario, const Path& path) {
  auto* statement = &scenario.statements[path.front()];
  for (std::size_t i = 1; i < path.size(); ++i) {
    statement = &std::get<Repeat>(statement->what).body[path[i]];
  }
  return *statement;
}

// A change that can be made of a scenario.
struct Candidate {
  Change::Kind kind = Change::Kind::kLeaveOut;
  std::string text;
  std::function<void(Scenario&)> make;
};

// All changes of a scenario that are worth a try, in order.
class Candidates {
 public:
  Candidates(const Scenario& scenario, const Run& run) : scenario_(scenario), run_(run) {
    std::vector<Path> paths;
    CollectCalls(scenario.statements, {}, paths);
    const auto asked = std::ranges::find(paths, run.path);
    const auto before = std::min<std::ptrdiff_t>(asked - paths.begin(), kMostCallsChanged);
    const auto behind = std::min<std::ptrdiff_t>(paths.end() - asked - 1, kMostCallsChanged);
    others_.assign(asked - before, asked);
    others_.insert(others_.end(), asked + 1, asked + 1 + behind);
  }

  std::vector<Candidate> All() && {
    for (const Path& path : others_) LeaveOut(path);
    ChangeArguments(run_.path);
    ChangeSettings();
    ChangeRevision();
    for (const Path& path : others_) ChangeArguments(path);
    return std::move(candidates_);
  }

 private:
  void Add(Change::Kind kind, std::string text, std::function<void(Scenario&)> make) {
    candidates_.push_back({kind, std::move(text), std::move(make)});
  }

  // What stands in its place does nothing, so that all others stay where they are.
  void LeaveOut(const Path& path) {
    Add(Change::Kind::kLeaveOut, scenario::PrintCall(CallAt(scenario_, path)),
        [path](Scenario& changed) { StatementAt(changed, path).what = Repeat(); });
  }

  // Of the call that is asked about every number; of others the types and flags of what they make.
  void ChangeArguments(const Path& path) {
    const Call& call = CallAt(scenario_, path);
    for (const ArgumentSpec& spec : scenario::GetCall(call.id).arguments) {
      if (spec.kind != ArgumentKind::kNumber) continue;
      if (path != run_.path && !MakesSomethingElse(spec.domain)) continue;
      std::set<std::uint64_t> tried;
      for (const Term& value : Values(spec)) {
        const bool bytes = value.suffix != 0;
        if (bytes || tried.insert(value.value).second) ChangeArgument(path, call, spec, value);
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

  void ChangeArgument(const Path& path, const Call& call, const ArgumentSpec& spec,
                      const Term& value) {
    Call changed = call;
    Argument argument;
    argument.id = spec.id;
    argument.named = true;
    argument.values.push_back({{{value}}});
    const auto found = std::ranges::find(changed.arguments, spec.id, &Argument::id);
    if (found == changed.arguments.end()) {
      changed.arguments.push_back(argument);
    } else if (found->named || std::next(found) == changed.arguments.end()) {
      *found = argument;
    } else {
      found->values = argument.values;
    }
    if (changed == call) return;
    const bool asked = path == run_.path;
    Add(asked ? Change::Kind::kArgument : Change::Kind::kEarlier, scenario::PrintCall(changed),
        [path, changed](Scenario& other) { StatementAt(other, path).what = changed; });
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
    Add(Change::Kind::kSetting, absl::StrFormat("%s=%s", name, value),
        [name, value](Scenario& changed) {
          auto& settings = changed.host.settings;
          const auto found = std::ranges::find_if(
              settings, [&name](const auto& setting) { return setting.first == name; });
          if (found == settings.end()) {
            settings.emplace_back(name, value);
          } else {
            found->second = value;
          }
        });
  }

  void ChangeRevision() {
    for (const Revision& revision : Revisions()) {
      if (revision.name == scenario_.host.revision) continue;
      auto host = revisions::OnRevision(scenario_.host, revision);
      if (!host) continue;
      Add(Change::Kind::kRevision, std::string(revision.name),
          [line = std::move(host->line)](Scenario& changed) {
            changed = scenario::WithHost(changed, line);
          });
    }
  }

  const Scenario& scenario_;
  const Run& run_;
  std::vector<Path> others_;
  std::vector<Candidate> candidates_;
};

}  // namespace

const Call& CallAt(const Scenario& scenario, const Path& path) {
  return std::get<Call>(StatementAt(scenario, path).what);
}

Scenario UpTo(const Scenario& scenario, const Run& run) {
  Scenario cut = scenario;
  cut.statements.resize(run.path.front() + 1);
  auto* const outermost = std::get_if<Repeat>(&cut.statements.back().what);
  if (outermost == nullptr) return cut;
  // How often the call runs in a turn of the outermost repeat.
  std::uint64_t runs = 1;
  const Repeat* repeat = outermost;
  for (std::size_t i = 1; i + 1 < run.path.size(); ++i) {
    repeat = &std::get<Repeat>(repeat->body[run.path[i]].what);
    runs *= repeat->turns;
  }
  outermost->turns = run.turn / runs + 1;
  return cut;
}

Experiments TryChanges(const Scenario& scenario, const Run& run, const ExperimentLimits& limits) {
  const Course unchanged = CourseOf(scenario, run);
  Experiments experiments;
  std::uint64_t calls = 0;
  for (Candidate& candidate : Candidates(scenario, run).All()) {
    if (experiments.tried >= limits.experiments || calls >= limits.calls) {
      ++experiments.left_out;
      continue;
    }
    ++experiments.tried;
    Scenario changed = scenario;
    candidate.make(changed);
    const Course course = CourseOf(changed, run);
    calls += course.calls;
    // Where an earlier call fails instead, this one is asked something else.
    if (!course.succeeds || course.failed_before > unchanged.failed_before) continue;
    experiments.changes.push_back({candidate.kind, std::move(candidate.text), course.answer});
  }
  return experiments;
}

}  // namespace kvm_model::explain
