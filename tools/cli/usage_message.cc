#include "tools/cli/usage_message.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "kvm_model/nearest.h"
#include "tools/cli/host_spec.h"

namespace kvm_model::cli {
namespace {

// The command that was given last: `caps list` of `kvmsim caps list --fromat json`.
const CLI::App& GivenCommand(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

// "kvmsim caps list".
std::string FullName(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return command.get_name();
  return FullName(*parent) + " " + command.get_name();
}

// Every "--name" that the command takes.
std::vector<std::string> LongOptions(const CLI::App& command) {
  std::vector<std::string> options;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  }
  return options;
}

// The first word that looks like an option and that no command took.
std::optional<std::string> UnknownOption(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining(true);
  const auto option =
      std::ranges::find_if(left, [](const std::string& word) { return word.starts_with("-"); });
  if (option == left.end()) return std::nullopt;
  return option->substr(0, option->find('='));
}

}  // namespace

std::optional<std::string> UnknownCommand(const CLI::App& app,
                                          const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    std::vector<std::string> names;
    for (const CLI::App* command : at->get_subcommands({})) names.push_back(command->get_name());
    if (names.empty() || word.starts_with("-")) return std::nullopt;
    const auto found = std::ranges::find(names, word);
    if (found == names.end()) {
      const std::vector<std::string_view> known(names.begin(), names.end());
      return absl::StrFormat("there is no command '%s'%s", word, Suggestion(word, known));
    }
    at = at->get_subcommands({})[static_cast<std::size_t>(found - names.begin())];
  }
  return std::nullopt;
}

std::string UsageMessage(const CLI::App* app, const CLI::Error& error) {
  const CLI::App& command = GivenCommand(*app);
  const std::string name = FullName(command);
  const std::string advice = absl::StrFormat("Run `%s --help` for its options.\n", name);
  const std::optional<std::string> unknown = UnknownOption(*app);
  if (!unknown.has_value()) return absl::StrFormat("%s: %s\n%s", name, error.what(), advice);
  const std::vector<std::string> options = LongOptions(command);
  const std::vector<std::string_view> known(options.begin(), options.end());
  return absl::StrFormat("%s: there is no option %s%s\n%s", name, *unknown,
                         DidYouMean(*unknown, known), advice);
}

std::string HelpText(const CLI::App& app, std::string name, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    command = command->get_subcommand(word);
    name += " " + word;
  }
  std::string text = app.get_formatter()->make_help(command, name, CLI::AppFormatMode::Normal);
  if (!text.ends_with("\n")) text += "\n";
  return text;
}

}  // namespace kvm_model::cli
