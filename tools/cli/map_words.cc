#include "tools/cli/map_words.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tools/cli/step_picture.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool Continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

// How many bytes the UTF-8 character at the front has; 0 where there is none that XML allows.
std::size_t CharacterSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    const bool allowed = first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
    return allowed && first != 0x7f ? 1 : 0;
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!Continues(text, i)) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool no_character = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  // U+FFFE and U+FFFF.
  const bool forbidden = first == 0xef && second == 0xbf && text[2] >= '\xbe';
  return too_long || no_character || forbidden ? 0 : size;
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size == 0) {
      escaped += kReplacement;
    } else if (text.front() == '&') {
      escaped += "&amp;";
    } else if (text.front() == '<') {
      escaped += "&lt;";
    } else if (text.front() == '>') {
      escaped += "&gt;";
    } else if (text.front() == '"') {
      escaped += "&quot;";
    } else {
      escaped += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return escaped;
}

std::string EndInWords(const ScenarioPicture& picture) {
  const scenario::Verdict& verdict = picture.verdict;
  const std::string where =
      verdict.line.has_value() ? absl::StrFormat(" at line %d", *verdict.line) : std::string();
  switch (verdict.outcome) {
    case Outcome::kPass:
      break;
    case Outcome::kFail:
      if (verdict.expected.empty()) return absl::StrFormat("Failed%s: %s", where, verdict.reason);
      return absl::StrFormat("Failed%s: expected %s, answered %s", where, verdict.expected,
                             verdict.actual);
    case Outcome::kSkip:
      return absl::StrFormat("Skipped%s: %s", where, verdict.reason);
  }
  const std::size_t calls = picture.steps.size() + picture.left_out;
  std::string text = absl::StrFormat("%d call%s, all as expected", calls, calls == 1 ? "" : "s");
  if (picture.left_out != 0) {
    text +=
        absl::StrFormat("; the last %d not drawn, as %s", picture.left_out, picture.left_out_as);
  }
  return text;
}

}  // namespace kvm_model::cli
