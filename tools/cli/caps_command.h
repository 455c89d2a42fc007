// kvmsim caps: what KVM_CHECK_EXTENSION answers. Each subcommand is a file of its own,
// caps_NAME.cc.
#ifndef KVM_MODEL_TOOLS_CLI_CAPS_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_CAPS_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the command to `app`. When it is chosen, `run` is set to what does it and returns the exit
// code.
void AddCapsCommand(CLI::App& app, std::ostream& out, std::ostream& err, std::function<int()>& run);

// The subcommands, each added to `caps` in the same way.
void AddCapsGet(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run);
void AddCapsList(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run);
void AddCapsDiff(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run);
void AddCapsExplain(CLI::App& caps, std::ostream& out, std::ostream& err,
                    std::function<int()>& run);
void AddCapsHosts(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run);
void AddCapsRequire(CLI::App& caps, std::ostream& out, std::ostream& err,
                    std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPS_COMMAND_H_
