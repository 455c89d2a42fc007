// Populate: how a launch flow (SNP, TDX) brings a guest's first contents into its guest_memfd.
#ifndef KVM_MODEL_KVM_MODEL_POPULATE_H_
#define KVM_MODEL_KVM_MODEL_POPULATE_H_

#include <cstddef>
#include <cstdint>

#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {

// Fills `pages` pages from `gfn` on with `value`, as far as the memslot reaches, and returns how
// many were done; the errno when none was. EINVAL: the VM type has no launch flow, no guest_memfd
// slot holds the gfn, or a page is not private (it stays allocated). EFAULT: the file is closed,
// or ends before the page. ENOMEM. EHWPOISON. EINTR: a signal is pending, which is looked for
// before each page. Models kvm_gmem_populate() with a vendor step that copies (linux-7.0; rfc-v4,
// patch 06).
Result<std::int64_t> Populate(Vm& vm, PageIndex gfn, std::uint64_t pages, std::byte value,
                              const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_POPULATE_H_
