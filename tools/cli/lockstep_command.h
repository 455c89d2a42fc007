// kvmsim lockstep: random operations on the model and on the machine's /dev/kvm, compared call by
// call.
#ifndef KVM_MODEL_TOOLS_CLI_LOCKSTEP_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_LOCKSTEP_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the command to `app`. When it is chosen, `run` is set to what does it and returns the exit
// code.
void AddLockstepCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                        std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_LOCKSTEP_COMMAND_H_
