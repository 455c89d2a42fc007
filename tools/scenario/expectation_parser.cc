#include "tools/scenario/expectation_parser.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/nearest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/expression_parser.h"
#include "tools/scenario/lexer.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parse_state.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {
namespace {

using Kind = Expectation::Kind;

constexpr auto kKeywords = std::to_array<std::pair<std::string_view, Kind>>({
    {"any", Kind::kAny},
    {"fd", Kind::kFd},
    {"ok", Kind::kOk},
    {"SIGBUS", Kind::kSigbus},
    {"SIGSEGV", Kind::kSigsegv},
    {"MMIO", Kind::kMmio},
    {"MEMORY_FAULT", Kind::kMemoryFault},
    {"none", Kind::kRuns},
});
constexpr std::string_view kNot = "not";
constexpr std::string_view kUnwritten = "unwritten";

std::optional<Kind> Keyword(std::string_view name) {
  for (const auto& [keyword, kind] : kKeywords) {
    if (keyword == name) return kind;
  }
  return std::nullopt;
}

// Whether the call can answer so at all.
bool CanAnswer(const CallSpec& call, Kind kind) {
  const Answers answers = call.answers;
  const bool guest = answers == Answers::kGuestByte || answers == Answers::kGuestWritten;
  switch (kind) {
    case Kind::kAny:
    case Kind::kErrno:
    case Kind::kNot:
    case Kind::kSet:
      return true;
    case Kind::kFd:
      // Some requests that ioctl() can be given make descriptors.
      return answers == Answers::kFd || call.id == CallId::kIoctl;
    case Kind::kOk:
      return answers == Answers::kOk || answers == Answers::kZero ||
             answers == Answers::kHostWritten || answers == Answers::kPinned ||
             answers == Answers::kGuestWritten || answers == Answers::kConversion ||
             answers == Answers::kProgress;
    case Kind::kValue:
      return answers == Answers::kNumber || answers == Answers::kZero ||
             answers == Answers::kByte || answers == Answers::kGuestByte ||
             answers == Answers::kConversion || answers == Answers::kProgress ||
             answers == Answers::kFd;
    case Kind::kSigbus:
    case Kind::kSigsegv:
      return answers == Answers::kByte || answers == Answers::kHostWritten ||
             answers == Answers::kPinned;
    case Kind::kMmio:
    case Kind::kMemoryFault:
      return guest;
    case Kind::kRuns:
      return answers == Answers::kValuedRuns || answers == Answers::kRuns;
  }
  return false;
}

bool CanHaveField(const CallSpec& call, Kind kind, FieldId field) {
  if (kind == Kind::kMemoryFault) return field != FieldId::kErrorOffset;
  if (kind != Kind::kValue && kind != Kind::kErrno) return false;
  if (field == FieldId::kErrorOffset) return call.answers == Answers::kConversion;
  return call.answers == Answers::kProgress && (field == FieldId::kGpa || field == FieldId::kSize);
}

class ExpectationParser {
 public:
  ExpectationParser(ParseState& state, const CallSpec& call, NameDomain domain)
      : state_(state), call_(call), domain_(domain) {}

  // any expectation: `{A, B}`, `not A` or a simple one.
  bool Parse(Expectation& out) {
    if (state_.At("{")) return Set(out);
    return NotOrSimple(out);
  }

 private:
  bool Set(Expectation& out) {
    state_.Next();
    out.kind = Kind::kSet;
    do {
      if (!NotOrSimple(out.choices.emplace_back())) return false;
    } while (state_.Accept(","));
    return state_.Expect("}", "at the end of the set of answers");
  }

  bool NotOrSimple(Expectation& out) {
    const bool negated = state_.Peek().kind == TokenKind::kName && state_.Peek().text == kNot;
    if (!negated) return Simple(out);
    state_.Next();
    out.kind = Kind::kNot;
    Expectation& refused = out.choices.emplace_back();
    return state_.At("{") ? Set(refused) : Simple(refused);
  }

  bool Simple(Expectation& out) {
    const Position position = state_.Peek().position;
    const std::string text = state_.Found();
    if (!Head(out)) return false;
    if (!CanAnswer(call_, out.kind)) {
      return state_.Fail(position, absl::StrFormat("%s answers %s, never %s", call_.name,
                                                   AnswersText(call_.answers), text));
    }
    return Fields(out);
  }

  // Everything but the fields.
  bool Head(Expectation& out) {
    const Token& token = state_.Peek();
    if (token.Is("[")) return Runs(out);
    if (token.kind == TokenKind::kName) {
      if (const std::optional<Kind> keyword = Keyword(token.text)) {
        out.kind = *keyword;
        state_.Next();
        return true;
      }
      if (const std::optional<uapi::Errno> error = uapi::ErrnoByName(token.text)) {
        out.kind = Kind::kErrno;
        out.error = *error;
        state_.Next();
        return true;
      }
      if (!ResolveName(domain_, token.text, state_.names) &&
          !state_.variables.Has(state_.process, token.text)) {
        return UnknownAnswer(token);
      }
    }
    out.kind = Kind::kValue;
    out.value = Value(domain_, absl::StrFormat("the answer of %s", call_.name));
    return out.value.has_value();
  }

  bool UnknownAnswer(const Token& token) {
    std::vector<std::string_view> candidates = NamesIn(NameDomain::kErrno, state_.names);
    for (const auto& [keyword, kind] : kKeywords) candidates.push_back(keyword);
    const std::vector<std::string_view> names = NamesIn(domain_, state_.names);
    candidates.insert(candidates.end(), names.begin(), names.end());
    return state_.Fail(token.position,
                       absl::StrFormat("'%s' is no answer that %s could give%s", token.text,
                                       call_.name, DidYouMean(token.text, candidates)));
  }

  std::optional<Expression> Value(NameDomain domain, std::string what) {
    return ParseExpression(state_, {.domain = domain, .what = std::move(what)});
  }

  bool Runs(Expectation& out) {
    out.kind = Kind::kRuns;
    while (state_.At("[")) {
      if (!Run(out.runs.emplace_back())) return false;
    }
    return true;
  }

  bool Run(ExpectedRun& run) {
    const Position position = state_.Peek().position;
    state_.Next();
    std::optional<Expression> start = Value(NameDomain::kNone, "the first page of a run");
    if (!start || !state_.Expect(",", "between a run's first page and its end")) return false;
    std::optional<Expression> end = Value(NameDomain::kNone, "the end of a run");
    if (!end || !state_.Expect(")", "behind a run, which is half-open")) return false;
    run.start = *std::move(start);
    run.end = *std::move(end);
    const bool value_follows =
        !state_.AtLineEnd() && !state_.At("[") && !state_.At(",") && !state_.At("}");
    if (value_follows) {
      run.value = Value(NameDomain::kMemoryAttribute, "the value of a run");
      if (!run.value) return false;
    }
    if (call_.answers == Answers::kValuedRuns && !run.value) {
      return state_.Fail(position, "a run of attributes needs its value behind it, as in [0,1) 0");
    }
    if (call_.answers == Answers::kRuns && run.value) {
      return state_.Fail(position, "a run of resident pages has no value");
    }
    return true;
  }

  bool Fields(Expectation& out) {
    while (state_.AtAssignment()) {
      if (!Field(out)) return false;
    }
    return true;
  }

  bool Field(Expectation& out) {
    const Token& name = state_.Peek();
    const FieldSpec* spec = nullptr;
    std::vector<std::string_view> possible;
    for (const FieldSpec& field : AllFields()) {
      if (!CanHaveField(call_, out.kind, field.id)) continue;
      possible.push_back(field.name);
      if (field.name == name.text) spec = &field;
    }
    if (spec == nullptr) {
      return state_.FailHere(absl::StrFormat("'%s' doesn't come back with this answer of %s%s",
                                             name.text, call_.name,
                                             DidYouMean(name.text, possible)));
    }
    for (const ExpectedField& earlier : out.fields) {
      if (earlier.id == spec->id) {
        return state_.FailHere(absl::StrFormat("%s is expected twice", spec->name));
      }
    }
    state_.Next();
    state_.Next();
    ExpectedField& field = out.fields.emplace_back();
    field.id = spec->id;
    if (spec->id == FieldId::kErrorOffset && state_.Peek().text == kUnwritten) {
      state_.Next();
      return true;
    }
    field.value = Value(spec->domain, absl::StrFormat("the %s that comes back", spec->name));
    return field.value.has_value();
  }

  ParseState& state_;
  const CallSpec& call_;
  NameDomain domain_;
};

}  // namespace

std::optional<Expectation> ParseExpectation(ParseState& state, const CallSpec& call,
                                            NameDomain domain) {
  Expectation expectation;
  if (!ExpectationParser(state, call, domain).Parse(expectation)) return std::nullopt;
  return expectation;
}

}  // namespace kvm_model::scenario
