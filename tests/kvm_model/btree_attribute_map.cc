#include "tests/kvm_model/btree_attribute_map.h"

#include <bit>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

// Blocks that two insertions into a btree of `entries` entries can need: each may split one node a
// level and add a root, and a small root leaf is replaced by a larger one. Nodes hold at least 4
// entries except near the root.
std::size_t BlocksForTwoInsertions(std::size_t entries) {
  const std::size_t height = 2 + static_cast<std::size_t>(std::bit_width(entries)) / 2;
  return 2 * (height + 1);
}

}  // namespace

BtreeAttributeMap::BtreeAttributeMap(std::uint64_t pages, Attributes initial)
    : pages_(pages), first_(initial), changes_(Changes::allocator_type(&pool_)) {}

Attributes BtreeAttributeMap::Before(Changes::const_iterator it) const {
  return it == changes_.begin() ? first_ : std::prev(it)->second;
}

Attributes BtreeAttributeMap::Get(PageIndex page) const {
  if (changes_.empty()) return first_;
  return Before(changes_.upper_bound(page));
}

AttributeRun BtreeAttributeMap::RunContaining(PageIndex page) const {
  const auto next = changes_.upper_bound(page);
  const PageIndex end = next == changes_.end() ? pages_ : next->first;
  const PageIndex start = next == changes_.begin() ? 0 : std::prev(next)->first;
  return {{start, end}, Before(next)};
}

bool BtreeAttributeMap::RangeHas(PageRange range, Attributes attributes, Attributes mask) const {
  if (range.empty()) return true;
  auto next = changes_.upper_bound(range.start);
  if ((Before(next) & mask) != attributes) return false;
  for (; next != changes_.end() && next->first < range.end; ++next) {
    if ((next->second & mask) != attributes) return false;
  }
  return true;
}

void BtreeAttributeMap::ForEachRun(PageRange range,
                                   absl::FunctionRef<void(const AttributeRun&)> visit) const {
  auto next = changes_.upper_bound(range.start);
  Attributes attributes = Before(next);
  for (PageIndex start = range.start; start < range.end;) {
    const PageIndex change = next == changes_.end() ? pages_ : next->first;
    const PageIndex end = std::min(change, range.end);
    visit({{start, end}, attributes});
    start = end;
    if (next == changes_.end()) return;
    attributes = next->second;
    ++next;
  }
}

std::vector<AttributeRun> BtreeAttributeMap::Runs() const {
  std::vector<AttributeRun> runs;
  runs.reserve(run_count());
  ForEachRun({0, pages_}, [&runs](const AttributeRun& run) { runs.push_back(run); });
  return runs;
}

Result<BtreeAttributeMap::PreparedStore> BtreeAttributeMap::Prepare(PageRange range,
                                                                    Attributes attributes) {
  if (!pool_.Reserve(BlocksForTwoInsertions(changes_.size()))) {
    return Failure(uapi::Errno::kENOMEM);
  }
  return PreparedStore(range, attributes);
}

void BtreeAttributeMap::Commit(PreparedStore&& store) noexcept {
  const auto [start, end] = store.range_;
  auto first = changes_.lower_bound(start);
  const Attributes before = start == 0 ? store.attributes_ : Before(first);
  const auto last = changes_.upper_bound(end);
  const Attributes after = end == pages_ ? store.attributes_ : Before(last);

  auto next = changes_.erase(first, last);
  if (end != pages_ && after != store.attributes_) {
    next = changes_.emplace_hint(next, end, after);
  }
  if (start == 0) {
    first_ = store.attributes_;
  } else if (before != store.attributes_) {
    changes_.emplace_hint(next, start, store.attributes_);
  }
  pool_.Trim(NodePool::kKeptBlocks);
}

bool BtreeAttributeMap::CheckInvariants(std::string* why) const {
  const auto broken = [why](int invariant, PageIndex page) {
    if (why != nullptr)
      *why = absl::StrFormat("invariant %d is broken at page %d", invariant, page);
    return false;
  };
  if (pages_ < 1 || pages_ > kMaxPages) return broken(1, pages_);
  Attributes previous = first_;
  for (const auto& [page, attributes] : changes_) {
    if (page == 0 || page >= pages_) return broken(2, page);
    if (attributes == previous) return broken(3, page);
    previous = attributes;
  }
  if (pool_.uncovered_allocations() != 0) {
    if (why != nullptr) *why = "a commit allocated memory that its prepare had not reserved";
    return false;
  }
  return true;
}

}  // namespace kvm_model
