#include "tests/matrix/judge.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/lockstep/worlds.h"
#include "tests/twin/twin_backend.h"
#include "tools/backends/model_backend.h"
#include "tools/lockstep/lockstep.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::matrix {
namespace {

using scenario::Call;
using scenario::Repeat;
using scenario::Scenario;
using scenario::Statement;
using scenario::Term;
using scenario::Verdict;

void PutTurn(std::optional<std::uint64_t> turn, Call& call) {
  for (scenario::Argument& argument : call.arguments) {
    for (scenario::Expression& value : argument.values) {
      for (std::vector<Term>& sum : value.sums) {
        for (Term& term : sum) {
          if (term.kind != Term::Kind::kIndex || !turn.has_value()) continue;
          term.kind = Term::Kind::kNumber;
          term.value = *turn;
        }
      }
    }
  }
}

void Unroll(const std::vector<Statement>& statements, std::optional<std::uint64_t> turn,
            std::vector<Statement>& made) {
  for (const Statement& statement : statements) {
    if (const auto* call = std::get_if<Call>(&statement.what)) {
      Call one = *call;
      one.expectation.reset();
      PutTurn(turn, one);
      made.push_back({std::move(one)});
      continue;
    }
    const auto& repeat = std::get<Repeat>(statement.what);
    for (std::uint64_t i = 0; i < repeat.turns; ++i) Unroll(repeat.body, i, made);
  }
}

bool SaysAny(const std::vector<Statement>& statements) {
  return std::ranges::any_of(statements, [](const Statement& statement) {
    const auto* call = std::get_if<Call>(&statement.what);
    if (call == nullptr) return SaysAny(std::get<Repeat>(statement.what).body);
    return call->expectation.has_value() &&
           call->expectation->kind == scenario::Expectation::Kind::kAny;
  });
}

Verdict Skipped(std::string reason) {
  Verdict verdict;
  verdict.outcome = Verdict::Outcome::kSkip;
  verdict.reason = std::move(reason);
  return verdict;
}

// What the run wrote, with the names of the scenario that it was.
Scenario Shown(const std::string& text, const Scenario& of) {
  auto parsed = scenario::Parse(of.file, text);
  if (!parsed) return of;
  parsed->rule = of.rule;
  return *std::move(parsed);
}

}  // namespace

Scenario Unrolled(const Scenario& scenario) {
  Scenario unrolled = scenario;
  unrolled.statements.clear();
  Unroll(scenario.statements, std::nullopt, unrolled.statements);
  return unrolled;
}

Judgement AsWritten(const Scenario& written, std::uint64_t seed) {
  scenario::ModelBackend model(seed);
  return {written, scenario::RunScenario(written, model)};
}

std::optional<std::string> WhyNotCompared(const Scenario& scenario) {
  if (SaysAny(scenario.statements)) return "of a call it says that any answer will do";
  return twin::TwinBackend().SkipReason(scenario);
}

Judgement Compared(const Scenario& moved, std::uint64_t seed) {
  twin::TwinBackend twin;
  scenario::ModelBackend model(seed);
  if (auto reason = WhyNotCompared(moved)) return {moved, Skipped(*std::move(reason))};
  if (auto reason = model.SkipReason(moved)) return {moved, Skipped(*std::move(reason))};
  std::optional<std::string> not_modelled;
  lockstep::World world;
  world.beginning = Unrolled(moved);
  world.reference = &twin;
  world.model = &model;
  world.same = [&](const scenario::CallRequest& call, const scenario::Answer& right,
                   const scenario::Answer& model_says) {
    const auto* unknown = std::get_if<scenario::answer::NotModelled>(&model_says);
    if (unknown != nullptr) not_modelled = unknown->reason;
    return lockstep::SameAsTwin(twin, call, right, model_says);
  };
  lockstep::Looker looker(moved.host);
  world.looks = [&looker](const lockstep::Names& names, absl::FunctionRef<bool(const Call&)> look) {
    looker.Look(names, look);
  };
  lockstep::Run run(world);
  std::optional<lockstep::Difference> difference = run.beginning();
  if (!difference.has_value()) difference = run.Look();
  if (not_modelled.has_value()) return {moved, Skipped(*not_modelled)};
  if (run.given_up().has_value())
    return {moved, Skipped("the twin can't go on: " + *run.given_up())};
  Judgement judgement{moved, {}};
  if (!difference.has_value()) return judgement;
  judgement.shown = Shown(run.ToScenario(moved.description), moved);
  judgement.verdict = {Verdict::Outcome::kFail, std::nullopt,      difference->call,
                       difference->reference,   difference->model, "the twin answers otherwise",
                       difference->trail};
  return judgement;
}

}  // namespace kvm_model::matrix
