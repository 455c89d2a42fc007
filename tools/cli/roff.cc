#include "tools/cli/roff.h"

#include <span>
#include <string>
#include <string_view>

#include "tools/cli/text.h"

namespace kvm_model::cli {
namespace {

// Before a dot that opens a line, which roff would take for a request of its own.
constexpr std::string_view kNoRequest = "\\&";

std::string_view Escaped(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case '"':
      return "\\(dq";
    default:
      return {};
  }
}

// Where the marked text that begins at `at` ends; npos where the mark isn't closed.
std::size_t ClosedBy(std::string_view mark, std::string_view text, std::size_t at) {
  return text.find(mark, at + mark.size());
}

}  // namespace

std::string Roff(std::string_view text) {
  std::string roff(text.starts_with(".") ? kNoRequest : "");
  for (const char c : text) {
    const std::string_view escaped = Escaped(c);
    if (escaped.empty()) {
      roff += c;
    } else {
      roff += escaped;
    }
  }
  return roff;
}

std::string RoffIn(char font, std::string_view text) {
  return Cat("\\f", std::string_view(&font, 1), Roff(text), "\\fR");
}

std::string RoffOfMarkdown(std::string_view text) {
  std::string roff;
  std::string plain;
  const auto flush = [&roff, &plain] {
    const std::string escaped = Roff(plain);
    const bool in_line = !roff.empty() && escaped.starts_with(kNoRequest);
    roff += escaped.substr(in_line ? kNoRequest.size() : 0);
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::string_view mark = rest.starts_with("`")    ? "`"
                                  : rest.starts_with("**") ? "**"
                                                           : std::string_view();
    const std::size_t end = mark.empty() ? std::string_view::npos : ClosedBy(mark, text, at);
    const std::size_t words_end = rest.starts_with("[") ? text.find("](", at) : std::string::npos;
    if (end != std::string_view::npos) {
      flush();
      roff += RoffIn('B', text.substr(at + mark.size(), end - at - mark.size()));
      at = end + mark.size();
    } else if (words_end != std::string_view::npos &&
               text.find(')', words_end) != std::string_view::npos) {
      flush();
      roff += RoffOfMarkdown(text.substr(at + 1, words_end - at - 1));
      at = text.find(')', words_end) + 1;
    } else {
      plain += text[at++];
    }
  }
  flush();
  return roff;
}

std::string RoffVerbatim(std::span<const std::string> lines) {
  std::string roff = ".PP\n.RS 4\n.EX\n";
  for (const std::string& line : lines) roff += Cat(Roff(line), "\n");
  return roff + ".EE\n.RE\n";
}

}  // namespace kvm_model::cli
