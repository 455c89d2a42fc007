// Populate: how a launch flow (SNP, TDX) brings a guest's first contents into its guest_memfd.
#ifndef KVM_MODEL_KVM_MODEL_POPULATE_H_
#define KVM_MODEL_KVM_MODEL_POPULATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {

// Fills `pages` pages from `gfn` on with the byte of `source`, as far as the memslot reaches, and
// returns how many were done; the errno when none was. Without a source, which takes a revision
// that can and guest_memfds that track attributes, the pages keep what they hold. EINVAL: the VM
// type has no launch flow, a source is missing, no guest_memfd slot holds the gfn, or a page is not
// private (it stays allocated). EEXIST: the page is the guest's own already, as SNP keeps account.
// EFAULT: the file is closed, or ends before the page. ENOMEM. EHWPOISON. EINTR: a signal is
// pending, which is looked for before each page. Models kvm_gmem_populate() with a vendor step that
// copies (linux-7.0; rfc-v4, patch 06; next-20260923), and what SNP's and TDX's ioctls check first.
Result<std::int64_t> Populate(Vm& vm, PageIndex gfn, std::uint64_t pages,
                              std::optional<std::byte> source, const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_POPULATE_H_
