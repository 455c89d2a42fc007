// The machine's reverse map (SNP's RMP), as far as guest_memfd sees to it: which resident pages are
// the guest's own.
//
// A VM whose type has one gives a page to the guest when a guest or a launch flow gets it as
// private, and takes it back when it becomes shared or leaves the file. What a page that was taken
// back holds is the firmware's affair; the model leaves its bytes alone.
//
// Models: kvm_arch_gmem_prepare() and kvm_arch_gmem_invalidate() (rfc-v4), make_private() and
// make_shared() (next-20260923), and SNP's part of kvm_gmem_populate().
#ifndef KVM_MODEL_KVM_MODEL_REVERSE_MAP_H_
#define KVM_MODEL_KVM_MODEL_REVERSE_MAP_H_

#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {

// A guest, or a launch flow, gets the resident page as private. ENOMEM when the program's own
// memory is short.
Result<> MakePrivate(const Vm& vm, PageCache& pages, PageIndex page, const Trail& trail);

// The resident pages of the range become shared.
void MakeShared(const Vm& vm, PageCache& pages, PageRange range, const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_REVERSE_MAP_H_
