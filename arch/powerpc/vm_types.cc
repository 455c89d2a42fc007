#include <cstdint>
#include <span>

#include "arch/powerpc/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = 0, .name = "DEFAULT"},
    {.number = uapi::kVmPpcHv, .name = "HV"},
    {.number = uapi::kVmPpcPr, .name = "PR"},
};

}  // namespace

std::span<const VmType> Powerpc::named_vm_types() const { return kVmTypes; }

// Type 0 takes the HV module when it is loaded, and the PR module otherwise.
Result<VmType> Powerpc::InitVm(const Host& host, std::uint64_t type, const Trail& trail) const {
  const bool hv = host["CONFIG_KVM_BOOK3S_64_HV"] != 0;
  const bool pr = host["CONFIG_KVM_BOOK3S_64_PR"] != 0;
  if (trail.If("type > KVM_VM_PPC_PR", type > uapi::kVmPpcPr, {{"type", type}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  const bool served = type == uapi::kVmPpcHv ? hv : type == uapi::kVmPpcPr ? pr : hv || pr;
  if (!trail.If("a module for this type is loaded", served, {{"hv", hv}, {"pr", pr}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return kVmTypes[type];
}

}  // namespace kvm_model
