#include <cstdint>
#include <span>

#include "arch/s390/arch.h"
#include "arch/s390/facts.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

constexpr VmType kVmTypes[] = {
    {.number = 0, .name = "DEFAULT"},
    {.number = uapi::kVmS390Ucontrol, .name = "UCONTROL"},
};

}  // namespace

std::span<const VmType> S390::named_vm_types() const { return kVmTypes; }

// Whoever controls a VM's address translation needs CAP_SYS_ADMIN.
Result<VmType> S390::InitVm(const Host& host, const Privileges& privileges, std::uint64_t type,
                            const Trail& trail) const {
  if (trail.If("CONFIG_KVM_S390_UCONTROL", s390::FactsOf(host).ucontrol)) {
    if (trail.If("type & ~KVM_VM_S390_UCONTROL", (type & ~uapi::kVmS390Ucontrol) != 0,
                 {{"type", type}}))
      return trail.Fail(uapi::Errno::kEINVAL);
    if (trail.If("(type & KVM_VM_S390_UCONTROL) && !capable(CAP_SYS_ADMIN)",
                 type == uapi::kVmS390Ucontrol && !privileges.sys_admin))
      return trail.Fail(uapi::Errno::kEINVAL);
  } else if (trail.If("type != 0", type != 0, {{"type", type}})) {
    return trail.Fail(uapi::Errno::kEINVAL);
  }
  return kVmTypes[type];
}

// kvm_arch_prepare_memory_region(): a user-controlled VM takes no slots. The machine's memory is
// taken to set no limit.
Result<> S390::PrepareMemoryRegion(const Vm& vm, const MemoryRegionChange& change,
                                   const Trail& caller) const {
  constexpr std::uint64_t kSegmentMask = (std::uint64_t{1} << 20) - 1;
  const Trail trail = caller.In("kvm_arch_prepare_memory_region");
  if (trail.If("the VM is user-controlled", vm.type().number == uapi::kVmS390Ucontrol))
    return trail.Fail(uapi::Errno::kEINVAL);
  const bool places = change.kind == MemoryRegionChange::Kind::kCreate ||
                      change.kind == MemoryRegionChange::Kind::kMove;
  if (!vm.host().revision().s390_memslots_are_segments || !places) return {};
  if (trail.If("userspace_addr is no multiple of 1 MiB",
               (change.userspace_addr & kSegmentMask) != 0,
               {{"userspace_addr", change.userspace_addr}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  const std::uint64_t bytes = change.npages << vm.host().facts().page_shift;
  if (trail.If("the size is no multiple of 1 MiB", (bytes & kSegmentMask) != 0, {{"size", bytes}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  return {};
}

}  // namespace kvm_model
