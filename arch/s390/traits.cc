#include <cstdint>

#include "arch/s390/arch.h"
#include "arch/s390/facts.h"
#include "kvm_model/allocations.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

const ArchTraits& S390::traits() const {
  static constexpr std::uint32_t kDeviceTypes[] = {uapi::kDevTypeVfio, uapi::kDevTypeFlic};
  static constexpr ArchTraits kTraits = {
      .name = "s390",
      .vfs_numbering = uapi::VfsNumbering::kS390,
      .ioctl_arch = uapi::IoctlArch::kS390,
      .unknown_device_ioctl = uapi::Errno::kEINVAL,
      .unknown_vm_ioctl = uapi::Errno::kENOTTY,
      .unknown_vcpu_ioctl = uapi::Errno::kENOTTY,
      .user_mem_slots_inferred = true,
      .user_address_end = std::uint64_t{1} << 53,
      .has_readonly_mem = false,
      .device_types = kDeviceTypes,
      .pre_faults_whole_ranges = true,
  };
  return kTraits;
}

std::uint32_t S390::UserMemSlots(const Revision& revision) const {
  return revision.s390_internal_memslot ? uapi::kMemSlotsNum - 1 : uapi::kMemSlotsNum;
}

bool S390::HasPreFaultMemory(const Revision& revision) const {
  return revision.s390_pre_fault_memory;
}

// kvm_arch_vcpu_pre_fault_memory() (posted patches): what it can't allocate is EIO, like all else.
Result<> S390::PreparePreFault(const Vm& vm, const Trail& trail) const {
  if (trail.If("kvm_is_ucontrol(kvm)", vm.type().number == uapi::kVmS390Ucontrol))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("memory for page tables is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(uapi::Errno::kEIO);
  return {};
}

std::uint64_t S390::MaxVcpus(const Host& host, const VmType&) const {
  return s390::VcpuLimit(host, Trail(nullptr));
}

std::uint64_t S390::MaxVcpuIds(const Host& host) const {
  return s390::VcpuLimit(host, Trail(nullptr));
}

Result<> S390::CheckDirtyLog(const Vm& vm, const Trail& trail) const {
  if (trail.If("kvm_is_ucontrol(kvm)", vm.type().number == uapi::kVmS390Ucontrol))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

}  // namespace kvm_model
