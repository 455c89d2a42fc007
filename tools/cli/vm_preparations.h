// Calls on a new VM after which KVM_CHECK_EXTENSION may answer otherwise.
#ifndef KVM_MODEL_TOOLS_CLI_VM_PREPARATIONS_H_
#define KVM_MODEL_TOOLS_CLI_VM_PREPARATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/cli/capability_query.h"

namespace kvm_model::cli {

struct VmPreparation {
  enum class Call : std::uint8_t { kCreateIrqchip, kCreateDevice, kEnableCap };
  std::string text;  // "KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP, 24)"
  Call call = Call::kCreateIrqchip;
  std::uint64_t number = 0;  // the device's type, or the capability
  std::uint64_t argument = 0;
};

// What to try on a VM of the architecture before `capability` is asked for: its own table of calls,
// and enabling the capability itself with 1, where some architecture can.
std::vector<VmPreparation> PreparationsFor(const Host& host, const CapabilityName& capability);

// Makes the call; false when the host refuses it.
bool Prepare(CapabilityAsker& vm, const VmPreparation& preparation);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_VM_PREPARATIONS_H_
