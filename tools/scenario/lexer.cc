#include "tools/scenario/lexer.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/scenario/diagnostic.h"

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kSuffixes = "pKMGT";
constexpr std::string_view kPunctuation = "()[]{},=:+|-";

// A page is never smaller than this on any architecture, so a number of pages that overflows with
// this size overflows everywhere.
constexpr std::uint64_t kSmallestPage = 4096;

// Not <cctype>'s, which depend on the locale and are undefined for bytes above 127.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Printable(char c) {
  if (c > ' ' && c <= '~') return absl::StrFormat("'%c'", c);
  return absl::StrFormat("byte 0x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

class Lexer {
 public:
  Lexer(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  LexedText Run() && {
    while (position_ < text_.size()) Line();
    line_start_ = text_.size();
    Add(TokenKind::kEnd, text_.size(), 0);
    return std::move(out_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\n';
  }
  bool AtLineEnd() const { return Peek() == '\n'; }
  void SkipBlanks() {
    while (IsBlank(Peek())) ++position_;
  }
  void SkipToLineEnd() {
    while (!AtLineEnd()) ++position_;
  }

  Position At(std::size_t offset) const {
    return {line_, static_cast<int>(offset - line_start_) + 1};
  }

  Token& Add(TokenKind kind, std::size_t start, std::size_t length) {
    out_.tokens.push_back({kind, text_.substr(start, length), At(start)});
    return out_.tokens.back();
  }

  void Error(std::size_t offset, std::string message) {
    out_.errors.push_back({std::string(file_), At(offset), std::move(message)});
    // Tells the parser to say no more about this line, whose rest is dropped.
    Add(TokenKind::kError, offset, 0);
    SkipToLineEnd();
  }

  void Line() {
    line_start_ = position_;
    const std::size_t tokens_before = out_.tokens.size();
    SkipBlanks();
    if (Peek() == '#') {
      Comment();
    } else {
      if (!AtLineEnd()) opening_over_ = true;
      if (opening_comment_) opening_over_ = true;
      Tokens();
    }
    if (out_.tokens.size() > tokens_before) Add(TokenKind::kNewline, position_, 0);
    ++position_;  // The newline itself.
    ++line_;
  }

  void Comment() {
    const std::size_t start = position_ + 1;
    SkipToLineEnd();
    if (opening_over_) return;
    std::string_view line = TrimRight(text_.substr(start, position_ - start));
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (opening_comment_) out_.description += '\n';
    out_.description += line;
    opening_comment_ = true;
  }

  void Tokens() {
    if (Directive()) return;
    for (SkipBlanks(); !AtLineEnd(); SkipBlanks()) {
      const char c = Peek();
      if (c == '#') {
        SkipToLineEnd();
      } else if (IsDigit(c)) {
        Number();
      } else if (IsWordStart(c)) {
        Word();
      } else if (c == '\'') {
        Byte();
      } else if (c == '$') {
        Index();
      } else if (c == '-' && Peek(1) == '>') {
        Add(TokenKind::kPunctuation, position_, 2);
        position_ += 2;
      } else if (kPunctuation.contains(c)) {
        Add(TokenKind::kPunctuation, position_, 1);
        ++position_;
      } else {
        Error(position_, absl::StrFormat("%s has no meaning here", Printable(c)));
      }
    }
  }

  // A host or rule line holds words with '-', '.' and '=' in them, which the rest of the language
  // doesn't know. `host = open()` is a call all the same.
  bool Directive() {
    const std::size_t start = position_;
    while (IsWord(Peek())) ++position_;
    const std::string_view word = text_.substr(start, position_ - start);
    SkipBlanks();
    const bool call = Peek() == '=' || Peek() == '(' || Peek() == ':';
    if (call || (word != "host" && word != "rule")) {
      position_ = start;
      return false;
    }
    Add(TokenKind::kName, start, word.size());
    while (!AtLineEnd() && Peek() != '#') {
      const std::size_t begin = position_;
      while (!AtLineEnd() && !IsBlank(Peek()) && Peek() != '#') ++position_;
      Add(TokenKind::kDirective, begin, position_ - begin);
      SkipBlanks();
    }
    SkipToLineEnd();
    return true;
  }

  void Word() {
    const std::size_t start = position_;
    while (IsWord(Peek())) ++position_;
    Add(TokenKind::kName, start, position_ - start);
  }

  void Number() {
    const std::size_t start = position_;
    const bool hex = Peek() == '0' && Peek(1) == 'x';
    if (hex) position_ += 2;
    const std::uint64_t base = hex ? 16 : 10;
    const std::size_t digits = position_;
    std::uint64_t value = 0;
    bool overflow = false;
    for (; hex ? HexDigit(Peek()) >= 0 : IsDigit(Peek()); ++position_) {
      const auto digit = static_cast<std::uint64_t>(HexDigit(Peek()));
      overflow |= value > (std::numeric_limits<std::uint64_t>::max() - digit) / base;
      value = value * base + digit;
    }
    if (position_ == digits) return Error(start, "a hex number needs digits after 0x");
    const std::optional<char> suffix = Suffix(start);
    if (!suffix) return;
    const std::uint64_t unit = SuffixUnit(*suffix, kSmallestPage);
    overflow |= value > std::numeric_limits<std::uint64_t>::max() / unit;
    if (overflow) {
      return Error(start, absl::StrFormat("%s doesn't fit in 64 bits",
                                          text_.substr(start, position_ - start)));
    }
    Token& token = Add(TokenKind::kNumber, start, position_ - start);
    token.value = value;
    token.suffix = *suffix;
  }

  // The suffix of the number that began at `start`; nothing after an error.
  std::optional<char> Suffix(std::size_t start) {
    if (!IsWord(Peek())) return char{0};
    const char suffix = Peek();
    if (kSuffixes.contains(suffix) && !IsWord(Peek(1))) {
      ++position_;
      return suffix;
    }
    const std::size_t suffix_start = position_;
    while (IsWord(Peek())) ++position_;
    Error(start, absl::StrFormat("'%s' is no suffix of a number: p (pages), K, M, G and T are",
                                 text_.substr(suffix_start, position_ - suffix_start)));
    return std::nullopt;
  }

  void Index() {
    const std::size_t start = position_++;
    if (Peek() != 'i') return Error(start, "after '$' only i is known: the turn of the repeat");
    ++position_;
    const std::optional<char> suffix = Suffix(start);
    if (suffix) Add(TokenKind::kIndex, start, position_ - start).suffix = *suffix;
  }

  void Byte() {
    const std::size_t start = position_++;
    const std::optional<std::uint64_t> value = ByteValue();
    if (!value || Peek() != '\'') {
      return Error(start, "a byte is one character in quotes: 'A', '\\n', '\\0', '\\'', '\\x1f'");
    }
    ++position_;
    Add(TokenKind::kByte, start, position_ - start).value = *value;
  }

  std::optional<std::uint64_t> ByteValue() {
    if (AtLineEnd() || Peek() == '\'') return std::nullopt;
    const char c = Peek();
    ++position_;
    if (c != '\\') return static_cast<unsigned char>(c);
    if (AtLineEnd()) return std::nullopt;
    const char escape = Peek();
    ++position_;
    switch (escape) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '0':
        return 0;
      case '\\':
      case '\'':
        return static_cast<unsigned char>(escape);
      case 'x':
        return HexByte();
      default:
        return std::nullopt;
    }
  }

  std::optional<std::uint64_t> HexByte() {
    const int high = HexDigit(Peek());
    const int low = HexDigit(Peek(1));
    if (high < 0 || low < 0) return std::nullopt;
    position_ += 2;
    return static_cast<std::uint64_t>(high * 16 + low);
  }

  std::string_view file_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool opening_comment_ = false;  // A line of the description has been read.
  bool opening_over_ = false;     // Comments from here on are no description.
  LexedText out_;
};

}  // namespace

std::uint64_t SuffixUnit(char suffix, std::uint64_t page_size) {
  switch (suffix) {
    case 'p':
      return page_size;
    case 'K':
      return std::uint64_t{1} << 10;
    case 'M':
      return std::uint64_t{1} << 20;
    case 'G':
      return std::uint64_t{1} << 30;
    case 'T':
      return std::uint64_t{1} << 40;
    default:
      return 1;
  }
}

LexedText Lex(std::string_view file, std::string_view text) { return Lexer(file, text).Run(); }

}  // namespace kvm_model::scenario
