#include "kvm_model/memslot.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "kvm_model/page.h"

namespace kvm_model {

std::shared_ptr<const Memslot> MemslotTable::ById(int address_space, std::uint32_t id) const {
  const auto& slots = space(address_space).by_id;
  const auto found = slots.find(id);
  return found == slots.end() ? nullptr : found->second;
}

std::shared_ptr<const Memslot> MemslotTable::Containing(int address_space, PageIndex gfn) const {
  const auto& slots = space(address_space).by_gfn;
  const auto next = slots.upper_bound(gfn);
  if (next == slots.begin()) return nullptr;
  const std::shared_ptr<const Memslot>& slot = std::prev(next)->second;
  return slot->gfns.contains(gfn) ? slot : nullptr;
}

bool MemslotTable::Overlaps(int address_space, PageRange gfns, std::uint32_t ignored_id) const {
  const auto& slots = space(address_space).by_gfn;
  auto slot = slots.upper_bound(gfns.start);
  if (slot != slots.begin()) --slot;
  for (; slot != slots.end() && slot->first < gfns.end; ++slot) {
    if (slot->second->id == ignored_id) continue;
    if (!Intersection(slot->second->gfns, gfns).empty()) return true;
  }
  return false;
}

void MemslotTable::Put(std::shared_ptr<const Memslot> slot) {
  Space& place = spaces_[static_cast<std::size_t>(slot->address_space)];
  // When memory runs out, the slot is in neither order.
  const auto [found, is_new] = place.by_id.try_emplace(slot->id);
  absl::Cleanup take_back = [&place, is_new, found] {
    if (is_new) place.by_id.erase(found);
  };
  place.by_gfn.insert_or_assign(slot->gfns.start, slot);
  std::move(take_back).Cancel();
  std::shared_ptr<const Memslot>& entry = found->second;
  if (entry != nullptr) {
    total_pages_ -= entry->gfns.pages();
    if (entry->gfns.start != slot->gfns.start) place.by_gfn.erase(entry->gfns.start);
  }
  total_pages_ += slot->gfns.pages();
  entry = std::move(slot);
}

void MemslotTable::Remove(int address_space, std::uint32_t id) {
  Space& place = spaces_[static_cast<std::size_t>(address_space)];
  const auto found = place.by_id.find(id);
  if (found == place.by_id.end()) return;
  total_pages_ -= found->second->gfns.pages();
  place.by_gfn.erase(found->second->gfns.start);
  place.by_id.erase(found);
}

bool MemslotTable::empty() const {
  return std::ranges::all_of(spaces_, [](const Space& space) { return space.by_id.empty(); });
}

std::vector<std::shared_ptr<const Memslot>> MemslotTable::All() const {
  std::vector<std::shared_ptr<const Memslot>> slots;
  for (const Space& place : spaces_) {
    for (const auto& [gfn, slot] : place.by_gfn) slots.push_back(slot);
  }
  return slots;
}

void MemslotTable::ForEachIn(PageRange gfns,
                             absl::FunctionRef<void(const Memslot&, PageRange)> visit) const {
  for (const Space& place : spaces_) {
    auto slot = place.by_gfn.upper_bound(gfns.start);
    if (slot != place.by_gfn.begin()) --slot;
    for (; slot != place.by_gfn.end() && slot->first < gfns.end; ++slot) {
      const PageRange shared = Intersection(slot->second->gfns, gfns);
      if (!shared.empty()) visit(*slot->second, shared);
    }
  }
}

}  // namespace kvm_model
