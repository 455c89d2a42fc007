// StdMapStore: the attributes of a file's pages as a std::map from the start of each maximal run to
// its attributes, split and merged by hand. A peer that AttributeMap is measured against.
//
// Costs, with r runs and k runs inside the range: Get O(log r); RangeHas and Set O(log r + k). A
// set reuses up to two nodes that it replaces, so a boundary that only moves allocates nothing.
// What a set lacks beside AttributeMap: it can't be prepared, so a machine short of memory fails it
// half-way.
#ifndef KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_
#define KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "bench/peers/counting_allocator.h"
#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class StdMapStore {
 public:
  static constexpr const char* kName = "std_map";
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  // All of [0, pages) has `initial`.
  StdMapStore(std::uint64_t pages, Attributes initial)
      : pages_(pages), starts_({{0, initial}}, Starts::allocator_type(&bytes_)) {}
  StdMapStore(const StdMapStore&) = delete;
  StdMapStore& operator=(const StdMapStore&) = delete;

  // Gives the range's pages `attributes`. Requires a range that is not empty and within [0, pages).
  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const { return std::prev(starts_.upper_bound(page))->second; }
  // Whether every page of the range has exactly `attributes`. True for an empty range.
  bool RangeHas(PageRange range, Attributes attributes) const;
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
  // Whether runs are maximal and lie within the file.
  bool CheckInvariants() const;

 private:
  using Starts = std::map<PageIndex, Attributes, std::less<PageIndex>,
                          CountingAllocator<std::pair<const PageIndex, Attributes>>>;

  std::uint64_t pages_;
  std::size_t bytes_ = 0;
  Starts starts_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_
