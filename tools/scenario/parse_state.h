// What the parts of the parser share: the place in the tokens, the errors so far, the host's names,
// and which variables the scenario has given a value.
//
// Internal to the parser; include tools/scenario/parser.h.
#ifndef KVM_MODEL_TOOLS_SCENARIO_PARSE_STATE_H_
#define KVM_MODEL_TOOLS_SCENARIO_PARSE_STATE_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/scenario/diagnostic.h"
#include "tools/scenario/lexer.h"
#include "tools/scenario/names.h"

namespace kvm_model::scenario {

// The names that calls have been given, process by process. A child sees what its parent has named:
// the numbers are the parent's, whether or not they mean anything in the child.
class VariableScopes {
 public:
  VariableScopes() : scopes_(1) { processes_.emplace("", 0); }

  void Define(std::string_view process, std::string_view name) {
    scopes_[ScopeOf(process)].names.emplace(name);
  }
  // Names a new child of `process`.
  void DefineProcess(std::string_view process, std::string_view child) {
    scopes_.push_back({.parent = ScopeOf(process), .names = {}});
    processes_.insert_or_assign(std::string(child), scopes_.size() - 1);
  }

  bool HasProcess(std::string_view process) const { return processes_.contains(process); }
  bool Has(std::string_view process, std::string_view name) const {
    for (std::size_t scope = ScopeOf(process);; scope = scopes_[scope].parent) {
      if (scopes_[scope].names.contains(name)) return true;
      if (scope == 0) return false;
    }
  }

  // For suggestions.
  std::vector<std::string_view> Names(std::string_view process) const {
    std::vector<std::string_view> names;
    for (std::size_t scope = ScopeOf(process);; scope = scopes_[scope].parent) {
      names.insert(names.end(), scopes_[scope].names.begin(), scopes_[scope].names.end());
      if (scope == 0) return names;
    }
  }
  std::vector<std::string_view> Processes() const {
    std::vector<std::string_view> names;
    for (const auto& [name, scope] : processes_) {
      if (!name.empty()) names.push_back(name);
    }
    return names;
  }

 private:
  struct Scope {
    std::size_t parent = 0;
    std::set<std::string, std::less<>> names;
  };

  std::size_t ScopeOf(std::string_view process) const {
    const auto found = processes_.find(process);
    return found == processes_.end() ? 0 : found->second;
  }

  std::vector<Scope> scopes_;  // The first is the first process's.
  std::map<std::string, std::size_t, std::less<>> processes_;
};

class ParseState {
 public:
  // More would only bury the first.
  static constexpr std::size_t kMaxErrors = 20;

  ParseState(std::string_view file, std::vector<Token> tokens, std::vector<Diagnostic> errors)
      : file_(file), tokens_(std::move(tokens)), errors_(std::move(errors)) {}

  const Token& Peek(std::size_t ahead = 0) const {
    const std::size_t at = position_ + ahead;
    return at < tokens_.size() ? tokens_[at] : tokens_.back();
  }
  bool At(std::string_view punctuation) const { return Peek().Is(punctuation); }
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
  bool AtLineEnd() const { return AtEnd() || Peek().kind == TokenKind::kNewline; }
  // NAME= comes next.
  bool AtAssignment() const { return Peek().kind == TokenKind::kName && Peek(1).Is("="); }

  const Token& Next() {
    const Token& token = Peek();
    if (position_ + 1 < tokens_.size()) ++position_;
    return token;
  }
  bool Accept(std::string_view punctuation) {
    if (!At(punctuation)) return false;
    Next();
    return true;
  }
  bool Expect(std::string_view punctuation, std::string_view where);

  // Reports an error; always false, so that a caller can return it.
  bool Fail(Position position, std::string message);
  bool FailHere(std::string message) { return Fail(Peek().position, std::move(message)); }

  // What stands here, for messages: "'foo'", "the end of the line".
  std::string Found() const;

  std::vector<Diagnostic> TakeErrors() && { return std::move(errors_); }

  NameContext names;
  VariableScopes variables;
  std::string process;   // Of the call that is being read.
  int repeat_depth = 0;  // How many repeats are open.

 private:
  std::string_view file_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::vector<Diagnostic> errors_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_PARSE_STATE_H_
