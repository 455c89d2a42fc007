// A picture in text of a guest_memfd: what each page is.
#ifndef KVM_MODEL_TOOLS_CLI_PAGE_MAP_H_
#define KVM_MODEL_TOOLS_CLI_PAGE_MAP_H_

#include <string>

#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"

namespace kvm_model::cli {

// What a resident page holds: its first byte, '0' for 0, '#' for one that doesn't print or that
// stands for something else here (one of ".0?:#").
char ContentsMark(const PageCache& cache, PageIndex page);

// Two lines, one character a page: "attributes SSPP", "contents   .A.C": S shared, P private; '.' a
// hole, '?' for a poisoned page, otherwise as ContentsMark(). For files of at most a screen's width
// of pages.
std::string DrawPageMap(const GuestMemfdInode& inode);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_PAGE_MAP_H_
