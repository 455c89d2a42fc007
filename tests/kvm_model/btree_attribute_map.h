// BtreeAttributeMap: the memory attributes of every page of a guest_memfd or of a VM, as an
// interval map.
//
// Each page of [0, pages()) always has exactly one attribute word. Equal neighbours form one run,
// so that memory and time follow the number of runs and not the number of pages. This is the
// reference implementation, on absl::btree_map: one entry per change of value.
//
//   BtreeAttributeMap map(4, kPrivate);            // [0,4) PRIVATE, nothing allocated
//   auto store = map.Prepare({1, 2}, 0);           // may fail with ENOMEM; changes nothing
//   map.Commit(*std::move(store));                 // cannot fail: PRIVATE but for [1,2): 0
//
// Costs, with r runs and k runs inside the range:
//   Get, RunContaining, NextChange   O(log r)
//   RangeHas                         O(log r + k)
//   Prepare                          O(log r)
//   Commit                           O(log r + k)
//   uniform map                      no allocation, sizeof(BtreeAttributeMap) bytes
//
// Invariants (CheckInvariants() verifies them):
//   1. 1 <= pages() <= 2^52.
//   2. A change at page p is stored as p -> word, with 0 < p < pages().
//   3. Runs are maximal: each stored word differs from the word before it (the first from the word
//   of page 0).
//   4. A uniform map stores no change.
//   Example: 8 pages, [0,2) A  [2,5) B  [5,8) A is stored as first = A, {2 -> B, 5 -> A}.
//
// Concurrency: const functions may run at the same time; Prepare and Commit need the map for
// themselves, and nothing may change the map between a Prepare and its Commit. The owner's lock
// sees to both (a guest_memfd's invalidate lock, a VM's slots lock).
//
// Models: the maple tree of struct gmem_inode (rfc-v4) with the widening of
// kvm_gmem_mas_preallocate(), and kvm->mem_attr_array.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_BTREE_ATTRIBUTE_MAP_H_
#define KVM_MODEL_TESTS_KVM_MODEL_BTREE_ATTRIBUTE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/node_pool.h"

namespace kvm_model {

class BtreeAttributeMap {
 public:
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 52;

  // A store that has everything it needs: Commit() cannot fail. Good for the map that prepared it,
  // until that map changes.
  class PreparedStore {
   public:
    PreparedStore(PreparedStore&&) = default;
    PreparedStore& operator=(PreparedStore&&) = default;
    PageRange range() const { return range_; }
    Attributes attributes() const { return attributes_; }

   private:
    friend class BtreeAttributeMap;
    PreparedStore(PageRange range, Attributes attributes)
        : range_(range), attributes_(attributes) {}
    PageRange range_;
    Attributes attributes_;
  };

  // All of [0, pages) has `initial`. Requires 1 <= pages <= kMaxPages.
  BtreeAttributeMap(std::uint64_t pages, Attributes initial);
  BtreeAttributeMap(const BtreeAttributeMap&) = delete;
  BtreeAttributeMap& operator=(const BtreeAttributeMap&) = delete;

  std::uint64_t pages() const { return pages_; }
  std::size_t run_count() const { return changes_.size() + 1; }

  // Requires page < pages().
  Attributes Get(PageIndex page) const;
  AttributeRun RunContaining(PageIndex page) const;
  // The first page after `page` whose attributes differ from it, or pages().
  PageIndex NextChange(PageIndex page) const { return RunContaining(page).pages.end; }

  // Whether every page of the range, with only the bits of `mask` looked at, has exactly
  // `attributes`. True for an empty range. Requires range.end <= pages().
  bool RangeHas(PageRange range, Attributes attributes, Attributes mask = ~Attributes{0}) const;

  // Calls `visit` for each run that meets the range, in order, cut to the range.
  void ForEachRun(PageRange range, absl::FunctionRef<void(const AttributeRun&)> visit) const;
  std::vector<AttributeRun> Runs() const;

  // Gets ready to give the range's pages `attributes`. ENOMEM when memory is short; changes nothing
  // that can be observed. Requires a range that is not empty and ends at or before pages().
  [[nodiscard]] Result<PreparedStore> Prepare(PageRange range, Attributes attributes);
  // The same for a range whose neighbours both have `attributes` already: storing it frees memory
  // and takes none.
  PreparedStore PrepareMerger(PageRange range, Attributes attributes) const {
    return PreparedStore(range, attributes);
  }
  // Stores what was prepared and merges it with equal neighbours.
  void Commit(PreparedStore&& store) noexcept;

  // Whether the invariants above hold; otherwise says in *why, when given, which one doesn't.
  bool CheckInvariants(std::string* why = nullptr) const;

  // Bytes held beyond sizeof(BtreeAttributeMap), nodes at hand for the next store included.
  std::size_t allocated_bytes() const { return pool_.bytes(); }

 private:
  using Changes = absl::btree_map<PageIndex, Attributes, std::less<PageIndex>,
                                  PooledAllocator<std::pair<const PageIndex, Attributes>>>;

  // The attributes of the page before the change that `it` stands on.
  Attributes Before(Changes::const_iterator it) const;

  std::uint64_t pages_;
  Attributes first_;
  NodePool pool_;
  Changes changes_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_BTREE_ATTRIBUTE_MAP_H_
