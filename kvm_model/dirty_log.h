// KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG, and what a guest's write leaves for them.
#ifndef KVM_MODEL_KVM_MODEL_DIRTY_LOG_H_
#define KVM_MODEL_KVM_MODEL_DIRTY_LOG_H_

#include <memory>

#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

// An empty bitmap for a slot of that many pages, as KVM_MEM_LOG_DIRTY_PAGES gets one: all ones
// where the VM's manual protection was enabled with INITIALLY_SET. Models the part of
// kvm_prepare_memory_region() that follows the allocation.
std::shared_ptr<DirtyBitmap> MakeDirtyBitmap(const Vm& vm, std::uint64_t pages);

// Before a vCPU writes a page of the slot: MarkPageDirty() doesn't run out of memory afterwards.
// Throws std::bad_alloc.
void PrepareToMarkPageDirty(const Memslot& slot, PageIndex gfn);

// A vCPU wrote a page of the slot. With a dirty ring in use the write goes to the vCPU's ring,
// which is not modelled, and not to the bitmap. Models mark_page_dirty_in_slot().
void MarkPageDirty(const Vm& vm, const Memslot& slot, PageIndex gfn);

// Copies the slot's bitmap to log.dirty_bitmap in `mm`. Without manual protection the bits that are
// told are cleared first, so that a failing copy loses them; architectures without
// CONFIG_KVM_GENERIC_DIRTYLOG_READ_PROTECT clear them after it. ENXIO: a dirty ring without bitmap
// is in use. EINVAL: no such address space or slot number. ENOENT: no slot, or it logs nothing.
// EFAULT: the bitmap can't be written. Models kvm_vm_ioctl_get_dirty_log() (linux-7.0).
Result<> GetDirtyLog(Vm& vm, Mm& mm, const uapi::kvm_dirty_log& log, const Trail& trail);

// Clears the bits that the bitmap at log.dirty_bitmap has, of num_pages pages from first_page on.
// As above, and EINVAL: first_page is no multiple of 64 or lies past the slot's end, or num_pages
// reaches past it or, short of it, is no multiple of 64. EFAULT: the bitmap can't be read; nothing
// is cleared. Models kvm_vm_ioctl_clear_dirty_log() (linux-7.0).
Result<> ClearDirtyLog(Vm& vm, Mm& mm, const uapi::kvm_clear_dirty_log& log, const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_DIRTY_LOG_H_
