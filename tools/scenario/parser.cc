#include "tools/scenario/parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/nearest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_parser.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/lexer.h"
#include "tools/scenario/names.h"
#include "tools/scenario/parse_state.h"

namespace kvm_model::scenario {
namespace {

class Parser {
 public:
  Parser(std::string_view file, LexedText text)
      : state_(file, std::move(text.tokens), std::move(text.errors)) {
    scenario_.file = std::string(file);
    scenario_.description = std::move(text.description);
    state_.names = {.arch = "x86", .revision = "rfc-v4"};
  }

  std::expected<Scenario, std::vector<Diagnostic>> Run() && {
    Statements(scenario_.statements);
    if (!host_seen_) {
      state_.FailHere("the file has no host line: host ARCH REVISION [NAME=VALUE ...]");
    }
    std::vector<Diagnostic> errors = std::move(state_).TakeErrors();
    // The lexer has read to the end before the first call was looked at.
    std::ranges::sort(errors, {}, [](const Diagnostic& error) {
      return std::pair(error.position.line, error.position.column);
    });
    if (errors.size() > ParseState::kMaxErrors) errors.resize(ParseState::kMaxErrors);
    if (!errors.empty()) return std::unexpected(std::move(errors));
    return std::move(scenario_);
  }

 private:
  // Statements to the end of the file or, inside a repeat, to its closing brace.
  void Statements(std::vector<Statement>& out) {
    while (!state_.AtEnd()) {
      if (state_.Peek().kind == TokenKind::kNewline) {
        state_.Next();
      } else if (state_.repeat_depth > 0 && state_.At("}")) {
        return;
      } else if (!OneStatement(out)) {
        Recover();
      }
    }
  }

  // After an error nothing more is said about its line.
  void Recover() {
    const int line = state_.Peek().position.line;
    while (!state_.AtLineEnd()) {
      if (state_.At("}") && one_line_repeat_ == line) return;
      state_.Next();
    }
  }

  bool OneStatement(std::vector<Statement>& out) {
    const Token& first = state_.Peek();
    const bool call = state_.Peek(1).Is("=") || state_.Peek(1).Is("(") || state_.Peek(1).Is(":");
    if (first.kind == TokenKind::kName && !call) {
      if (first.text == "host") return Host();
      if (first.text == "rule") return Rule();
      if (first.text == "repeat") return RepeatStatement(out);
    }
    CheckHostSeen();
    std::optional<Call> parsed = ParseCall(state_);
    if (!parsed) return false;
    out.push_back({*std::move(parsed)});
    return true;
  }

  // Reported once, at the first call; the rest of the file is then read as for the default host.
  void CheckHostSeen() {
    if (host_seen_) return;
    state_.FailHere("the host line must come before the first call: host ARCH REVISION");
    host_seen_ = true;
  }

  std::vector<Token> Words() {
    std::vector<Token> words;
    while (state_.Peek().kind == TokenKind::kDirective) words.push_back(state_.Next());
    return words;
  }

  bool Rule() {
    const Position position = state_.Peek().position;
    if (state_.repeat_depth > 0) return state_.FailHere("a rule can't be named inside a repeat");
    state_.Next();
    const std::vector<Token> words = Words();
    if (words.size() != 1) return state_.Fail(position, "expected one name: rule NAME");
    if (!scenario_.rule.empty()) return state_.Fail(position, "a second rule: a file shows one");
    scenario_.rule = std::string(words.front().text);
    return true;
  }

  bool Host() {
    const Position position = state_.Peek().position;
    if (state_.repeat_depth > 0) return state_.FailHere("a host line can't stand in a repeat");
    state_.Next();
    const std::vector<Token> words = Words();
    if (host_seen_) {
      return state_.Fail(position, calls_without_host() ? "the host line must come before any call"
                                                        : "a second host line: a file has one");
    }
    host_seen_ = true;
    HostLine& host = scenario_.host;
    host.position = position;
    if (words.size() < 2) {
      return state_.Fail(position, "expected host ARCH REVISION [NAME=VALUE ...]");
    }
    const bool arch_known = Known(words[0], "architecture", kArchitectures);
    const bool known = KnownRevision(words[1]) && arch_known;
    if (known) {
      host.arch = std::string(words[0].text);
      host.revision = std::string(words[1].text);
      state_.names = {host.arch, host.revision};
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (!Setting(words[i])) return false;
    }
    return known;
  }

  bool Known(const Token& word, std::string_view what, std::span<const std::string_view> names) {
    if (std::ranges::find(names, word.text) != names.end()) return true;
    return state_.Fail(word.position, absl::StrFormat("unknown %s '%s'%s (known: %s)", what,
                                                      word.text, DidYouMean(word.text, names),
                                                      absl::StrJoin(names, ", ", Append)));
  }
  // Whoever mistypes a revision most likely wants one that the model has.
  bool KnownRevision(const Token& word) {
    const std::vector<std::string_view> written = RevisionNames();
    if (std::ranges::find(written, word.text) != written.end()) return true;
    return Known(word, "revision", kModelledRevisions);
  }
  static void Append(std::string* out, std::string_view name) { out->append(name); }

  // What the setting means is the host's to say; here it only has to be NAME=VALUE.
  bool Setting(const Token& word) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == word.text.size()) {
      return state_.Fail(word.position,
                         absl::StrFormat("expected NAME=VALUE, found '%s'", word.text));
    }
    const std::string name(word.text.substr(0, equals));
    for (const auto& [earlier, value] : scenario_.host.settings) {
      if (earlier == name) {
        return state_.Fail(word.position, absl::StrFormat("%s is set twice", name));
      }
    }
    scenario_.host.settings.emplace_back(name, word.text.substr(equals + 1));
    return true;
  }

  bool RepeatStatement(std::vector<Statement>& out) {
    Repeat repeat;
    repeat.position = state_.Next().position;
    CheckHostSeen();
    if (state_.repeat_depth == kMaxRepeatDepth) {
      state_.Fail(repeat.position,
                  absl::StrFormat("repeats nest at most %d deep", kMaxRepeatDepth));
      SkipBlock();
      return false;
    }
    const std::uint64_t outer = turns_;
    bool good = Turns(repeat.turns);
    if (!state_.Expect("{", "before the lines to repeat")) return false;
    ++state_.repeat_depth;
    one_line_repeat_ = state_.AtLineEnd() ? 0 : repeat.position.line;
    Statements(repeat.body);
    one_line_repeat_ = 0;
    --state_.repeat_depth;
    turns_ = outer;
    if (!state_.Accept("}")) {
      return state_.Fail(repeat.position, "this repeat has no closing '}'");
    }
    if (good) out.push_back({std::move(repeat)});
    if (state_.AtLineEnd() || state_.At("}")) return true;
    return state_.FailHere(
        absl::StrFormat("expected the end of the line behind '}', found %s", state_.Found()));
  }

  // The number behind `repeat`. After an error, stands before the brace: the body is read all the
  // same, so that its own errors are found and no others are invented.
  bool Turns(std::uint64_t& turns) {
    const Token& token = state_.Peek();
    bool good = true;
    if (token.kind != TokenKind::kNumber || token.suffix != 0) {
      good = state_.FailHere(
          absl::StrFormat("expected a plain number of turns, found %s", state_.Found()));
    } else if (token.value > kMaxTurns / turns_) {
      good = state_.FailHere(
          absl::StrFormat("too many turns: a line runs at most %d times", kMaxTurns));
    } else {
      turns = token.value;
      turns_ *= std::max<std::uint64_t>(turns, 1);
      state_.Next();
    }
    while (!good && !state_.AtLineEnd() && !state_.At("{")) state_.Next();
    return good;
  }

  // Over a block in braces, with all that it holds.
  void SkipBlock() {
    int open = 0;
    while (!state_.AtEnd()) {
      if (state_.At("{")) ++open;
      if (state_.At("}") && --open <= 0) return;
      state_.Next();
    }
  }

  bool calls_without_host() const { return scenario_.host.position.line == 0; }

  ParseState state_;
  Scenario scenario_;
  bool host_seen_ = false;   // Or its absence has been reported.
  std::uint64_t turns_ = 1;  // Of the open repeats together.
  int one_line_repeat_ = 0;  // The line of an open repeat that closes where it began.
};

}  // namespace

std::expected<Scenario, std::vector<Diagnostic>> Parse(std::string_view file,
                                                       std::string_view text) {
  return Parser(file, Lex(file, text)).Run();
}

}  // namespace kvm_model::scenario
