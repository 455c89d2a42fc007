// Cuts the text of a scenario into tokens.
//
// Every token knows its line and column. Comments vanish, except that the block of comments that
// opens the file is kept as its description. Where the lexer can't read on it reports one error and
// drops the rest of the line; the next line is read as if nothing had happened.
//
// Cost: one pass over the text. Tokens hold views into it, so the text must outlive them.
#ifndef KVM_MODEL_TOOLS_SCENARIO_LEXER_H_
#define KVM_MODEL_TOOLS_SCENARIO_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/diagnostic.h"

namespace kvm_model::scenario {

enum class TokenKind : std::uint8_t {
  kName,         // A word: open, KVM_CAP_IRQCHIP, child.
  kNumber,       // 12, 0x1000, 4p, 2G.
  kByte,         // 'A', '\n'.
  kIndex,        // $i, $ip.
  kDirective,    // The words after a leading `host` or `rule`, up to the comment or the line's end.
  kPunctuation,  // One of ( ) [ ] { } , = : + | - or ->.
  kError,        // Stands where the lexer gave up on a line, and has reported why.
  kNewline,      // The end of a line that had tokens.
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;
  Position position;
  std::uint64_t value = 0;  // kNumber: before the suffix is applied; kByte: the byte.
  char suffix = 0;          // kNumber, kIndex: p, K, M, G, T, or 0 for none.

  bool Is(std::string_view punctuation) const {
    return kind == TokenKind::kPunctuation && text == punctuation;
  }
};

struct LexedText {
  std::vector<Token> tokens;  // Always closed by kEnd.
  std::string description;    // Lines of the opening comment, without their '#'.
  std::vector<Diagnostic> errors;
};

// What one unit of a suffix is worth in bytes: K, M, G and T; 1 for none. `p` is not constant: a
// page has page_size bytes.
std::uint64_t SuffixUnit(char suffix, std::uint64_t page_size);

LexedText Lex(std::string_view file, std::string_view text);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_LEXER_H_
