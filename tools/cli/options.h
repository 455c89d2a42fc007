// Commands and their options, told to CLI11, whose own header takes seconds to compile.
#ifndef KVM_MODEL_TOOLS_CLI_OPTIONS_H_
#define KVM_MODEL_TOOLS_CLI_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// An option that a command has, to say more of it.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  // What stands for its value in the help: "FILE".
  Option ValueName(const std::string& name) const;
  // What it is, instead of what was said first.
  Option Description(const std::string& text) const;
  // The help tells the value that it has now as the default.
  Option ShowDefault() const;
  // Without it the command is refused.
  Option Required() const;
  // With the other the command is refused.
  Option Excludes(Option other) const;
  // Given again, it takes one value more; never two at once.
  Option OneValueEach() const;

  // Other values are refused.
  Option OneOf(const std::vector<std::string>& values) const;
  // Numbers outside [first, last] are refused.
  Option Between(std::uint64_t first, std::uint64_t last) const;
  // Values are refused for which `problem` is other than empty: it says what is wrong with them.
  Option Check(const std::function<std::string(const std::string&)>& problem) const;

 private:
  CLI::Option* option_;
};

// Where the value of an option goes. What it refers to outlives the parsing.
template <typename T>
using ValueRef = std::reference_wrapper<T>;
using OptionValue = std::variant<ValueRef<std::string>, ValueRef<std::vector<std::string>>,
                                 ValueRef<std::uint64_t>, ValueRef<unsigned>, ValueRef<bool>>;

// `name` as "--format", or as "FILE" for an argument without a name. A bool's option has no value.
Option AddOption(CLI::App& command, const std::string& name, OptionValue value,
                 const std::string& description);

// An option that is told in the help alone: another program reads it. It has no value where
// `value_name` is empty.
void TellOption(CLI::App& command, const std::string& name, const std::string& value_name,
                const std::string& description);

// A command below another; it lives as long.
CLI::App& AddCommand(CLI::App& above, const std::string& name, const std::string& description);

// One of the commands below is needed.
void RequireCommand(CLI::App& command);

// What stands below the command's help.
void SetFooter(CLI::App& command, const std::string& text);

// Once the command is chosen, and none below it, `run` is `action`, which answers the exit code.
void SetAction(CLI::App& command, std::function<int()>& run, std::function<int()> action);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_OPTIONS_H_
