// Memory attributes of guest physical pages: where they are looked up, and
// KVM_SET_MEMORY_ATTRIBUTES on a VM.
#ifndef KVM_MODEL_KVM_MODEL_MEMORY_ATTRIBUTES_H_
#define KVM_MODEL_KVM_MODEL_MEMORY_ATTRIBUTES_H_

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

// The attributes of a gfn, from the store that this host uses: the VM's own while per-VM attributes
// are in use; otherwise those of the guest_memfd behind the gfn's memslot (0 without one, and once
// it is closed); 0 on builds without memory attributes. Models kvm_get_memory_attributes() and its
// static call (rfc-v4, patches 04 and 05).
Attributes GfnAttributes(const Vm& vm, PageIndex gfn, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock());

// kvm_mem_is_private().
bool GfnIsPrivate(const Vm& vm, PageIndex gfn, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock());

// KVM_SET_MEMORY_ATTRIBUTES and, for revisions that have it on a VM, KVM_SET_MEMORY_ATTRIBUTES2,
// once the arguments are copied in; the first form leaves everything past `flags` zero. `address`
// and `size` are bytes; no memslot has to exist. EINVAL: one line a rule in the source. ENOMEM:
// nothing changed. Models kvm_vm_ioctl_set_mem_attributes() and kvm_vm_set_mem_attributes().
Result<> SetVmMemoryAttributes(Vm& vm, const uapi::kvm_memory_attributes2& args,
                               const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MEMORY_ATTRIBUTES_H_
