// RoaringStore: the private pages of a file in a CRoaring bitmap. A peer that AttributeMap is
// measured against; a MissingStore without Debian's package libroaring-dev.
//
// Costs follow the containers of the range, one for each 2^16 pages that are not all shared, and
// what is in them. It keeps one attribute and not a word of them, and its page numbers have 32
// bits: it does not apply to files over 2^32 pages (16 TiB).
#ifndef KVM_MODEL_BENCH_PEERS_ROARING_STORE_H_
#define KVM_MODEL_BENCH_PEERS_ROARING_STORE_H_

#include "installed/roaring.h"

#if KVM_MODEL_HAS_ROARING

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/peers/roaring_runs.h"
#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "roaring/roaring.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

class RoaringStore {
 public:
  static constexpr const char* kName = "croaring";
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 32;

  RoaringStore(std::uint64_t pages, Attributes initial)
      : pages_(pages), private_(roaring_bitmap_create()) {
    Set({0, pages}, initial);
  }

  void Set(PageRange range, Attributes attributes) {
    const auto first = static_cast<std::uint32_t>(range.start);
    const auto last = static_cast<std::uint32_t>(range.end - 1);
    if (attributes != 0) {
      roaring_bitmap_add_range_closed(private_.get(), first, last);
    } else {
      roaring_bitmap_remove_range_closed(private_.get(), first, last);
    }
  }
  Attributes Get(PageIndex page) const {
    const bool is_private =
        roaring_bitmap_contains(private_.get(), static_cast<std::uint32_t>(page));
    return is_private ? uapi::kMemoryAttributePrivate : 0;
  }
  bool RangeHas(PageRange range, Attributes attributes) const {
    if (range.empty()) return true;
    if (attributes != 0) {
      return roaring_bitmap_contains_range(private_.get(), range.start, range.end);
    }
    roaring_uint32_iterator_t it;
    roaring_init_iterator(private_.get(), &it);
    roaring_move_uint32_iterator_equalorlarger(&it, static_cast<std::uint32_t>(range.start));
    return !it.has_value || it.current_value >= range.end;
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    if (range.empty()) return;
    PageIndex page = range.start;
    VisitRoaringRanges(*private_, range, [&](PageRange found) {
      if (page < found.start) visit(AttributeRun{{page, found.start}, 0});
      visit(AttributeRun{found, uapi::kMemoryAttributePrivate});
      page = found.end;
    });
    if (page < range.end) visit(AttributeRun{{page, range.end}, 0});
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return RoaringBytes(*private_); }
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  struct Free {
    void operator()(roaring_bitmap_t* bitmap) const { roaring_bitmap_free(bitmap); }
  };

  std::uint64_t pages_;
  std::unique_ptr<roaring_bitmap_t, Free> private_;
};

}  // namespace kvm_model::bench

#else

namespace kvm_model::bench {

struct RoaringStore {
  static constexpr const char* kName = "croaring";
  static constexpr const char* kMissingPackage = "libroaring-dev";
};

}  // namespace kvm_model::bench

#endif

#endif  // KVM_MODEL_BENCH_PEERS_ROARING_STORE_H_
