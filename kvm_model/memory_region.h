// KVM_SET_USER_MEMORY_REGION and KVM_SET_USER_MEMORY_REGION2: memslots are created, moved, changed
// and deleted.
#ifndef KVM_MODEL_KVM_MODEL_MEMORY_REGION_H_
#define KVM_MODEL_KVM_MODEL_MEMORY_REGION_H_

#include "kvm_model/fd_table.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

// Applies a region whose argument has been copied in; the first form of the ioctl leaves
// guest_memfd and its offset zero. Addresses and sizes are bytes. `fds` is where region.guest_memfd
// is looked up. EINVAL, EEXIST (the gfns overlap another slot), EBADF (guest_memfd is not open),
// ENOMEM, and the architecture's own: the order of the checks is the kernel's, one line each in the
// source. A failing call changes nothing, but that a move which gets as far as the architecture has
// dropped the slot's old place from the guest's page tables. Models
// kvm_vm_ioctl_set_memory_region() and kvm_set_memory_region() (linux-7.0).
Result<> SetUserMemoryRegion(Vm& vm, const uapi::kvm_userspace_memory_region2& region,
                             const FdTable& fds, const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MEMORY_REGION_H_
