// What a loongarch VM's descriptor takes besides the generic ioctls, and the devices it has.
#include "uapi/ioctls.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "arch/loongarch/arch.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"

namespace kvm_model {

// KVM_CREATE_IRQCHIP makes nothing: the controllers are devices.
IoctlAnswer Loongarch::VmIoctl(Vm& vm, Caller&, uapi::IoctlId id, std::uint64_t,
                               const Trail& trail) const {
  if (id != uapi::Ioctl("KVM_CREATE_IRQCHIP")) return std::nullopt;
  if (!trail.If("interrupt controllers are emulated", vm.host().revision().loongarch_irqchip))
    return trail.Fail(traits().unknown_vm_ioctl);
  trail.Note(Certainty::kInferred, "the answer is 7.2's");
  return trail.Answer(0);
}

Result<std::shared_ptr<File>> Loongarch::CreateDevice(const std::shared_ptr<Vm>& vm,
                                                      std::uint32_t type, bool test,
                                                      const Trail& trail) const {
  if (!trail.If("the revision has devices", vm->host().revision().loongarch_irqchip))
    return trail.Fail(uapi::Errno::kENODEV);
  return GenericArch::CreateDevice(vm, type, test, trail);
}

}  // namespace kvm_model
