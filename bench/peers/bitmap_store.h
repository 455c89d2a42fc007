// BitmapStore: one bit a page, set where the page is private. A peer that AttributeMap is measured
// against.
//
// Costs: Get O(1); RangeHas and Set follow the pages of the range (64 a step), whatever their runs;
// memory is pages / 8 bytes from the start. It knows PRIVATE and 0 and no other attributes.
#ifndef KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_
#define KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_

#include <cstdint>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class BitmapStore {
 public:
  // All of [0, pages) has `initial`.
  BitmapStore(std::uint64_t pages, Attributes initial);

  // Gives the range's pages `attributes`. Requires a range that is not empty and within [0, pages).
  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const;
  // Whether every page of the range has exactly `attributes`. True for an empty range.
  bool RangeHas(PageRange range, Attributes attributes) const;
  std::vector<AttributeRun> Runs() const;
  // Whether the bits past the last page are clear.
  bool CheckInvariants() const;

 private:
  std::uint64_t pages_;
  std::vector<std::uint64_t> words_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_
