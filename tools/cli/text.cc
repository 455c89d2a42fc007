#include "tools/cli/text.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::cli {

std::string Joined(std::span<const std::string> parts, std::string_view between) {
  std::string text;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (index > 0) text += between;
    text += parts[index];
  }
  return text;
}

std::vector<std::string> Split(std::string_view text, char mark) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == mark) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

std::string Replaced(std::string_view text, std::string_view old, std::string_view by) {
  std::string replaced;
  for (;;) {
    const auto found = text.find(old);
    replaced += text.substr(0, found);
    if (found == std::string_view::npos) return replaced;
    replaced += by;
    text.remove_prefix(found + old.size());
  }
}

std::string_view WithoutEnd(std::string_view text, std::string_view end) {
  if (text.ends_with(end)) text.remove_suffix(end.size());
  return text;
}

}  // namespace kvm_model::cli
