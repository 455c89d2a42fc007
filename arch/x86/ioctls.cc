// What an x86 VM's descriptor takes besides the generic ioctls, as far as capabilities depend on
// it (kvm_arch_vm_ioctl(), linux-7.0).
#include "uapi/ioctls.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "arch/x86/arch.h"
#include "arch/x86/facts.h"
#include "arch/x86/vm.h"
#include "kvm_model/allocations.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Errno;

// The PIC, the IOAPIC and local APICs in the kernel. The argument is not looked at.
Result<std::int64_t> CreateIrqchip(Vm& vm, const Trail& trail) {
  x86::VmState& state = x86::StateOf(vm);
  MutexLock lock(vm.state_lock());
  if (trail.If("irqchip_in_kernel(kvm)", state.irqchip_in_kernel()))
    return trail.Fail(Errno::kEEXIST);
  if (trail.If("kvm->arch.has_protected_eoi: a trust domain", vm.type().number == uapi::kX86TdxVm))
    return trail.Fail(Errno::kENOTTY);
  if (trail.If("a vCPU was created", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEINVAL);
  if (const Result<> allocated = AllocateEach(vm.kernel(),
                                              {{"memory for the PIC is short"},
                                               {"memory for the IOAPIC is short"},
                                               {"memory for the default routing is short"}},
                                              trail);
      !allocated) {
    return Failure(allocated.error());
  }
  state.irqchip_mode.store(x86::IrqchipMode::kKernel, std::memory_order_relaxed);
  trail.Effect("the interrupt controllers are in the kernel");
  return trail.Answer(0);
}

Result<std::int64_t> SetBootCpuId(Vm& vm, std::uint64_t id, const Trail& trail) {
  x86::VmState& state = x86::StateOf(vm);
  MutexLock lock(vm.state_lock());
  if (trail.If("a vCPU was created", !vm.state().vcpu_ids.empty()))
    return trail.Fail(Errno::kEBUSY);
  if (trail.If("arg > KVM_MAX_VCPU_IDS", id > vm.host().arch().MaxVcpuIds(vm.host()),
               {{"arg", id}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("arg > kvm->arch.max_vcpu_ids, which is set",
               state.max_vcpu_ids != 0 && id > state.max_vcpu_ids,
               {{"arg", id}, {"max_vcpu_ids", state.max_vcpu_ids}}))
    return trail.Fail(Errno::kEINVAL);
  state.bsp_vcpu_id = id;
  return trail.Answer(0);
}

}  // namespace

IoctlAnswer X86::VmIoctl(Vm& vm, Caller&, uapi::IoctlId id, std::uint64_t arg,
                         const Trail& trail) const {
  switch (id) {
    case uapi::Ioctl("KVM_CREATE_IRQCHIP"):
      if (!trail.If("CONFIG_KVM_IOAPIC", x86::FactsOf(vm.host()).ioapic))
        return trail.Fail(traits().unknown_vm_ioctl);
      return CreateIrqchip(vm, trail);
    case uapi::Ioctl("KVM_SET_BOOT_CPU_ID"):
      return SetBootCpuId(vm, arg, trail);
    default:
      return std::nullopt;
  }
}

// The first vCPU settles the limit on ids.
Result<> X86::PrecreateVcpu(Vm& vm, std::uint64_t id, const Trail& trail) const {
  x86::VmState& state = x86::StateOf(vm);
  if (state.max_vcpu_ids == 0) state.max_vcpu_ids = MaxVcpuIds(vm.host());
  if (trail.If("id >= kvm->arch.max_vcpu_ids", id >= state.max_vcpu_ids,
               {{"id", id}, {"max_vcpu_ids", state.max_vcpu_ids}}))
    return trail.Fail(Errno::kEINVAL);
  return {};
}

// The VFIO bridge is always there.
Result<std::shared_ptr<File>> X86::CreateDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                                bool test, const Trail& trail) const {
  if (test) return nullptr;
  return GenericArch::CreateDevice(vm, type, test, trail);
}

}  // namespace kvm_model
