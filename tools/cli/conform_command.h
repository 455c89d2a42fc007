// kvmsim conform: the whole conformance suite as one report.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_COMMAND_H_

#include <functional>
#include <ostream>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Parsing the command sets `run` to what it does; the streams must outlive it. While it runs,
// SIGINT ends the run after the scenarios that are under way.
void AddConformCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                       std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_COMMAND_H_
