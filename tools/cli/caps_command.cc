#include "tools/cli/caps_command.h"

#include <functional>
#include <ostream>

#include "CLI/CLI.hpp"

namespace kvm_model::cli {

void AddCapsCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App* caps = app.add_subcommand("caps", "What KVM_CHECK_EXTENSION answers.");
  caps->require_subcommand(1);
  AddCapsGet(*caps, out, err, run);
  AddCapsList(*caps, out, err, run);
  AddCapsDiff(*caps, out, err, run);
  AddCapsExplain(*caps, out, err, run);
  AddCapsHosts(*caps, out, err, run);
  AddCapsRequire(*caps, out, err, run);
}

}  // namespace kvm_model::cli
