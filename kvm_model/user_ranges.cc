#include "kvm_model/user_ranges.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"

namespace kvm_model {

UserRanges::Key UserRanges::KeyOf(const Memslot& slot) {
  return {slot.userspace_addr, (static_cast<std::uint64_t>(slot.address_space) << 32) | slot.id};
}

void UserRanges::Add(const Memslot& slot) {
  // When memory runs out, the slot is on neither list.
  const auto length = lengths_.insert(slot.gfns.pages());
  absl::Cleanup take_back = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { lengths_.erase(length); };
  gfns_.insert({KeyOf(slot), slot.gfns});
  std::move(take_back).Cancel();
}

void UserRanges::Remove(const Memslot& slot) {
  if (gfns_.erase(KeyOf(slot)) != 0) lengths_.erase(lengths_.find(slot.gfns.pages()));
}

void UserRanges::Replace(const Memslot* old, const Memslot* slot) {
  MutexLock lock(lock_);
  const auto known = old != nullptr ? gfns_.find(KeyOf(*old)) : gfns_.end();
  if (known != gfns_.end() && slot != nullptr && KeyOf(*old) == KeyOf(*slot)) {
    // A slot that stays where it is in the process keeps its size.
    known->second = slot->gfns;
    return;
  }
  // Guests of the model's have nothing of another address space mapped.
  if (slot != nullptr && slot->address_space == 0) Add(*slot);
  if (old != nullptr) Remove(*old);
}

void UserRanges::ForEachGfns(std::uint64_t start, std::uint64_t end, unsigned page_shift,
                             absl::FunctionRef<void(PageRange)> visit) const {
  const std::uint64_t page_mask = (std::uint64_t{1} << page_shift) - 1;
  MutexLock lock(lock_);
  const std::uint64_t longest = lengths_.empty() ? 0 : *lengths_.rbegin() << page_shift;
  const Key first{start > longest ? start - longest : 0, 0};
  for (auto slot = gfns_.lower_bound(first); slot != gfns_.end(); ++slot) {
    const std::uint64_t address = slot->first.first;
    if (address >= end) break;
    const PageRange gfns = slot->second;
    const std::uint64_t slot_end = address + (gfns.pages() << page_shift);
    if (slot_end <= start) continue;
    const std::uint64_t from = std::max(start, address) - address;
    const std::uint64_t to = std::min(end, slot_end) - address;
    visit({gfns.start + (from >> page_shift), gfns.start + ((to + page_mask) >> page_shift)});
  }
}

}  // namespace kvm_model
