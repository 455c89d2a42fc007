// PageContents: what an architecture's content-mode hooks may do to the bytes of a guest_memfd.
//
// Only resident pages are touched and none is made: a hole stays a hole. The walk goes up from the
// start of the range and ends at the first poisoned page with EHWPOISON; pages before it are done,
// pages after it are not.
#ifndef KVM_MODEL_KVM_MODEL_PAGE_CONTENTS_H_
#define KVM_MODEL_KVM_MODEL_PAGE_CONTENTS_H_

#include <random>

#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"

namespace kvm_model {

class PageContents {
 public:
  // Both must outlive this object. The caller holds the inode's invalidate lock exclusively.
  PageContents(PageCache& cache, std::mt19937_64& random) : cache_(cache), random_(random) {}

  // Models kvm_gmem_apply_content_mode_zero() (rfc-v4, patch 12).
  Result<> Zero(PageRange range) { return cache_.Zero(range); }
  // Fills with random bytes, as x86 does for software-protected VMs (rfc-v4, patch 14).
  Result<> Scramble(PageRange range) { return cache_.Scramble(range, random_); }

 private:
  PageCache& cache_;
  std::mt19937_64& random_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PAGE_CONTENTS_H_
