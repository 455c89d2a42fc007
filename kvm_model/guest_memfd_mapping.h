// A process's mapping of a guest_memfd: its page faults, and what it has in its page tables.
//
// Only shared pages can be mapped in; a private page, and one past the end of the file, answers
// SIGBUS. A page that is mapped is used without a fault until a conversion, a punched hole or
// munmap takes it away.
//
// Models: kvm_gmem_mmap()'s VMA and kvm_gmem_fault_user_mapping() (rfc-v4, patch 01; before the
// series the file's INIT_SHARED flag decides, not the page's attributes).
#ifndef KVM_MODEL_KVM_MODEL_GUEST_MEMFD_MAPPING_H_
#define KVM_MODEL_KVM_MODEL_GUEST_MEMFD_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mmu_notifier.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "kvm_model/trail.h"

namespace kvm_model {

class GuestMemfdMapping final : public Mapping, private HostPageTable {
 public:
  // Maps the file from page `first` on, for `pages` pages; they may reach past the end of the file.
  GuestMemfdMapping(std::shared_ptr<GuestMemfdInode> inode, PageIndex first, std::uint64_t pages);
  ~GuestMemfdMapping() override;

  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail& trail) override;
  Access Write(std::uint64_t offset, std::span<const std::byte> bytes, const Trail& trail) override;
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t offset,
                                                      const Trail& trail) override;
  void Unmap(PageRange pages) override;
  std::vector<PageRange> Mapped() const override;
  bool Place(std::shared_ptr<MmuNotifiers> notifiers, std::uint64_t address,
             PageRange pages) override;
  void Displace(PageRange pages) override;
  std::shared_ptr<Mapping> Fork() const override;

  // Whether the page (of the mapping) is in the process's page tables now.
  bool IsMapped(PageIndex page) const;

 private:
  bool ZapFilePages(PageRange pages, const Trail& trail) override;
  PageIndex FilePage(std::uint64_t offset) const {
    return first_ + (offset >> inode_->page_shift());
  }
  // Makes the file's page accessible to the process, or tells the signal.
  Access Fault(PageIndex file_page, const Trail& caller)
      ABSL_SHARED_LOCKS_REQUIRED(inode_->invalidate_lock());

  const std::shared_ptr<GuestMemfdInode> inode_;
  const PageIndex first_;
  const std::uint64_t pages_;
  mutable SharedMutex page_table_lock_{LockRank::kHostPageTable};
  PageSet mapped_ ABSL_GUARDED_BY(page_table_lock_);
  // Which pages have addresses in the process, where the first one's would be, and who follows it.
  PageSet placed_ ABSL_GUARDED_BY(page_table_lock_);
  std::uint64_t address_ ABSL_GUARDED_BY(page_table_lock_) = 0;
  std::shared_ptr<MmuNotifiers> notifiers_ ABSL_GUARDED_BY(page_table_lock_);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_GUEST_MEMFD_MAPPING_H_
