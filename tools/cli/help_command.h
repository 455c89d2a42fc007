// kvmsim help and kvmsim completion: what the command tells of itself.
#ifndef KVM_MODEL_TOOLS_CLI_HELP_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_HELP_COMMAND_H_

#include <functional>
#include <ostream>
#include <string_view>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the command to `app`, of whose commands it tells when it is chosen. When it is, `run` is set
// to what does it and returns the exit code. `version` is kvmsim's.
void AddHelpCommand(CLI::App& app, std::string_view version, std::ostream& out, std::ostream& err,
                    std::function<int()>& run);

// The same for the command that prints a shell's completion.
void AddCompletionCommand(CLI::App& app, std::ostream& out, std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_HELP_COMMAND_H_
