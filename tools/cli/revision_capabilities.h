// What KVM_CHECK_EXTENSION answers otherwise on another revision, on an architecture's default
// host.
#ifndef KVM_MODEL_TOOLS_CLI_REVISION_CAPABILITIES_H_
#define KVM_MODEL_TOOLS_CLI_REVISION_CAPABILITIES_H_

#include <string>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "tools/cli/capability_query.h"

namespace kvm_model::cli {

struct CapabilityChange {
  CapabilityAnswer from;
  CapabilityAnswer to;
  // Who answers so: "/dev/kvm", and the types of VMs by name.
  std::vector<std::string> askers;
};

// In order of number; who is answered alike is one entry. Of VMs, those of types that both hosts
// can create.
std::vector<CapabilityChange> CapabilityChanges(const Arch& arch, const Revision& from,
                                                const Revision& to);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_REVISION_CAPABILITIES_H_
