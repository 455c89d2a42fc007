#include "tools/scenario/call_parser.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/nearest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/expectation_parser.h"
#include "tools/scenario/expression_parser.h"
#include "tools/scenario/lexer.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {
namespace {

class ArgumentsParser {
 public:
  ArgumentsParser(ParseState& state, const CallSpec& call) : state_(state), call_(call) {}

  // Everything from '(' to ')'.
  bool Parse(std::vector<Argument>& out) {
    const Position open = state_.Peek().position;
    if (!state_.Expect("(", absl::StrFormat("behind %s", call_.name))) return false;
    if (!state_.At(")")) {
      do {
        if (!One(out)) return false;
      } while (state_.Accept(","));
    }
    return state_.Expect(")", "at the end of the arguments") && AllGiven(out, open);
  }

 private:
  bool One(std::vector<Argument>& out) {
    const ArgumentSpec* spec = state_.AtAssignment() ? Named() : Positional(out);
    if (spec == nullptr) return false;
    const Position position = state_.Peek().position;
    Argument argument{.id = spec->id, .named = named_, .list = false, .values = {}};
    if (named_) {
      state_.Next();
      state_.Next();
    }
    for (const Argument& earlier : out) {
      if (earlier.id == spec->id) {
        return state_.Fail(position, absl::StrFormat("%s is given twice", ArgumentName(spec->id)));
      }
    }
    if (spec->kind == ArgumentKind::kList ? !List(*spec, argument) : !Value(*spec, argument)) {
      return false;
    }
    out.push_back(std::move(argument));
    return true;
  }

  const ArgumentSpec* Named() {
    named_ = true;
    const Token& name = state_.Peek();
    const ArgumentSpec* spec = FindArgument(call_, name.text);
    if (spec == nullptr) {
      std::vector<std::string_view> candidates;
      for (const ArgumentSpec& argument : call_.arguments) {
        candidates.push_back(ArgumentName(argument.id));
      }
      state_.FailHere(absl::StrFormat("%s has no argument '%s'%s", call_.name, name.text,
                                      DidYouMean(name.text, candidates)));
    }
    return spec;
  }

  const ArgumentSpec* Positional(const std::vector<Argument>& out) {
    if (named_) {
      state_.FailHere("an argument without a name can't follow one with a name");
      return nullptr;
    }
    if (out.size() == call_.arguments.size()) {
      state_.FailHere(absl::StrFormat("too many arguments: %s", Signature(call_)));
      return nullptr;
    }
    return &call_.arguments[out.size()];
  }

  bool List(const ArgumentSpec& spec, Argument& argument) {
    argument.list = true;
    if (!state_.Expect("[", absl::StrFormat("before the list in %s", What(spec)))) return false;
    if (state_.Accept("]")) return true;
    do {
      if (argument.values.size() == kMaxListValues) {
        return state_.FailHere(absl::StrFormat("%s takes at most %d numbers", What(spec),
                                               static_cast<int>(kMaxListValues)));
      }
      if (!Value(spec, argument)) return false;
    } while (state_.Accept(","));
    return state_.Expect("]", "at the end of the list");
  }

  bool Value(const ArgumentSpec& spec, Argument& argument) {
    std::optional<Expression> value =
        ParseExpression(state_, {.domain = spec.domain,
                                 .pointer = spec.kind == ArgumentKind::kAddress,
                                 .what = What(spec)});
    if (!value) return false;
    argument.values.push_back(*std::move(value));
    return true;
  }

  bool AllGiven(const std::vector<Argument>& out, Position open) {
    std::vector<std::string> missing;
    for (const ArgumentSpec& spec : call_.arguments) {
      bool given = !spec.required();
      for (const Argument& argument : out) given |= argument.id == spec.id;
      if (!given) missing.emplace_back(ArgumentName(spec.id));
    }
    if (missing.empty()) return true;
    return state_.Fail(open, absl::StrFormat("%s needs %s: %s", call_.name,
                                             absl::StrJoin(missing, " and "), Signature(call_)));
  }

  std::string What(const ArgumentSpec& spec) const {
    return absl::StrFormat("%s of %s", ArgumentName(spec.id), call_.name);
  }

  ParseState& state_;
  const CallSpec& call_;
  bool named_ = false;  // An argument with a name has been seen.
};

std::optional<CallId> ParseCallName(ParseState& state) {
  const Token& token = state.Peek();
  if (token.kind != TokenKind::kName) {
    state.FailHere(absl::StrFormat("expected a call, found %s", state.Found()));
    return std::nullopt;
  }
  const std::optional<CallId> id = CallByName(token.text);
  if (!id) {
    std::vector<std::string_view> candidates;
    for (const CallSpec& call : AllCalls()) candidates.push_back(call.name);
    state.FailHere(
        absl::StrFormat("there is no call '%s'%s", token.text, DidYouMean(token.text, candidates)));
    return std::nullopt;
  }
  state.Next();
  return id;
}

bool ParseProcess(ParseState& state, Call& call) {
  if (!(state.Peek().kind == TokenKind::kName && state.Peek(1).Is(":"))) return true;
  const Token& token = state.Peek();
  if (!state.variables.HasProcess(token.text)) {
    return state.FailHere(absl::StrFormat("no fork before this line has been named '%s'%s",
                                          token.text,
                                          DidYouMean(token.text, state.variables.Processes())));
  }
  call.process = std::string(token.text);
  state.process = call.process;
  state.Next();
  state.Next();
  return true;
}

bool ParseResult(ParseState& state, Call& call) {
  if (!state.AtAssignment()) return true;
  const Token& token = state.Peek();
  if (token.text == "NULL" || token.text == "BAD") {
    return state.FailHere(absl::StrFormat("%s is a pointer's name", token.text));
  }
  call.result = std::string(token.text);
  state.Next();
  state.Next();
  return true;
}

bool ParseRest(ParseState& state, Call& call) {
  const std::optional<CallId> id = ParseCallName(state);
  if (!id) return false;
  call.id = *id;
  const CallSpec& spec = GetCall(call.id);
  if (!ArgumentsParser(state, spec).Parse(call.arguments)) return false;
  call.answer_domain = AnswerDomain(call, state.names);
  if (state.Accept("->")) {
    call.expectation = ParseExpectation(state, spec, call.answer_domain);
    if (!call.expectation) return false;
  }
  if (state.AtLineEnd() || state.At("}")) return true;
  return state.FailHere(
      absl::StrFormat("expected '->' or the end of the line, found %s", state.Found()));
}

}  // namespace

std::optional<Call> ParseCall(ParseState& state) {
  Call call;
  call.position = state.Peek().position;
  state.process.clear();
  if (!ParseProcess(state, call)) return std::nullopt;
  if (!ParseResult(state, call)) return std::nullopt;
  const bool good = ParseRest(state, call);
  if (!call.result.empty()) {
    // A call's own name means nothing in its arguments and expectation.
    state.variables.Define(call.process, call.result);
    if (call.id == CallId::kFork) state.variables.DefineProcess(call.process, call.result);
  }
  if (!good) return std::nullopt;
  return call;
}

}  // namespace kvm_model::scenario
