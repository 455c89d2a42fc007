// StdMapStore: the attributes of a file's pages as a std::map from the start of each maximal run to
// its attributes, split and merged by hand. A peer that AttributeMap is measured against.
//
// Costs, with r runs and k runs inside the range: Get O(log r); RangeHas and Set O(log r + k). A
// set reuses up to two nodes that it replaces, so a boundary that only moves allocates nothing.
// What a set lacks beside AttributeMap: it can't be prepared, so a machine short of memory fails it
// half-way.
#ifndef KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_
#define KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class StdMapStore {
 public:
  // All of [0, pages) has `initial`.
  StdMapStore(std::uint64_t pages, Attributes initial) : pages_(pages), starts_{{0, initial}} {}

  // Gives the range's pages `attributes`. Requires a range that is not empty and within [0, pages).
  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const { return std::prev(starts_.upper_bound(page))->second; }
  // Whether every page of the range has exactly `attributes`. True for an empty range.
  bool RangeHas(PageRange range, Attributes attributes) const;
  std::vector<AttributeRun> Runs() const;
  // Whether runs are maximal and lie within the file.
  bool CheckInvariants() const;

 private:
  std::uint64_t pages_;
  std::map<PageIndex, Attributes> starts_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_STD_MAP_STORE_H_
