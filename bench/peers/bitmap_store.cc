#include "bench/peers/bitmap_store.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};

// The words of a range that is not empty: [first, last], and which bits of these two belong to it.
struct Words {
  explicit Words(PageRange range)
      : first(range.start / 64),
        last((range.end - 1) / 64),
        first_mask(kAllOnes << (range.start % 64)),
        last_mask(kAllOnes >> (63 - (range.end - 1) % 64)) {}
  std::size_t first;
  std::size_t last;
  std::uint64_t first_mask;
  std::uint64_t last_mask;
};

}  // namespace

BitmapStore::BitmapStore(std::uint64_t pages, Attributes initial)
    : pages_(pages), words_((pages + 63) / 64) {
  Set({0, pages}, initial);
}

void BitmapStore::Set(PageRange range, Attributes attributes) {
  const Words at(range);
  const std::uint64_t fill = attributes != 0 ? kAllOnes : 0;
  const auto blend = [this, fill](std::size_t word, std::uint64_t mask) {
    words_[word] = (words_[word] & ~mask) | (fill & mask);
  };
  if (at.first == at.last) {
    blend(at.first, at.first_mask & at.last_mask);
    return;
  }
  blend(at.first, at.first_mask);
  std::fill(words_.begin() + static_cast<std::ptrdiff_t>(at.first + 1),
            words_.begin() + static_cast<std::ptrdiff_t>(at.last), fill);
  blend(at.last, at.last_mask);
}

bool BitmapStore::RangeHas(PageRange range, Attributes attributes) const {
  if (range.empty()) return true;
  const Words at(range);
  const std::uint64_t wanted = attributes != 0 ? kAllOnes : 0;
  const auto differs = [this, wanted](std::size_t word, std::uint64_t mask) {
    return ((words_[word] ^ wanted) & mask) != 0;
  };
  if (at.first == at.last) return !differs(at.first, at.first_mask & at.last_mask);
  if (differs(at.first, at.first_mask) || differs(at.last, at.last_mask)) return false;
  return std::all_of(words_.begin() + static_cast<std::ptrdiff_t>(at.first + 1),
                     words_.begin() + static_cast<std::ptrdiff_t>(at.last),
                     [wanted](std::uint64_t word) { return word == wanted; });
}

bool BitmapStore::CheckInvariants() const {
  return pages_ % 64 == 0 || (words_.back() >> (pages_ % 64)) == 0;
}

}  // namespace kvm_model::bench
