// kvmsim serve: a page on which a guest_memfd is drawn, given by a server of its own.
#ifndef KVM_MODEL_TOOLS_CLI_SERVE_COMMAND_H_
#define KVM_MODEL_TOOLS_CLI_SERVE_COMMAND_H_

#include <functional>
#include <ostream>
#include <string>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// Adds the command to `app`; when it is chosen, `run` becomes what starts `server`, a program: its
// output and exit code are the command's. `server` is empty where it isn't there.
void AddServeCommand(CLI::App& app, const std::string& server, std::ostream& err,
                     std::function<int()>& run);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_SERVE_COMMAND_H_
