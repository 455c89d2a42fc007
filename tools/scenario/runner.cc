#include "tools/scenario/runner.h"

#include <cstdint>
#include <expected>
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
#include "tools/scenario/printer.h"
#include "tools/scenario/session.h"

namespace kvm_model::scenario {
namespace {

class Run {
 public:
  Run(const Scenario& scenario, Backend& backend, Observer observer)
      : scenario_(scenario), session_(scenario.host, backend), observer_(observer) {}

  Verdict Go() {
    Statements(scenario_.statements);
    return std::move(verdict_);
  }

 private:
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
    const std::expected<Session::Made, std::string> made = session_.Make(call, turn_);
    if (!made) return Stop(call, made.error());
    observer_(call, made->request, made->answer);
    return Check(call, made->request, made->answer);
  }

  bool Check(const Call& call, const CallRequest& request, const Answer& answer) {
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
      session_.WithEnvironment(request, turn_, [&](const Environment& environment) {
        met = Matches(*call.expectation, answer, error_offset, environment);
      });
      if (!met) return Stop(call, met.error());
    }
    if (*met) return true;
    Stop(call, "");
    verdict_.expected = call.expectation ? PrintExpectation(*call.expectation) : "success";
    verdict_.actual = FormatAnswer(answer, call.answer_domain, session_.names(), error_offset);
    verdict_.trail = session_.backend().Trail();
    return false;
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
  Session session_;
  Observer observer_;
  std::optional<std::uint64_t> turn_;
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
