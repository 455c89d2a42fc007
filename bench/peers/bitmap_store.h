// BitmapStore: one bit a page, set where the page is private. A peer that AttributeMap is measured
// against.
//
// Costs: Get O(1); RangeHas and Set follow the pages of the range (64 a step), whatever their runs;
// memory is pages / 8 bytes from the start. It knows PRIVATE and 0 and no other attributes.
#ifndef KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_
#define KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

class BitmapStore {
 public:
  static constexpr const char* kName = "bitmap";
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 35;

  // All of [0, pages) has `initial`.
  BitmapStore(std::uint64_t pages, Attributes initial);

  // Gives the range's pages `attributes`. Requires a range that is not empty and within [0, pages).
  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const {
    return (words_[page / 64] >> (page % 64) & 1) != 0 ? uapi::kMemoryAttributePrivate : 0;
  }
  // Whether every page of the range has exactly `attributes`. True for an empty range.
  bool RangeHas(PageRange range, Attributes attributes) const;
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    for (PageIndex start = range.start; start < range.end;) {
      const PageIndex end = NextChange(start, range.end);
      visit(AttributeRun{{start, end}, Get(start)});
      start = end;
    }
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return words_.capacity() * sizeof(words_[0]); }
  // Whether the bits past the last page are clear.
  bool CheckInvariants() const;

 private:
  // The first page in (page, end) that differs from `page`, or `end`.
  PageIndex NextChange(PageIndex page, PageIndex end) const {
    const std::uint64_t flip = Get(page) != 0 ? ~std::uint64_t{0} : 0;
    const std::size_t last = (end - 1) / 64;
    std::size_t word = page / 64;
    std::uint64_t changed = (words_[word] ^ flip) & (~std::uint64_t{0} << (page % 64));
    while (changed == 0 && word < last) changed = words_[++word] ^ flip;
    if (changed == 0) return end;
    return std::min<PageIndex>(end, word * 64 + static_cast<unsigned>(std::countr_zero(changed)));
  }

  std::uint64_t pages_;
  std::vector<std::uint64_t> words_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_BITMAP_STORE_H_
