#include "tools/scenario/runner.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/match.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"

namespace kvm_model::scenario {
namespace {

// A default is written in the table as a scenario would write it: one number, one name or [].
std::uint64_t DefaultValue(const ArgumentSpec& spec, const NameContext& names) {
  if (const auto named = ResolveName(spec.domain, spec.default_text, names)) return *named;
  std::uint64_t number = 0;
  for (const char digit : spec.default_text) {
    if (digit < '0' || digit > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

class Run {
 public:
  Run(const Scenario& scenario, Backend& backend, Observer observer)
      : scenario_(scenario),
        backend_(backend),
        observer_(observer),
        names_{scenario.host.arch, scenario.host.revision} {
    processes_.emplace("", kFirstProcess);
    states_.try_emplace(kFirstProcess);
  }

  Verdict Go() {
    Statements(scenario_.statements);
    return std::move(verdict_);
  }

 private:
  // What the runner knows about one process.
  struct Process {
    ProcessId parent = kFirstProcess;
    std::map<std::string, std::uint64_t, std::less<>> variables;
    std::map<std::uint64_t, std::uint64_t> mapped;  // Bytes that mmap gave, by address.
  };

  // False once the verdict is found.
  bool Statements(const std::vector<Statement>& statements) {
    for (const Statement& statement : statements) {
      if (const Call* call = std::get_if<Call>(&statement.what)) {
        if (!One(*call)) return false;
      } else if (!Turns(std::get<Repeat>(statement.what))) {
        return false;
      }
    }
    return true;
  }

  bool Turns(const Repeat& repeat) {
    const std::optional<std::uint64_t> outer = turn_;
    for (std::uint64_t turn = 0; turn < repeat.turns; ++turn) {
      turn_ = turn;
      if (!Statements(repeat.body)) return false;
    }
    turn_ = outer;
    return true;
  }

  bool One(const Call& call) {
    const auto process = processes_.find(call.process);
    if (process == processes_.end()) {
      return Stop(call, call.process + " names no process: the fork failed or did not run");
    }
    const ProcessId id = process->second;
    const auto variable = [&](std::string_view name) { return Variable(id, name); };
    const Environment environment{.page_size = backend_.PageSize(),
                                  .bad_address = backend_.BadAddress(),
                                  .turn = turn_,
                                  .variable = variable};
    CallRequest request{.id = call.id, .process = id, .values = {}, .list = {}};
    const std::expected<void, std::string> evaluated = Arguments(call, environment, request);
    if (!evaluated) return Stop(call, evaluated.error());
    const Answer answer = backend_.Execute(request);
    observer_(call, request, answer);
    if (!Check(call, request, answer, environment)) return false;
    Remember(call, request, answer);
    return true;
  }

  std::expected<void, std::string> Arguments(const Call& call, const Environment& environment,
                                             CallRequest& request) const {
    for (const ArgumentSpec& spec : GetCall(call.id).arguments) {
      if (!spec.required()) request[spec.id] = DefaultValue(spec, names_);
    }
    for (const Argument& argument : call.arguments) {
      for (const Expression& expression : argument.values) {
        const std::expected<std::uint64_t, std::string> value = Evaluate(expression, environment);
        if (!value) return std::unexpected(value.error());
        if (argument.list) {
          request.list.push_back(*value);
        } else {
          request[argument.id] = *value;
        }
      }
    }
    if (call.id == CallId::kMunmap) {
      const auto& mapped = states_.at(request.process).mapped;
      const auto found = mapped.find(request[ArgumentId::kMap]);
      request[ArgumentId::kSize] = found == mapped.end() ? backend_.PageSize() : found->second;
    }
    return {};
  }

  bool Check(const Call& call, const CallRequest& request, const Answer& answer,
             const Environment& environment) {
    if (const auto* broken = std::get_if<answer::Broken>(&answer)) {
      return Stop(call, broken->reason);
    }
    if (const auto* unknown = std::get_if<answer::NotModelled>(&answer)) {
      Stop(call, unknown->reason);
      verdict_.outcome = Verdict::Outcome::kSkip;
      return false;
    }
    const std::uint64_t error_offset = request[ArgumentId::kErrorOffset];
    std::expected<bool, std::string> met = Succeeded(answer);
    if (call.expectation) {
      met = Matches(*call.expectation, answer, error_offset, environment);
      if (!met) return Stop(call, met.error());
    }
    if (*met) return true;
    Stop(call, "");
    verdict_.expected = call.expectation ? PrintExpectation(*call.expectation) : "success";
    verdict_.actual = FormatAnswer(answer, call.answer_domain, names_, error_offset);
    verdict_.trail = backend_.Trail();
    return false;
  }

  void Remember(const Call& call, const CallRequest& request, const Answer& answer) {
    Process& process = states_.at(request.process);
    const bool done = Succeeded(answer);
    const std::uint64_t value = ValueOf(answer);
    if (call.id == CallId::kMmap && done) process.mapped[value] = request[ArgumentId::kSize];
    if (call.id == CallId::kMunmap && done) process.mapped.erase(request[ArgumentId::kMap]);
    if (call.id == CallId::kFork && done) {
      states_.insert_or_assign(value, Process{request.process, process.variables, process.mapped});
      if (!call.result.empty()) processes_.insert_or_assign(call.result, value);
    }
    if (!call.result.empty()) process.variables.insert_or_assign(call.result, value);
  }

  // A child's own variables, then those of the processes it comes from.
  std::optional<std::uint64_t> Variable(ProcessId process, std::string_view name) const {
    for (;;) {
      const Process& state = states_.at(process);
      const auto found = state.variables.find(name);
      if (found != state.variables.end()) return found->second;
      if (process == kFirstProcess) return std::nullopt;
      process = state.parent;
    }
  }

  // Ends the run at this call; always false.
  bool Stop(const Call& call, std::string reason) {
    verdict_.outcome = Verdict::Outcome::kFail;
    verdict_.line = call.position.line;
    verdict_.call = PrintCall(call);
    verdict_.reason = std::move(reason);
    return false;
  }

  const Scenario& scenario_;
  Backend& backend_;
  Observer observer_;
  NameContext names_;
  std::optional<std::uint64_t> turn_;
  std::map<std::string, ProcessId, std::less<>> processes_;  // By the name of the fork.
  std::map<ProcessId, Process> states_;
  Verdict verdict_;
};

}  // namespace

std::string_view OutcomeName(Verdict::Outcome outcome) {
  switch (outcome) {
    case Verdict::Outcome::kPass:
      return "pass";
    case Verdict::Outcome::kFail:
      return "fail";
    case Verdict::Outcome::kSkip:
      return "skip";
  }
  return "";
}

Verdict RunScenario(const Scenario& scenario, Backend& backend) {
  return RunScenario(scenario, backend, [](const Call&, const CallRequest&, const Answer&) {});
}

Verdict RunScenario(const Scenario& scenario, Backend& backend, Observer observer) {
  Verdict verdict;
  if (std::optional<std::string> reason = backend.SkipReason(scenario)) {
    verdict.outcome = Verdict::Outcome::kSkip;
    verdict.reason = *std::move(reason);
    return verdict;
  }
  const absl::Cleanup finish = [&backend] { backend.Finish(); };
  if (const std::expected<void, std::string> started = backend.Start(scenario); !started) {
    verdict.outcome = Verdict::Outcome::kFail;
    verdict.line = scenario.host.position.line;
    verdict.reason = started.error();
    return verdict;
  }
  return Run(scenario, backend, observer).Go();
}

}  // namespace kvm_model::scenario
