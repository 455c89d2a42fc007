#include "tools/cli/caps_command.h"

#include <functional>
#include <ostream>

#include "tools/cli/options.h"

namespace kvm_model::cli {

void AddCapsCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App& caps = AddCommand(app, "caps", "What KVM_CHECK_EXTENSION answers.");
  RequireCommand(caps);
  AddCapsGet(caps, out, err, run);
  AddCapsList(caps, out, err, run);
  AddCapsDiff(caps, out, err, run);
  AddCapsExplain(caps, out, err, run);
  AddCapsHosts(caps, out, err, run);
  AddCapsRequire(caps, out, err, run);
}

}  // namespace kvm_model::cli
