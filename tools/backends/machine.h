// What the machine's own KVM is, as far as it decides which scenarios can run on it.
//
// Cost: that of HostOfMachine(), some milliseconds; opens /dev/kvm once.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MACHINE_H_
#define KVM_MODEL_TOOLS_BACKENDS_MACHINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

struct Machine {
  std::string arch;     // As a host line names it; what uname says where the language has no name.
  std::string release;  // The kernel's: "6.18.44-...".
  std::string vendor;   // x86's vendor module: intel, amd or pvm; empty for none or another.
  std::string kvm_error;       // The errno that opening /dev/kvm gave; empty if it can be used.
  std::uint64_t vm_types = 1;  // Bit N: VMs of type N can be made.
  // Every setting of the host that the model makes of this machine, by name; empty where it is none
  // of the model's. A scenario may set these.
  std::map<std::string, std::string, std::less<>> settings = {};
  // The revision that scenarios are for, where it isn't the kernel's own; empty otherwise.
  std::string taken_for = {};
};

Machine ProbeMachine();

// Why this machine can't run the scenario, in words; nothing when it can.
std::optional<std::string> SkipReason(const Machine& machine, const Scenario& scenario);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MACHINE_H_
