#include "arch/generic/generic_arch.h"

#include <cstdint>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

int GenericArch::MaxAddressSpaces(const Host&) const { return 1; }

int GenericArch::AddressSpaces(const Host& host, const VmType&) const {
  return MaxAddressSpaces(host);
}

std::uint64_t GenericArch::DirtyLogManualCaps(const Host&) const {
  return uapi::kDirtyLogManualProtectEnable;
}

std::uint32_t GenericArch::CpuDirtyLogSize(const Host&) const { return 0; }

Result<std::int64_t> GenericArch::EnableCap(Vm&, const uapi::kvm_enable_cap& cap,
                                            const Trail& trail) const {
  trail.If("the architecture enables nothing on a VM", true, {{"cap", cap.cap}});
  return trail.Fail(uapi::Errno::kEINVAL);
}

bool GenericArch::SupportsGmemInitShared(const Host&, const VmType&, const Trail& caller) const {
  const Trail trail = caller.In("kvm_arch_supports_gmem_init_shared");
  trail.Note(Certainty::kInferred, "the weak default is true");
  return true;
}

Result<> GenericArch::PrepareMemoryRegion(const Vm&, const MemoryRegionChange&,
                                          const Trail&) const {
  return {};
}

bool GenericArch::CanPreFault(const Host&) const { return false; }

}  // namespace kvm_model
