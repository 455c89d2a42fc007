// kvmsim explain: what a rule, an errno of a call, a term, a capability or a setting means, and why
// a call of a scenario fails.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Parsing the command sets `run` to what it does; the streams must outlive it.
void AddExplainCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                       std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_COMMAND_H_
