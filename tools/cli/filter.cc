#include "tools/cli/filter.h"

#include <cstddef>
#include <regex>
#include <string>

namespace kvm_model::cli {

std::string CheckRegex(const std::string& text) {
  // The library's compiler calls itself for each character.
  constexpr std::size_t kLongest = 4096;
  if (text.size() > kLongest) return "the regular expression has more than 4096 characters";
  try {
    const std::regex parsed(text);
    return {};
  } catch (const std::regex_error& error) {
    return std::string("no regular expression: ") + error.what();
  }
}

}  // namespace kvm_model::cli
