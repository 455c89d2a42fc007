#include "kvm_model/user_ranges.h"

#include <algorithm>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"

namespace kvm_model {

UserRanges::Key UserRanges::KeyOf(const Memslot& slot) {
  return {slot.userspace_addr, (static_cast<std::uint64_t>(slot.address_space) << 32) | slot.id};
}

void UserRanges::Replace(const Memslot* old, const Memslot* slot) {
  MutexLock lock(lock_);
  // Guests of the model's have nothing of another address space mapped.
  if (slot != nullptr && slot->address_space == 0) {
    gfns_[KeyOf(*slot)] = slot->gfns;
    longest_pages_ = std::max(longest_pages_, slot->gfns.pages());
  }
  if (old != nullptr && (slot == nullptr || KeyOf(*old) != KeyOf(*slot))) gfns_.erase(KeyOf(*old));
}

void UserRanges::ForEachGfns(std::uint64_t start, std::uint64_t end, unsigned page_shift,
                             absl::FunctionRef<void(PageRange)> visit) const {
  const std::uint64_t page_mask = (std::uint64_t{1} << page_shift) - 1;
  MutexLock lock(lock_);
  const std::uint64_t longest = longest_pages_ << page_shift;
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
