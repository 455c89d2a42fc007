#include "kvm_model/user_ranges.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"

namespace kvm_model {

UserRanges::Key UserRanges::KeyOf(const Memslot& slot) {
  return {slot.userspace_addr, (static_cast<std::uint64_t>(slot.address_space) << 32) | slot.id};
}

void UserRanges::Replace(const Memslot* old, const Memslot* slot) {
  MutexLock lock(lock_);
  if (old != nullptr) gfns_.erase(KeyOf(*old));
  // Guests of the model's have nothing of another address space mapped.
  if (slot == nullptr || slot->address_space != 0) return;
  gfns_[KeyOf(*slot)] = slot->gfns;
  longest_pages_ = std::max(longest_pages_, slot->gfns.pages());
}

std::vector<PageRange> UserRanges::GfnsAt(std::uint64_t start, std::uint64_t end,
                                          unsigned page_shift) const {
  const std::uint64_t page_mask = (std::uint64_t{1} << page_shift) - 1;
  std::vector<PageRange> found;
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
    found.push_back(
        {gfns.start + (from >> page_shift), gfns.start + ((to + page_mask) >> page_shift)});
  }
  return found;
}

}  // namespace kvm_model
