// GuestMemfdInode: the memory of a guest_memfd, apart from any VM: its attributes, its resident
// pages, and who has them mapped.
//
// The invalidate lock is the file mapping's: held shared by faults and look-ups, exclusively by
// whatever takes pages or access away. Attributes of pages that the file doesn't have (a memslot
// may reach past its end in the modelled revisions) read as 0.
//
// Models: struct gmem_inode with its address_space (rfc-v4, patches 01 and 10).
#ifndef KVM_MODEL_KVM_MODEL_GUEST_MEMFD_INODE_H_
#define KVM_MODEL_KVM_MODEL_GUEST_MEMFD_INODE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/trail.h"

namespace kvm_model {

// Something that has pages of the inode in page tables of its own: a process's mapping.
class HostPageTable {
 public:
  virtual ~HostPageTable() = default;
  // Drops what is mapped of these pages of the file, and tells who follows the process's page
  // tables. Whether it concerned a guest of the process.
  virtual bool ZapFilePages(PageRange pages, const Trail& trail) = 0;
};

// A file of the inode, which knows the guests that it is bound to.
class GuestInvalidation {
 public:
  virtual ~GuestInvalidation() = default;
  // Zaps these pages of the file in every guest. The caller holds the inode's invalidate lock
  // exclusively.
  virtual void InvalidateGuests(PageRange pages, GfnFilter filter, InvalidationCause cause,
                                const Trail& trail) = 0;
  // Faults of the file's guests start over from the first call on until after the second.
  virtual void HoldFaults() = 0;
  virtual void ReleaseFaults() = 0;
};

class GuestMemfdInode {
 public:
  // `size` in bytes: a positive multiple of the page size. `flags`: GUEST_MEMFD_FLAG_*. All pages
  // private, or with INIT_SHARED shared.
  GuestMemfdInode(std::shared_ptr<Kernel> kernel, std::uint64_t size, std::uint64_t flags);
  GuestMemfdInode(const GuestMemfdInode&) = delete;
  GuestMemfdInode& operator=(const GuestMemfdInode&) = delete;

  Kernel& kernel() const { return *kernel_; }
  unsigned page_shift() const { return page_shift_; }
  std::uint64_t size() const { return size_; }  // bytes
  std::uint64_t pages() const { return size_ >> page_shift_; }
  std::uint64_t flags() const { return flags_; }

  SharedMutex& invalidate_lock() const ABSL_LOCK_RETURNED(invalidate_lock_) {
    return invalidate_lock_;
  }
  // Held shared while a guest reaches, through a memslot of this file, the memory of the process
  // that backs the slot's shared pages; held by conversions, so that none passes such an access.
  // Stands for the flush of the guests' TLBs, for which the kernel's invalidation waits.
  SharedMutex& outside_access_lock() const ABSL_LOCK_RETURNED(outside_access_lock_) {
    return outside_access_lock_;
  }

  AttributeMap& attributes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_) { return attributes_; }
  const AttributeMap& attributes() const ABSL_SHARED_LOCKS_REQUIRED(invalidate_lock_) {
    return attributes_;
  }
  // 0 past the end of the file.
  Attributes AttributesOf(PageIndex page) const ABSL_SHARED_LOCKS_REQUIRED(invalidate_lock_) {
    return page < pages() ? attributes_.Get(page) : 0;
  }
  bool IsPrivate(PageIndex page) const ABSL_SHARED_LOCKS_REQUIRED(invalidate_lock_);
  // The attributes that every page had when the file was made.
  Attributes initial_attributes() const;
  // The attributes without the lock: they may change at once. Past the end of the file those that
  // it was made with.
  Attributes AttributesUnderRcu(PageIndex page) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return page < pages() ? attributes_.Get(page) : initial_attributes();
  }

  // Has its own lock; taking pages or their contents away needs the invalidate lock too.
  PageCache& page_cache() { return page_cache_; }
  const PageCache& page_cache() const { return page_cache_; }

  // The processes that map the file.
  void Attach(HostPageTable* table);
  void Detach(HostPageTable* table);
  // unmap_mapping_pages(): drops the range from every process's page tables. Whether it concerned
  // a guest, one that has the mapping behind a memslot. Cost: it visits every mapping of the file.
  bool UnmapFromHost(PageRange pages, const Trail& trail);

  void Attach(GuestInvalidation* file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_);
  void Detach(GuestInvalidation* file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_);
  // Zaps the range in every guest that it is bound to, as pages go: see LostKind.
  void InvalidateGuests(PageRange pages, InvalidationCause cause, const Trail& trail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_);
  // What guests lose of pages that go.
  GfnFilter LostFilter() const;

  // kvm_gmem_invalidate_begin() and _end() around a change of attributes: guests lose the range,
  // and their faults start over until the change is made.
  void BeginConversion(PageRange pages, GfnFilter filter, const Trail& trail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_);
  void EndConversion() ABSL_EXCLUSIVE_LOCKS_REQUIRED(invalidate_lock_);

 private:
  const std::shared_ptr<Kernel> kernel_;
  const unsigned page_shift_;
  const std::uint64_t size_;
  const std::uint64_t flags_;

  mutable SharedMutex outside_access_lock_{LockRank::kOutsideAccess};
  mutable SharedMutex invalidate_lock_ ABSL_ACQUIRED_AFTER(outside_access_lock_){
      LockRank::kInvalidate};
  AttributeMap attributes_ ABSL_GUARDED_BY(invalidate_lock_);
  std::vector<GuestInvalidation*> files_ ABSL_GUARDED_BY(invalidate_lock_);
  PageCache page_cache_;

  Mutex page_tables_lock_ ABSL_ACQUIRED_AFTER(invalidate_lock_){LockRank::kHostPageTables};
  std::vector<HostPageTable*> page_tables_ ABSL_GUARDED_BY(page_tables_lock_);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_GUEST_MEMFD_INODE_H_
