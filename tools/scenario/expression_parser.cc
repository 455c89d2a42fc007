#include "tools/scenario/expression_parser.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/nearest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/lexer.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kNull = "NULL";
constexpr std::string_view kBad = "BAD";

void UnknownName(ParseState& state, const Token& token, const ExpressionPlace& place) {
  std::vector<std::string_view> candidates = NamesIn(place.domain, state.names);
  const std::vector<std::string_view> variables = state.variables.Names(state.process);
  candidates.insert(candidates.end(), variables.begin(), variables.end());
  if (place.pointer) candidates.insert(candidates.end(), {kNull, kBad});
  const std::string names =
      place.domain == NameDomain::kNone
          ? std::string("no call before this line has given that name a value")
          : absl::StrFormat("it is neither %s nor a name that an earlier call was given",
                            DescribeDomain(place.domain, state.names));
  state.Fail(token.position,
             absl::StrFormat("unknown name '%s' in %s: %s%s", token.text, place.what, names,
                             DidYouMean(token.text, candidates)));
}

bool ParseName(ParseState& state, const ExpressionPlace& place, Term& term) {
  const Token& token = state.Peek();
  term.name = std::string(token.text);
  if (const std::optional<std::uint64_t> value =
          ResolveName(place.domain, token.text, state.names)) {
    term.kind = Term::Kind::kConstant;
    term.value = *value;
  } else if (token.text == kNull || token.text == kBad) {
    if (!place.pointer) {
      return state.FailHere(
          absl::StrFormat("%s is a pointer, and %s is none", token.text, place.what));
    }
    term.kind = token.text == kNull ? Term::Kind::kConstant : Term::Kind::kBad;
  } else if (state.variables.Has(state.process, token.text)) {
    term.kind = Term::Kind::kVariable;
  } else {
    UnknownName(state, token, place);
    return false;
  }
  return true;
}

bool ParseTerm(ParseState& state, const ExpressionPlace& place, Term& term) {
  const Token& first = state.Peek();
  term.position = first.position;
  term.negated = state.Accept("-");
  const Token& token = state.Peek();
  switch (token.kind) {
    case TokenKind::kNumber:
      term.kind = Term::Kind::kNumber;
      term.value = token.value;
      term.suffix = token.suffix;
      term.hex = token.text.starts_with("0x");
      break;
    case TokenKind::kByte:
      term.kind = Term::Kind::kByte;
      term.value = token.value;
      break;
    case TokenKind::kIndex:
      if (state.repeat_depth == 0) return state.FailHere("$i has a value only inside a repeat");
      term.kind = Term::Kind::kIndex;
      term.suffix = token.suffix;
      break;
    case TokenKind::kName:
      if (!ParseName(state, place, term)) return false;
      break;
    default:
      return state.FailHere(
          absl::StrFormat("expected a value for %s, found %s", place.what, state.Found()));
  }
  state.Next();
  return true;
}

}  // namespace

std::optional<Expression> ParseExpression(ParseState& state, const ExpressionPlace& place) {
  Expression expression;
  do {
    std::vector<Term>& sum = expression.sums.emplace_back();
    do {
      if (!ParseTerm(state, place, sum.emplace_back())) return std::nullopt;
    } while (state.Accept("+"));
    if (state.At("-")) {
      state.FailHere("there is no subtraction: add a negative number, as in 4G + -1p");
      return std::nullopt;
    }
  } while (state.Accept("|"));
  return expression;
}

}  // namespace kvm_model::scenario
