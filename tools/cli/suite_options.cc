#include "tools/cli/suite_options.h"

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

// Empty when the text is a regular expression, else why not: a check for an option of CLI11.
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

// A minus would be taken as a number from the other end.
std::string CheckNotNegative(const std::string& text) {
  return text.starts_with('-') ? text + " is below 0" : std::string();
}

}  // namespace

void AddBackendOption(CLI::App& command, std::string& backend) {
  AddOption(command, "--backend", backend,
            "Who answers: the model, the machine's /dev/kvm (native), or both.")
      .OneOf({"model", "native", "both"})
      .ShowDefault();
}

void AddFilterOption(CLI::App& command, std::string& filter, std::string_view what) {
  AddOption(command, "--filter", filter,
            absl::StrFormat("%s matches this regular expression.", what))
      .ValueName("REGEX")
      .Check(CheckRegex);
}

Option AddSeedOption(CLI::App& command, std::uint64_t& seed) {
  return AddOption(command, "--seed", seed, "Where the model's random bytes come from.")
      .ValueName("N")
      .Check(CheckNotNegative)
      .ShowDefault();
}

}  // namespace kvm_model::cli
