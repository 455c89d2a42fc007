// UserRanges: which gfns of a VM's first address space its process's addresses show, by address.
//
// A copy of what the memslots say, for those who may not take the slots lock: the kernel reads
// memslots under SRCU there. Memslots may show the same addresses. Thread-safe; only the MMU lock
// is taken inside its lock.
//
// Cost: an insertion is logarithmic. A look-up passes over the memslots that begin before the
// addresses by no more than the size of the longest memslot that there is.
#ifndef KVM_MODEL_KVM_MODEL_USER_RANGES_H_
#define KVM_MODEL_KVM_MODEL_USER_RANGES_H_

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"

namespace kvm_model {

class UserRanges {
 public:
  // `slot` takes the place of `old`; either may be null. Throws std::bad_alloc, with nothing
  // changed, unless `old` shows the same addresses.
  void Replace(const Memslot* old, const Memslot* slot);

  // Calls `visit` with the gfns behind the addresses [start, end), in bytes: a range for each
  // memslot, by address. A page that is touched in part counts. The lock is held meanwhile.
  void ForEachGfns(std::uint64_t start, std::uint64_t end, unsigned page_shift,
                   absl::FunctionRef<void(PageRange)> visit) const;

 private:
  // Where a memslot's addresses begin, then which memslot it is.
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  static Key KeyOf(const Memslot& slot);
  void Add(const Memslot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  void Remove(const Memslot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);

  mutable Mutex lock_{LockRank::kUserRanges};
  std::map<Key, PageRange> gfns_ ABSL_GUARDED_BY(lock_);
  // How long the memslots are, in pages, the longest last.
  std::multiset<std::uint64_t> lengths_ ABSL_GUARDED_BY(lock_);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_USER_RANGES_H_
