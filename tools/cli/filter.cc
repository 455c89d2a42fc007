#include "tools/cli/filter.h"

#include <regex>
#include <string>

namespace kvm_model::cli {

std::string CheckRegex(const std::string& text) {
  try {
    const std::regex parsed(text);
    return {};
  } catch (const std::regex_error& error) {
    return std::string("no regular expression: ") + error.what();
  }
}

}  // namespace kvm_model::cli
