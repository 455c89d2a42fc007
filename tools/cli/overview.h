// kvmsim without arguments: the main job, on one screen.
#ifndef KVM_MODEL_TOOLS_CLI_OVERVIEW_H_
#define KVM_MODEL_TOOLS_CLI_OVERVIEW_H_

#include <ostream>
#include <string>

namespace kvm_model::cli {

// Does the model conform, what can a guest_memfd do here, what does a conversion look like, and how
// fast is it. `benchmark` is the benchmark program, or empty when it isn't there. Returns the exit
// code of the conformance run.
int PrintOverview(const std::string& benchmark, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_OVERVIEW_H_
