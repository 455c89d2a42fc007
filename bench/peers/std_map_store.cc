#include "bench/peers/std_map_store.h"

#include <iterator>
#include <optional>
#include <utility>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

void StdMapStore::Set(PageRange range, Attributes attributes) {
  const auto [start, end] = range;
  auto first = starts_.lower_bound(start);
  const auto last = starts_.upper_bound(end);
  const Attributes after = std::prev(last)->second;
  const bool starts_run = first == starts_.begin() || std::prev(first)->second != attributes;
  const bool ends_run = end < pages_ && after != attributes;

  using Node = Starts::node_type;
  Node spares[2];
  for (Node& spare : spares) {
    if (first != last) spare = starts_.extract(first++);
  }
  starts_.erase(first, last);

  const auto place = [this, last](Node& spare, PageIndex page, Attributes value) {
    if (spare.empty()) {
      starts_.emplace_hint(last, page, value);
      return;
    }
    spare.key() = page;
    spare.mapped() = value;
    starts_.insert(last, std::move(spare));
  };
  if (starts_run) place(spares[0], start, attributes);
  if (ends_run) place(spares[1], end, after);
}

bool StdMapStore::RangeHas(PageRange range, Attributes attributes) const {
  if (range.empty()) return true;
  auto it = std::prev(starts_.upper_bound(range.start));
  for (; it != starts_.end() && it->first < range.end; ++it) {
    if (it->second != attributes) return false;
  }
  return true;
}

bool StdMapStore::CheckInvariants() const {
  if (starts_.empty() || starts_.begin()->first != 0) return false;
  std::optional<Attributes> previous;
  for (const auto& [page, attributes] : starts_) {
    if (page >= pages_ || attributes == previous) return false;
    previous = attributes;
  }
  return true;
}

}  // namespace kvm_model::bench
