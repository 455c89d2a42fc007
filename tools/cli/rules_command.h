// kvmsim rules: every rule of the specification, where it comes from and what shows it.
#ifndef KVM_MODEL_TOOLS_CLI_RULES_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_RULES_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Parsing the command sets `run` to what it does; the streams must outlive it.
void AddRulesCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                     std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_RULES_COMMAND_H_
