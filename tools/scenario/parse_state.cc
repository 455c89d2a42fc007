#include "tools/scenario/parse_state.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/lexer.h"

namespace kvm_model::scenario {

bool ParseState::Expect(std::string_view punctuation, std::string_view where) {
  if (Accept(punctuation)) return true;
  return FailHere(absl::StrFormat("expected '%s' %s, found %s", punctuation, where, Found()));
}

bool ParseState::Fail(Position position, std::string message) {
  // Where the lexer gave up it has said why.
  if (Peek().kind == TokenKind::kError) return false;
  if (errors_.size() < kMaxErrors) {
    errors_.push_back({std::string(file_), position, std::move(message)});
  }
  return false;
}

std::string ParseState::Found() const {
  switch (Peek().kind) {
    case TokenKind::kNewline:
      return "the end of the line";
    case TokenKind::kEnd:
      return "the end of the file";
    default:
      return absl::StrFormat("'%s'", Peek().text);
  }
}

}  // namespace kvm_model::scenario
