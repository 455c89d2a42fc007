#include "tools/scenario/evaluate.h"

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/lexer.h"

namespace kvm_model::scenario {
namespace {

using Value = std::expected<std::uint64_t, std::string>;

Value Scale(std::uint64_t number, char suffix, std::uint64_t page_size) {
  const std::uint64_t unit = SuffixUnit(suffix, page_size);
  if (number > std::numeric_limits<std::uint64_t>::max() / unit) {
    return std::unexpected(absl::StrFormat("%d%c doesn't fit in 64 bits where a page has %d bytes",
                                           number, suffix, page_size));
  }
  return number * unit;
}

Value EvaluateOperand(const Term& term, const Environment& environment) {
  switch (term.kind) {
    case Term::Kind::kNumber:
      return Scale(term.value, term.suffix, environment.page_size);
    case Term::Kind::kByte:
    case Term::Kind::kConstant:
      return term.value;
    case Term::Kind::kBad:
      return environment.bad_address;
    case Term::Kind::kIndex:
      return Scale(environment.turn.value_or(0), term.suffix, environment.page_size);
    case Term::Kind::kVariable: {
      const std::optional<std::uint64_t> value = environment.variable(term.name);
      if (!value) {
        return std::unexpected(
            absl::StrFormat("%s has no value: the call that gives it one did not run", term.name));
      }
      return *value;
    }
  }
  return 0;
}

Value EvaluateSum(const std::vector<Term>& terms, const Environment& environment) {
  std::uint64_t sum = 0;
  for (const Term& term : terms) {
    const Value value = EvaluateOperand(term, environment);
    if (!value) return value;
    sum += term.negated ? 0 - *value : *value;
  }
  return sum;
}

bool IsConstant(const Term& term) {
  if (term.suffix == 'p') return false;
  return term.kind == Term::Kind::kNumber || term.kind == Term::Kind::kByte ||
         term.kind == Term::Kind::kConstant;
}

}  // namespace

Value Evaluate(const Expression& expression, const Environment& environment) {
  std::uint64_t bits = 0;
  for (const std::vector<Term>& sum : expression.sums) {
    const Value value = EvaluateSum(sum, environment);
    if (!value) return value;
    bits |= *value;
  }
  return bits;
}

std::optional<std::uint64_t> EvaluateConstant(const Expression& expression) {
  for (const std::vector<Term>& sum : expression.sums) {
    for (const Term& term : sum) {
      if (!IsConstant(term)) return std::nullopt;
    }
  }
  const auto no_variables = [](std::string_view) { return std::optional<std::uint64_t>(); };
  const Value value = Evaluate(expression, {.turn = std::nullopt, .variable = no_variables});
  if (!value) return std::nullopt;
  return *value;
}

NameDomain AnswerDomain(const Call& call, const NameContext& names) {
  if (call.id == CallId::kAttributes) return NameDomain::kMemoryAttribute;
  if (call.id != CallId::kCheckExtension) return NameDomain::kNone;
  for (const Argument& argument : call.arguments) {
    if (argument.id != ArgumentId::kCap) continue;
    const std::optional<std::uint64_t> capability = EvaluateConstant(argument.values.front());
    if (capability) return CapabilityAnswerDomain(*capability, names);
  }
  return NameDomain::kNone;
}

}  // namespace kvm_model::scenario
