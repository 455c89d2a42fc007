#include <cstdint>
#include <span>

#include "arch/mips/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = uapi::kVmMipsAuto, .name = "DEFAULT"},
    {.number = uapi::kVmMipsVz, .name = "VZ"},
};

}  // namespace

std::span<const VmType> Mips::named_vm_types() const { return kVmTypes; }

Result<VmType> Mips::InitVm(const Host&, const Privileges&, std::uint64_t type,
                            const Trail& trail) const {
  if (trail.If("type is neither AUTO nor VZ", type != uapi::kVmMipsAuto && type != uapi::kVmMipsVz,
               {{"type", type}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return kVmTypes[type];
}

}  // namespace kvm_model
