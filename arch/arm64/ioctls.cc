// The ioctls of a VM that are arm64's own, and what goes with them when VMs and vCPUs are made.
#include "uapi/ioctls.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "arch/arm64/arch.h"
#include "arch/arm64/pkvm.h"
#include "arch/arm64/vgic.h"
#include "arch/arm64/vm.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/errno.h"

namespace kvm_model {

std::unique_ptr<ArchVm> Arm64::MakeVm(const Host&, const VmType&) const {
  return std::make_unique<arm64::VmState>();
}

// A GIC that is initialized, which its own ioctls do, would refuse the vCPU first.
Result<> Arm64::PrecreateVcpu(Vm& vm, std::uint64_t id, const Trail& trail) const {
  if (trail.If("id >= kvm->max_vcpus", id >= vm.max_vcpus(),
               {{"id", id}, {"max_vcpus", vm.max_vcpus()}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

// The gate's refusal and the answer to an unknown ioctl are both EINVAL, so that only ioctls with a
// capability are asked about: others belong to the generic function.
IoctlAnswer Arm64::VmIoctl(Vm& vm, Caller&, uapi::IoctlId id, std::uint64_t,
                           const Trail& trail) const {
  const std::string_view name = uapi::GetIoctl(id).name;
  if (arm64::CapabilityOfIoctl(name).has_value() && arm64::PkvmRefusesIoctl(vm, name, trail))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (id == uapi::Ioctl("KVM_CREATE_IRQCHIP")) return arm64::CreateIrqchip(vm, trail);
  return std::nullopt;
}

Result<std::shared_ptr<File>> Arm64::CreateDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                                  bool test, const Trail& trail) const {
  return arm64::CreateVgicDevice(vm, type, test, trail);
}

}  // namespace kvm_model
