#include "arch/arm64/pkvm.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "arch/arm64/facts.h"
#include "arch/arm64/vm.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/capabilities.h"

namespace kvm_model::arm64 {
namespace {

using uapi::Cap;

struct IoctlCapability {
  std::string_view ioctl;
  std::int64_t capability;
};

constexpr IoctlCapability kIoctlCapabilities[] = {
    {"KVM_CREATE_IRQCHIP", Cap("KVM_CAP_IRQCHIP")},
    {"KVM_ARM_SET_DEVICE_ADDR", Cap("KVM_CAP_ARM_SET_DEVICE_ADDR")},
    {"KVM_ARM_MTE_COPY_TAGS", Cap("KVM_CAP_ARM_MTE")},
    {"KVM_SET_DEVICE_ATTR", Cap("KVM_CAP_DEVICE_CTRL")},
    {"KVM_GET_DEVICE_ATTR", Cap("KVM_CAP_DEVICE_CTRL")},
    {"KVM_HAS_DEVICE_ATTR", Cap("KVM_CAP_DEVICE_CTRL")},
    {"KVM_ARM_SET_COUNTER_OFFSET", Cap("KVM_CAP_COUNTER_OFFSET")},
    {"KVM_ARM_GET_REG_WRITABLE_MASKS", Cap("KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES")},
    {"KVM_ARM_PREFERRED_TARGET", Cap("KVM_CAP_NR_VCPUS")},
};

// What every VM may use.
bool OnTheList(std::int64_t capability) {
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
    case Cap("KVM_CAP_ARM_PSCI"):
    case Cap("KVM_CAP_ARM_PSCI_0_2"):
    case Cap("KVM_CAP_NR_VCPUS"):
    case Cap("KVM_CAP_MAX_VCPUS"):
    case Cap("KVM_CAP_MAX_VCPU_ID"):
    case Cap("KVM_CAP_MSI_DEVID"):
    case Cap("KVM_CAP_ARM_VM_IPA_SIZE"):
    case Cap("KVM_CAP_ARM_PTRAUTH_ADDRESS"):
    case Cap("KVM_CAP_ARM_PTRAUTH_GENERIC"):
      return true;
    default:
      return false;
  }
}

// What 6.12's list holds besides.
bool OnTheOlderList(std::int64_t capability) {
  return capability == Cap("KVM_CAP_ARM_PMU_V3") || capability == Cap("KVM_CAP_ARM_SVE");
}

bool AllowedOnProtectedVmsAlone(PkvmScope scope, std::int64_t capability, const Trail& caller) {
  if (!caller.If("kvm && kvm_vm_is_protected(kvm)", scope == PkvmScope::kProtectedVm)) return true;
  const Trail trail = caller.In("kvm_pvm_ext_allowed");
  trail.Note(Certainty::kInferred, "the list is that of 6.12");
  return trail.If("the capability is on the list of protected VMs",
                  OnTheList(capability) || OnTheOlderList(capability));
}

PkvmScope ScopeOf(const Vm& vm) {
  return IsProtected(vm) ? PkvmScope::kProtectedVm : PkvmScope::kVm;
}

}  // namespace

bool PkvmAllows(const Revision& revision, PkvmScope scope, std::int64_t capability,
                const Trail& caller) {
  if (!revision.pkvm_gate_covers_host) {
    return AllowedOnProtectedVmsAlone(scope, capability, caller);
  }
  const Trail trail = caller.In("kvm_pkvm_ext_allowed");
  trail.Note(Certainty::kInferred, "the list is that of 7.2");
  if (trail.If("the capability is on the list of every VM", OnTheList(capability))) return true;
  if (trail.If("the capability is ARM_MTE", capability == Cap("KVM_CAP_ARM_MTE"))) return false;
  return trail.If("!kvm || !kvm_vm_is_protected(kvm)", scope != PkvmScope::kProtectedVm);
}

bool PkvmAllowsIoctl(const Revision& revision, PkvmScope scope, std::string_view ioctl,
                     const Trail& caller) {
  if (!revision.pkvm_gate_covers_host) return true;
  const Trail trail = caller.In("kvm_pkvm_ioctl_allowed");
  const std::optional<std::int64_t> capability = CapabilityOfIoctl(ioctl);
  if (trail.If("no capability stands for the ioctl", !capability.has_value())) return false;
  return PkvmAllows(revision, scope, *capability, trail);
}

bool PkvmHides(const Host& host, const Vm* vm, std::int64_t capability, const Trail& trail) {
  const Revision& revision = host.revision();
  const PkvmScope scope = vm == nullptr ? PkvmScope::kSystem : ScopeOf(*vm);
  if (revision.pkvm_gate_covers_host && !trail.If("is_protected_kvm_enabled()", FactsOf(host).pkvm))
    return false;
  return !PkvmAllows(revision, scope, capability, trail);
}

bool PkvmRefusesIoctl(const Vm& vm, std::string_view ioctl, const Trail& trail) {
  const Host& host = vm.host();
  if (!trail.If("is_protected_kvm_enabled()", FactsOf(host).pkvm)) return false;
  return !PkvmAllowsIoctl(host.revision(), ScopeOf(vm), ioctl, trail);
}

std::optional<std::int64_t> CapabilityOfIoctl(std::string_view ioctl) {
  const auto* const found = std::ranges::find(kIoctlCapabilities, ioctl, &IoctlCapability::ioctl);
  if (found == std::end(kIoctlCapabilities)) return std::nullopt;
  return found->capability;
}

}  // namespace kvm_model::arm64
