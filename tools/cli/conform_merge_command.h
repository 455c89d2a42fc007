// kvmsim conform merge: the reports of several runs as one.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds it below `conform`. `run` is set when it was chosen.
void AddConformMergeCommand(CLI::App& conform, std::ostream& out, std::ostream& err,
                            std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_MERGE_COMMAND_H_
