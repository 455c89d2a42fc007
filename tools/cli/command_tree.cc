#include "tools/cli/command_tree.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/cli/text.h"

namespace kvm_model::cli {
namespace {

// CLI11's words for types of values that nobody has named.
std::string ValueName(std::string_view type) {
  if (type == "UINT" || type == "INT") return "N";
  if (type == "FLOAT") return "NUMBER";
  return std::string(type);
}

std::vector<std::string> Names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// CLI11 keeps what a check allows in its description alone: "{text,json}", "UINT in [0 - 10]".
void ReadChecks(std::string_view checks, Argument& argument) {
  if (checks.starts_with("{") && checks.ends_with("}")) {
    argument.choices = Split(checks.substr(1, checks.size() - 2), ',');
  }
  const auto bounds = checks.find(" in [");
  if (bounds != std::string_view::npos && checks.ends_with("]")) {
    checks.remove_prefix(bounds + std::string_view(" in [").size());
    checks.remove_suffix(1);
    argument.limits = Replaced(checks, " - ", " to ");
  }
}

Argument ReadArgument(const CLI::Option& option) {
  Argument argument;
  argument.names = Names(option);
  argument.description = option.get_description();
  argument.usual = option.get_default_str();
  argument.required = option.get_required();
  argument.repeated = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();  // "TEXT:{text,json}"
    const auto colon = type.find(':');
    argument.value = ValueName(std::string_view(type).substr(0, colon));
    if (colon != std::string::npos) ReadChecks(std::string_view(type).substr(colon + 1), argument);
  }
  // An argument without a name is called what CLI11 calls it, unless its type says more.
  if (argument.names.empty() && argument.value == "TEXT") {
    argument.value = option.get_single_name();
  }
  for (const CLI::Option* other : option.get_excludes()) {
    for (std::string& name : Names(*other)) argument.excludes.push_back(std::move(name));
  }
  std::ranges::sort(argument.excludes);
  return argument;
}

Command ReadCommandNamed(const CLI::App& app, std::string name) {
  Command command;
  command.name = std::move(name);
  command.description = app.get_description();
  // A command takes on the footer of the one above.
  const CLI::App* const parent = app.get_parent();
  if (parent == nullptr || parent->get_footer() != app.get_footer()) {
    command.footer = app.get_footer();
  }
  command.needs_command = app.get_require_subcommand_min() > 0;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // CLI11 hides what has no group
    Argument argument = ReadArgument(*option);
    (argument.names.empty() ? command.arguments : command.options).push_back(std::move(argument));
  }
  for (const CLI::App* below : app.get_subcommands({})) {
    if (below->get_group().empty()) continue;
    command.commands.push_back(ReadCommandNamed(*below, Cat(command.name, " ", below->get_name())));
  }
  return command;
}

}  // namespace

Command ReadCommand(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* above = app.get_parent(); above != nullptr; above = above->get_parent()) {
    name = Cat(above->get_name(), " ", name);
  }
  return ReadCommandNamed(app, std::move(name));
}

std::string_view LastWord(const Command& command) {
  const std::string_view name = command.name;
  return name.substr(name.rfind(' ') + 1);
}

const Command* FindCommand(const Command& command, std::string_view word) {
  const auto found = std::ranges::find(command.commands, word, LastWord);
  return found == command.commands.end() ? nullptr : &*found;
}

}  // namespace kvm_model::cli
