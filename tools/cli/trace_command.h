// kvmsim trace: what `kvmsim run --trace` wrote, for a person and for Perfetto.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the subcommand; once chosen, `run` is what it does, and answers the exit code.
void AddTraceCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                     std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_COMMAND_H_
