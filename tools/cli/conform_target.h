// The suite as it is on one revision.
#ifndef KVM_MODEL_TOOLS_CLI_CONFORM_TARGET_H_
#define KVM_MODEL_TOOLS_CLI_CONFORM_TARGET_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/backends/machine.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// Moves the chosen scenarios of the suite to the revision's host, and takes those out of `chosen`
// that don't hold there: the revision has no such host, or the model answers otherwise.
void MoveToRevision(const Revision& revision, std::vector<scenario::Scenario>& suite,
                    std::vector<std::size_t>& chosen);

// Of the chosen scenarios, which are for the machine: those that hold on another host of its
// architecture and revision, but not on the machine's own as the model has it, with the reason. A
// machine whose host the model can't make has none.
std::map<std::size_t, std::string> ForOtherHosts(const scenario::Machine& machine,
                                                 const std::vector<scenario::Scenario>& suite,
                                                 const std::vector<std::size_t>& chosen);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CONFORM_TARGET_H_
