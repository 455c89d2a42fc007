// The resident pages of a guest_memfd: which exist, what they hold, and who else holds a reference
// on them.
//
// A page is a hole until it is touched or allocated. An allocated page that nobody used yet is not
// up to date: its bytes are cleared on first use, whatever was done to it before. A page may have
// extra references: pins (long-term references of other users), the reference that a memory error
// keeps, and the one of the CPU's batch of pages on their way to the LRU lists, which a drain
// drops.
//
// Page sizes: every page is one base page (guest_memfd has no larger folios in the modelled
// revisions). Thread-safe; what is resident already is found without waiting for others. Bytes of a
// page are read and written under the owner's invalidate lock, shared is enough.
//
// Models: the page cache of a guest_memfd inode; kvm_gmem_get_folio(), and the folio reference
// counts that a conversion checks.
#ifndef KVM_MODEL_KVM_MODEL_PAGE_CACHE_H_
#define KVM_MODEL_KVM_MODEL_PAGE_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/allocation_gate.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "kvm_model/result.h"
#include "kvm_model/sparse_memory.h"

namespace kvm_model {

class PageCache {
 public:
  // Identifies one long-term reference.
  using PinId = std::uint64_t;

  // Pages that wait in a CPU's batch before they reach the LRU lists; a full batch empties itself.
  static constexpr std::size_t kLruBatchPages = 31;

  // The machine's memory is finite: a file that has this many pages gets no more (ENOMEM).
  static constexpr std::uint64_t kMaxResidentPages = std::uint64_t{1} << 22;

  // Holes only, over [0, pages) of 1 << page_shift bytes. `allocations` must outlive the cache.
  PageCache(std::uint64_t pages, unsigned page_shift, AllocationGate* allocations);

  // Makes the page resident. ENOMEM when the allocation fails, or the file is as full as it can be.
  Result<> Allocate(PageIndex page);
  // Makes the page resident and up to date, as a first use does. ENOMEM likewise.
  Result<> Use(PageIndex page);

  // Up to one page's worth of bytes inside a page that is resident and up to date.
  void Read(PageIndex page, std::size_t offset, std::span<std::byte> bytes) const;
  // ENOMEM when the machine can't hold the bytes.
  Result<> Write(PageIndex page, std::size_t offset, std::span<const std::byte> bytes);

  // Fill every resident page of the range, in order, up to the first poisoned one: EHWPOISON from
  // there on.
  Result<> Zero(PageRange range);
  Result<> Scramble(PageRange range, std::mt19937_64& random);

  // Makes holes of the range, as truncation does. References on the pages are then on pages that
  // the file no longer holds. ENOMEM, with nothing changed, when the program's own memory is short.
  Result<> Truncate(PageRange range);

  // A long-term reference on a resident page; dropped by Unpin. Unpinning what was truncated
  // meanwhile is harmless.
  PinId Pin(PageIndex page);
  void Unpin(PageIndex page, PinId pin);

  // A memory error in the page. ENOENT on a hole. The page stays resident and keeps a reference.
  Result<> Poison(PageIndex page);

  // Which resident pages are a guest's own, where the machine keeps account of that.
  bool assigned(PageIndex page) const;
  // Makes the page a guest's own. False when the program's memory is short.
  bool Assign(PageIndex page);
  // Nothing of the range is a guest's any longer. Whether something was.
  bool TakeBack(PageRange range);

  // How far the search for references had the LRU batches drained.
  enum class Drained : std::uint8_t { kNone, kThisCpu, kAllCpus };
  // The lowest page of the range that has a reference beyond the page cache's own once the LRU
  // batches are drained: those of all CPUs at the first page that has one; or, in stages, not for a
  // page that is pinned, and this CPU's first.
  struct BusyCheck {
    std::optional<PageIndex> first_busy;
    bool by_memory_error = false;  // only what handled the page's memory error refers to it
    Drained drained = Drained::kNone;
  };
  BusyCheck FirstBusy(PageRange range, bool in_stages);

  bool resident(PageIndex page) const;
  // Whether the page was used: it is resident, and its bytes count.
  bool up_to_date(PageIndex page) const;
  bool poisoned(PageIndex page) const;
  std::uint64_t ResidentIn(PageRange range) const;
  std::vector<PageRange> ResidentRuns() const;
  // The pages that are pinned, lowest first, once for each reference; and those with a memory
  // error.
  std::vector<PageIndex> PinnedPages() const;
  std::vector<PageIndex> PoisonedPages() const;
  // All of them, as counted against the most that a file may have.
  std::uint64_t resident_pages() const;

 private:
  Result<> AllocateLocked(PageIndex page) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  // The part of the range before its first poisoned page.
  PageRange BeforePoison(PageRange range) const ABSL_SHARED_LOCKS_REQUIRED(lock_);
  std::optional<PageIndex> FirstInLruBatch(PageRange range) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);

  const unsigned page_shift_;
  AllocationGate* const allocations_;
  SparseMemory bytes_;

  mutable SharedMutex lock_{LockRank::kPageCache};
  PageSet resident_ ABSL_GUARDED_BY(lock_);
  std::uint64_t resident_pages_ ABSL_GUARDED_BY(lock_) = 0;
  PageSet up_to_date_ ABSL_GUARDED_BY(lock_);
  PageSet assigned_ ABSL_GUARDED_BY(lock_);
  std::set<std::pair<PageIndex, PinId>> pins_ ABSL_GUARDED_BY(lock_);
  std::set<PageIndex> poisoned_ ABSL_GUARDED_BY(lock_);
  std::vector<PageIndex> lru_batch_ ABSL_GUARDED_BY(lock_);
  PinId next_pin_ ABSL_GUARDED_BY(lock_) = 1;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PAGE_CACHE_H_
