// Small operations on texts, for std::string_view: Abseil's as Debian builds it take another.
#ifndef KVM_MODEL_TOOLS_CLI_TEXT_H_
#define KVM_MODEL_TOOLS_CLI_TEXT_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::cli {

// The parts one behind the other.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string text;
  (text.append(std::string_view(parts)), ...);
  return text;
}

std::string Joined(std::span<const std::string> parts, std::string_view between);

// The parts between the marks: one more than there are marks.
std::vector<std::string> Split(std::string_view text, char mark);

// Without blanks and newlines at both ends.
std::string_view Trimmed(std::string_view text);

// With `by` for each `old`, which is not empty.
std::string Replaced(std::string_view text, std::string_view old, std::string_view by);

// Without what it ends in, where it does.
std::string_view WithoutEnd(std::string_view text, std::string_view end);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TEXT_H_
