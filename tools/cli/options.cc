#include "tools/cli/options.h"

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"

namespace kvm_model::cli {

Option Option::ValueName(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::Description(const std::string& text) const {
  option_->description(text);
  return *this;
}

Option Option::ShowDefault() const {
  option_->capture_default_str();
  return *this;
}

Option Option::Required() const {
  option_->required();
  return *this;
}

Option Option::Excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

Option Option::OneValueEach() const {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::OneOf(const std::vector<std::string>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::Between(std::uint64_t first, std::uint64_t last) const {
  option_->check(CLI::Range(first, last));
  return *this;
}

Option Option::Check(const std::function<std::string(const std::string&)>& problem) const {
  option_->check(problem);
  return *this;
}

Option AddOption(CLI::App& command, const std::string& name, OptionValue value,
                 const std::string& description) {
  return std::visit(
      [&]<typename T>(std::reference_wrapper<T> target) {
        if constexpr (std::same_as<T, bool>) {
          return Option(command.add_flag(name, target.get(), description));
        } else {
          return Option(command.add_option(name, target.get(), description));
        }
      },
      value);
}

void TellOption(CLI::App& command, const std::string& name, const std::string& value_name,
                const std::string& description) {
  if (value_name.empty()) {
    command.add_flag(name, description);
    return;
  }
  CLI::Option* const option =
      command.add_option_function<std::string>(name, [](const std::string&) {}, description);
  option->type_name(value_name);
  if (option->get_positional()) option->required();
}

CLI::App& AddCommand(CLI::App& above, const std::string& name, const std::string& description) {
  return *above.add_subcommand(name, description);
}

void RequireCommand(CLI::App& command) { command.require_subcommand(1); }

void SetFooter(CLI::App& command, const std::string& text) { command.footer(text); }

void SetAction(CLI::App& command, std::function<int()>& run, std::function<int()> action) {
  command.callback([&command, &run, action = std::move(action)] {
    if (command.get_subcommands().empty()) run = action;
  });
}

}  // namespace kvm_model::cli
