#include "tools/rules/decisions.h"

#include <cstddef>
#include <span>
#include <string>

#include "kvm_model/trail.h"

namespace kvm_model::rules {
namespace {

using Kind = TrailStep::Kind;

bool IsAnswer(const TrailStep& step) {
  return step.kind == Kind::kErrno || step.kind == Kind::kValue;
}

// The last predicate that the same function asked before step `at`; null where it asked none.
const TrailStep* LastAsked(std::span<const TrailStep> steps, std::size_t at) {
  const TrailStep& answer = steps[at];
  while (at > 0) {
    const TrailStep& step = steps[--at];
    if (step.depth != answer.depth || step.function != answer.function) continue;
    if (step.kind == Kind::kPredicate) return &step;
    if (step.kind == Kind::kEnter) return nullptr;
  }
  return nullptr;
}

}  // namespace

Decision DecisionOf(std::span<const TrailStep> steps) {
  std::size_t first = steps.size();
  while (first > 0 && IsAnswer(steps[first - 1])) --first;
  if (first == steps.size()) {
    if (steps.empty()) return {};
    return {std::string(steps.back().function), {}};
  }
  Decision decision{std::string(steps[first].function), {}};
  if (steps[first].kind != Kind::kErrno) return decision;
  if (const TrailStep* const asked = LastAsked(steps, first)) decision.check = asked->text;
  return decision;
}

}  // namespace kvm_model::rules
