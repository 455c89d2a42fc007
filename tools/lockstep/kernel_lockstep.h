// KernelLockstep: worlds made on the model and on the machine's own kernel.
//
// The model is configured as the machine is (HostOfMachine); the kernel's answers are the
// reference. The calls are those of KernelAlphabet(), made in processes of their own, which bounds
// what a run may take of the machine (tools/backends/native_backend.h).
//
// Caveats: as the native backend's.
#ifndef KVM_MODEL_TOOLS_LOCKSTEP_KERNEL_LOCKSTEP_H_
#define KVM_MODEL_TOOLS_LOCKSTEP_KERNEL_LOCKSTEP_H_

#include <expected>
#include <memory>
#include <string>

#include "tools/backends/model_backend.h"
#include "tools/backends/native_backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {

class KernelLockstep {
 public:
  // In words, why this machine has no kernel to compare with: no /dev/kvm that can be opened, or a
  // kernel that is no revision of the model's.
  static std::expected<std::unique_ptr<KernelLockstep>, std::string> Create();

  const World& world() const { return world_; }
  // The host that is compared, as a host line has it.
  const std::string& host() const { return host_; }

 private:
  KernelLockstep() = default;

  Alphabet alphabet_;
  scenario::ModelBackend model_{1, scenario::ModelBackend::Record::kTrails};
  scenario::NativeBackend native_;
  World world_;
  std::string host_;
};

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TOOLS_LOCKSTEP_KERNEL_LOCKSTEP_H_
