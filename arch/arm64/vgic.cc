#include "arch/arm64/vgic.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "arch/arm64/facts.h"
#include "arch/arm64/vm.h"
#include "kvm_model/anonymous_file.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/unhandled_ioctl.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::arm64 {
namespace {

using uapi::Errno;

std::string_view NameOf(std::uint32_t type) {
  switch (type) {
    case uapi::kDevTypeArmVgicV2:
      return "kvm-arm-vgic-v2";
    case uapi::kDevTypeArmVgicV3:
      return "kvm-arm-vgic-v3";
    default:
      return "kvm-arm-vgic-its";
  }
}

// An open descriptor of a controller (kvm_device_fops), which holds on to its VM.
class VgicFile final : public AnonymousFile {
 public:
  VgicFile(std::shared_ptr<const Vm> vm, std::uint32_t type)
      : AnonymousFile(vm->shared_kernel()), vm_(std::move(vm)), name_(NameOf(type)) {}

  std::string_view name() const override { return name_; }
  Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t) override {
    const Trail trail = caller.trail.In("kvm_device_ioctl");
    if (trail.If("the caller's mm is not the VM's", !vm_->BelongsTo(caller.mm)))
      return trail.Fail(Errno::kEIO);
    const ArchTraits& traits = vm_->host().arch().traits();
    return UnhandledIoctl(uapi::FindIoctl(request, traits.ioctl_encoding), uapi::FdKind::kDevice,
                          traits, Errno::kENOTTY, trail);
  }

 private:
  const std::shared_ptr<const Vm> vm_;
  const std::string_view name_;
};

// The vCPUs' own interrupts, one allocation each.
bool AllocatePrivateIrqs(Vm& vm) ABSL_EXCLUSIVE_LOCKS_REQUIRED(vm.state_lock()) {
  for (std::size_t i = 0; i < vm.state().vcpu_ids.size(); ++i) {
    if (!vm.kernel().allocations().Allocate()) return false;
  }
  return true;
}

Result<> CreateVgic(Vm& vm, std::uint32_t type, const Trail& caller)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(vm.state_lock()) {
  const Trail trail = caller.In("kvm_vgic_create");
  if (type == uapi::kDevTypeArmVgicV2 &&
      trail.If("!can_emulate_gicv2", !FactsOf(vm.host()).can_emulate_gicv2))
    return trail.Fail(Errno::kENODEV);
  if (trail.If("irqchip_in_kernel(kvm)", StateOf(vm).irqchip_in_kernel))
    return trail.Fail(Errno::kEEXIST);
  const std::uint64_t most = type == uapi::kDevTypeArmVgicV2 ? kVgicV2MaxCpus : kVgicV3MaxCpus;
  vm.LimitVcpus(most);
  trail.Effect("the VM is limited to the vCPUs that this GIC serves", {{"max_vcpus", most}});
  const std::size_t online = vm.state().vcpu_ids.size();
  if (trail.If("online_vcpus > max_vcpus", online > most,
               {{"online_vcpus", online}, {"max_vcpus", most}}))
    return trail.Fail(Errno::kE2BIG);
  if (vm.host().revision().arm64_gic_makes_private_irqs &&
      trail.If("memory for the vCPUs' interrupts is short", !AllocatePrivateIrqs(vm))) {
    trail.Note(Certainty::kInferred, "no GIC is left behind");
    return trail.Fail(Errno::kENOMEM);
  }
  StateOf(vm).irqchip_in_kernel = true;
  trail.Effect("the VM has a GIC", {{"type", type}});
  return {};
}

Result<> CreateIts(Vm& vm, const Trail& caller) {
  const Trail trail = caller.In("vgic_its_create");
  if (trail.If("memory for the ITS is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  StateOf(vm).msis_require_devid.store(true, std::memory_order_relaxed);
  trail.Effect("MSIs of the VM need a device id");
  return {};
}

bool IsRegistered(const Facts& facts, std::uint32_t type) {
  switch (type) {
    case uapi::kDevTypeArmVgicV2:
      return facts.can_emulate_gicv2;
    case uapi::kDevTypeArmVgicV3:
    case uapi::kDevTypeArmVgicIts:
      return facts.can_emulate_gicv3;
    default:
      return false;
  }
}

}  // namespace

Result<std::int64_t> CreateIrqchip(Vm& vm, const Trail& trail) {
  if (trail.If("!vgic_present", !FactsOf(vm.host()).vgic_present)) return trail.Fail(Errno::kENXIO);
  MutexLock lock(vm.state_lock());
  const Result<> made = CreateVgic(vm, uapi::kDevTypeArmVgicV2, trail);
  if (!made) return Failure(made.error());
  return trail.Answer(0);
}

Result<std::shared_ptr<File>> CreateVgicDevice(const std::shared_ptr<Vm>& vm, std::uint32_t type,
                                               bool test, const Trail& trail) {
  if (type == uapi::kDevTypeVfio) {
    if (test) return std::shared_ptr<File>();
    trail.Note(Certainty::kNotModelled, "KVM_DEV_TYPE_VFIO");
    return trail.Fail(Errno::kENOSYS);
  }
  if (trail.If("no device of that type is registered", !IsRegistered(FactsOf(vm->host()), type),
               {{"type", type}}))
    return trail.Fail(Errno::kENODEV);
  if (test) return std::shared_ptr<File>();
  if (trail.If("memory for the device is short", !vm->kernel().allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  MutexLock lock(vm->state_lock());
  const Result<> made =
      type == uapi::kDevTypeArmVgicIts ? CreateIts(*vm, trail) : CreateVgic(*vm, type, trail);
  if (!made) return Failure(made.error());
  return std::make_shared<VgicFile>(vm, type);
}

}  // namespace kvm_model::arm64
