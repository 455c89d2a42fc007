#include "bench/peers/absl_btree_store.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

void AbslBtreeStore::Set(PageRange range, Attributes attributes) {
  struct Start {
    PageIndex page;
    Attributes attributes;
  };

  // The starts in [range.start, range.end] are replaced: which are they, and what holds after them?
  const auto first = starts_.lower_bound(range.start);
  const bool starts_run = first == starts_.begin() || std::prev(first)->second != attributes;
  auto last = first;
  std::size_t replaced = 0;
  Attributes after = first == starts_.begin() ? attributes : std::prev(first)->second;
  for (; last != starts_.end() && last->first <= range.end; ++last, ++replaced) {
    after = last->second;
  }

  Start wanted[2];
  std::size_t count = 0;
  if (starts_run) wanted[count++] = {range.start, attributes};
  if (range.end < pages_ && after != attributes) wanted[count++] = {range.end, after};

  // A start may be moved within the range without changing the order.
  auto it = first;
  const std::size_t moved = std::min(count, replaced);
  for (std::size_t i = 0; i < moved; ++i, ++it) {
    const_cast<PageIndex&>(it->first) = wanted[i].page;
    it->second = wanted[i].attributes;
  }
  if (moved < replaced) {
    starts_.erase(it, last);
  } else {
    for (std::size_t i = count; i > moved; --i) {
      it = starts_.emplace_hint(it, wanted[i - 1].page, wanted[i - 1].attributes);
    }
  }
}

}  // namespace kvm_model::bench
