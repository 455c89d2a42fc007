// A scenario as it stands with another host line.
#ifndef KVM_MODEL_TOOLS_SCENARIO_WITH_HOST_H_
#define KVM_MODEL_TOOLS_SCENARIO_WITH_HOST_H_

#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

// The same lines under that host line: a name means what it means there, as it does to a program
// that is compiled with that kernel's header. One that has no meaning there keeps its number.
Scenario WithHost(const Scenario& written, HostLine host);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_WITH_HOST_H_
