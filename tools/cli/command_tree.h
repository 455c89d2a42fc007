// The commands as data: what CLI11 was told of them, for manual pages and for completion.
#ifndef KVM_MODEL_TOOLS_CLI_COMMAND_TREE_H_
#define KVM_MODEL_TOOLS_CLI_COMMAND_TREE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// An option, or an argument without a name.
struct Argument {
  std::vector<std::string> names;  // "-h", "--help"; empty for an argument without a name
  // What stands for its value, as "HOST"; empty for a flag. It says what values there are, too.
  std::string value;
  std::vector<std::string> choices;  // where only some values are allowed
  std::string limits;                // "0 to 10"
  std::string usual;                 // the default; empty: none is told
  std::string description;
  std::vector<std::string> excludes;  // names of others
  bool required = false;
  bool repeated = false;
};

struct Command {
  std::string name;  // "kvmsim caps get"
  std::string description;
  std::string footer;  // empty where it is the one of the command above
  std::vector<Argument> options;
  std::vector<Argument> arguments;
  std::vector<Command> commands;
  bool needs_command = false;  // it does nothing without one of `commands`
};

// The application or one of its commands, with all commands below.
Command ReadCommand(const CLI::App& app);

// "get" of "kvmsim caps get".
std::string_view LastWord(const Command& command);

// The command below by its last word; null where there is none.
const Command* FindCommand(const Command& command, std::string_view word);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_COMMAND_TREE_H_
