// Kernel revisions as records of traits.
//
// A revision is never asked for by name: code asks for the trait that it needs. A later revision is
// one more record in revision.cc.
#ifndef KVM_MODEL_KVM_MODEL_REVISION_H_
#define KVM_MODEL_KVM_MODEL_REVISION_H_

#include <span>
#include <string_view>

#include "uapi/header_version.h"

namespace kvm_model {

struct Revision {
  std::string_view name;
  std::string_view summary;
  // Which version of <linux/kvm.h> gives numbers their names.
  uapi::HeaderVersion header;

  // The Kconfig symbol behind per-VM memory attributes.
  std::string_view vm_attributes_symbol;
  // Private memory is defined by the architecture under CONFIG_KVM_MEMORY_ATTRIBUTES, which
  // guest_memfd selects; otherwise under vm_attributes_symbol.
  bool memory_attributes_core;
  // Per-VM attributes can be turned off: the module parameter kvm.vm_memory_attributes.
  bool vm_attributes_parameter;
  // Each guest_memfd tracks its own attributes, which host faults consult, and takes
  // KVM_SET_MEMORY_ATTRIBUTES2 while per-VM attributes are off. Otherwise the INIT_SHARED flag
  // alone decides whether the host may map a page.
  bool guest_memfd_attributes;
  // KVM_SET_MEMORY_ATTRIBUTES2 on a VM, with capability 248.
  bool set_memory_attributes2_on_vm;
  // Content modes (ZERO, PRESERVE) with capability 250.
  bool content_modes;
  // INIT_SHARED for VMs with private memory while per-VM attributes are off.
  bool init_shared_with_private_memory;
  // KVM_CAP_SYNC_MMU is answered by the generic function (7.0-rc2) and no longer by each
  // architecture.
  bool sync_mmu_is_generic;
  // riscv's KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 includes INITIALLY_SET (6.19, from memory of the
  // change).
  bool riscv_dirty_log_initially_set;
};

// Every revision, oldest first.
std::span<const Revision> Revisions();
// Null when there is none of that name.
const Revision* FindRevision(std::string_view name);
// The seed, which is used where none is named: rfc-v4.
const Revision& DefaultRevision();

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_REVISION_H_
