// AbslBtreeStore: an absl::btree_map from the start of each maximal run to its attributes, split
// and merged by hand. A peer that AttributeMap is measured against.
//
// Costs, with r runs and k runs inside the range: Get O(log r); RangeHas and Set O(log r + k). A
// set moves starts that it replaces to where new ones are wanted, and inserts or erases only the
// difference.
// What a set lacks beside AttributeMap: it can't be prepared, so a machine short of memory fails it
// half-way.
#ifndef KVM_MODEL_BENCH_PEERS_ABSL_BTREE_STORE_H_
#define KVM_MODEL_BENCH_PEERS_ABSL_BTREE_STORE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/peers/counting_allocator.h"
#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class AbslBtreeStore {
 public:
  static constexpr const char* kName = "absl_btree";
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  AbslBtreeStore(std::uint64_t pages, Attributes initial)
      : pages_(pages), starts_({{0, initial}}, Starts::allocator_type(&bytes_)) {}
  AbslBtreeStore(const AbslBtreeStore&) = delete;
  AbslBtreeStore& operator=(const AbslBtreeStore&) = delete;

  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const { return std::prev(starts_.upper_bound(page))->second; }
  bool RangeHas(PageRange range, Attributes attributes) const {
    if (range.empty()) return true;
    const auto next = starts_.upper_bound(range.start);
    return std::prev(next)->second == attributes &&
           (next == starts_.end() || next->first >= range.end);
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    if (range.empty()) return;
    auto it = std::prev(starts_.upper_bound(range.start));
    for (PageIndex start = range.start; start < range.end;) {
      const Attributes attributes = it->second;
      const PageIndex next = ++it == starts_.end() ? pages_ : it->first;
      const PageIndex end = std::min(next, range.end);
      visit(AttributeRun{{start, end}, attributes});
      start = end;
    }
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return bytes_; }
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  using Starts = absl::btree_map<PageIndex, Attributes, std::less<PageIndex>,
                                 CountingAllocator<std::pair<const PageIndex, Attributes>>>;

  std::uint64_t pages_;
  std::size_t bytes_ = 0;
  Starts starts_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_ABSL_BTREE_STORE_H_
