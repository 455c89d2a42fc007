// The devices of a riscv VM.
#include <cstdint>
#include <memory>

#include "arch/riscv/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {

Result<std::shared_ptr<File>> Riscv::CreateDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                                  bool test, const Trail& trail) const {
  if (type == uapi::kDevTypeVfio && !trail.If("CONFIG_KVM_VFIO", vm->host().revision().riscv_vfio))
    return trail.Fail(uapi::Errno::kENODEV);
  return GenericArch::CreateDevice(vm, type, test, trail);
}

}  // namespace kvm_model
