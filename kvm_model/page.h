// Page indices and half-open page ranges.
#ifndef KVM_MODEL_KVM_MODEL_PAGE_H_
#define KVM_MODEL_KVM_MODEL_PAGE_H_

#include <algorithm>
#include <cstdint>

namespace kvm_model {

// A page's index in a file (pgoff) or in guest physical memory (gfn).
using PageIndex = std::uint64_t;

// The pages [start, end). Empty when start == end; start never exceeds end.
struct PageRange {
  PageIndex start = 0;
  PageIndex end = 0;

  constexpr std::uint64_t pages() const { return end - start; }
  constexpr bool empty() const { return start == end; }
  constexpr bool contains(PageIndex page) const { return start <= page && page < end; }
  friend constexpr bool operator==(const PageRange&, const PageRange&) = default;
};

// The pages that both ranges hold; empty (at some index) when there are none.
constexpr PageRange Intersection(PageRange a, PageRange b) {
  const PageIndex start = std::max(a.start, b.start);
  return {start, std::max(start, std::min(a.end, b.end))};
}

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PAGE_H_
