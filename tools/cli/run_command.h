// kvmsim run: scenario files on the model, on the machine's /dev/kvm, or on both.
#ifndef KVM_MODEL_TOOLS_CLI_RUN_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_RUN_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the command to `app`. When it is chosen, `run` is set to what does it and returns the exit
// code.
void AddRunCommand(CLI::App& app, std::ostream& out, std::ostream& err, std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_RUN_COMMAND_H_
