#include "tools/rules/decisions.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "kvm_model/trail.h"

namespace kvm_model::rules {
namespace {

using Kind = TrailStep::Kind;

bool IsAnswer(const TrailStep& step) {
  return step.kind == Kind::kErrno || step.kind == Kind::kValue;
}

// The last predicate that the function of step `at` asked before it. Where it asked none itself,
// the last one that a function asked which it called for an opinion; nothing without that.
std::optional<std::size_t> LastAsked(std::span<const TrailStep> steps, std::size_t at) {
  const TrailStep& answer = steps[at];
  std::optional<std::size_t> opinion;
  while (at > 0) {
    const TrailStep& step = steps[--at];
    const bool own = step.depth == answer.depth && step.function == answer.function;
    if (own && step.kind == Kind::kEnter) return opinion;
    if (step.kind != Kind::kPredicate) continue;
    if (own) return at;
    if (!opinion.has_value() && step.depth > answer.depth) opinion = at;
  }
  return opinion;
}

// Past the last answer, where what comes after it is the work of functions further out, done
// whatever the answer was: writing the caller's struct back. Otherwise past the last step.
std::size_t EndOfAnswers(std::span<const TrailStep> steps) {
  for (std::size_t at = steps.size(); at > 0; --at) {
    if (!IsAnswer(steps[at - 1])) continue;
    const bool outside = std::ranges::all_of(steps.subspan(at), [&](const TrailStep& step) {
      return step.depth < steps[at - 1].depth && step.kind == Kind::kPredicate;
    });
    return outside ? at : steps.size();
  }
  return steps.size();
}

// The step that gave the answer: the innermost of those that only passed it on, and without an
// answer the last one. Requires steps.
std::size_t AnswerIn(std::span<const TrailStep> steps) {
  const std::size_t end = EndOfAnswers(steps);
  std::size_t first = end;
  while (first > 0 && IsAnswer(steps[first - 1])) --first;
  return first == end ? steps.size() - 1 : first;
}

}  // namespace

std::optional<std::size_t> DecidingStep(std::span<const TrailStep> steps) {
  if (steps.empty()) return std::nullopt;
  const std::size_t answer = AnswerIn(steps);
  if (steps[answer].kind == Kind::kPredicate) return answer;
  return LastAsked(steps, answer);
}

Decision DecisionOf(std::span<const TrailStep> steps) {
  if (steps.empty()) return {};
  const TrailStep& answer = steps[AnswerIn(steps)];
  Decision decision{std::string(answer.function), {}};
  if (answer.kind != Kind::kErrno) return decision;
  if (const auto asked = DecidingStep(steps)) decision.check = steps[*asked].text;
  return decision;
}

}  // namespace kvm_model::rules
