// The ranges of a CRoaring bitmap, taken from its containers: by its own interface they come value
// by value. Empty without the package.
#ifndef KVM_MODEL_BENCH_PEERS_ROARING_RUNS_H_
#define KVM_MODEL_BENCH_PEERS_ROARING_RUNS_H_

#include "installed/roaring.h"

#if KVM_MODEL_HAS_ROARING

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kvm_model/page.h"
#include "roaring/roaring.h"

namespace kvm_model::bench {

// The first bit from `bit` on that is set, or clear, or 2^16.
inline PageIndex NextBit(const std::uint64_t* words, PageIndex bit, bool set) {
  constexpr std::size_t kWords = 1024;
  const std::uint64_t flip = set ? 0 : ~std::uint64_t{0};
  std::size_t word = bit / 64;
  if (word == kWords) return bit;
  std::uint64_t found = (words[word] ^ flip) & (~std::uint64_t{0} << (bit % 64));
  while (found == 0 && ++word < kWords) found = words[word] ^ flip;
  return found == 0 ? kWords * 64 : word * 64 + static_cast<unsigned>(std::countr_zero(found));
}

// add(start, end) for each range of one container, in order; an array's ranges may touch.
template <typename Add>
void VisitContainerRanges(const void* container, std::uint8_t type, Add add) {
  container = container_unwrap_shared(container, &type);
  if (type == RUN_CONTAINER_TYPE_CODE) {
    const auto* runs = static_cast<const run_container_t*>(container);
    for (std::int32_t i = 0; i < runs->n_runs; ++i) {
      const PageIndex start = runs->runs[i].value;
      add(start, start + runs->runs[i].length + 1);
    }
  } else if (type == ARRAY_CONTAINER_TYPE_CODE) {
    const auto* array = static_cast<const array_container_t*>(container);
    for (std::int32_t i = 0; i < array->cardinality; ++i) {
      add(PageIndex{array->array[i]}, PageIndex{array->array[i]} + 1);
    }
  } else {
    const auto* bitset = static_cast<const bitset_container_t*>(container);
    for (PageIndex start = NextBit(bitset->array, 0, true); start < 1 << 16;) {
      const PageIndex end = NextBit(bitset->array, start, false);
      add(start, end);
      start = NextBit(bitset->array, end, true);
    }
  }
}

// visit(PageRange) for each maximal range of values within `range`, in order, cut to it.
template <typename Visit>
void VisitRoaringRanges(const roaring_bitmap_t& bitmap, PageRange range, Visit visit) {
  const roaring_array_t& containers = bitmap.high_low_container;
  const std::uint16_t* const keys = containers.keys;
  const auto first = std::lower_bound(keys, keys + containers.size, range.start >> 16) - keys;
  PageRange open{range.start, range.start};
  for (auto i = first; i < containers.size && PageIndex{keys[i]} << 16 < range.end; ++i) {
    const PageIndex base = PageIndex{keys[i]} << 16;
    VisitContainerRanges(containers.containers[i], containers.typecodes[i],
                         [&](PageIndex start, PageIndex end) {
                           start = std::max(base + start, range.start);
                           end = std::min(base + end, range.end);
                           if (start >= end) return;
                           if (start != open.end) {
                             if (!open.empty()) visit(open);
                             open.start = start;
                           }
                           open.end = end;
                         });
  }
  if (!open.empty()) visit(open);
}

inline std::size_t RoaringBytes(const roaring_bitmap_t& bitmap) {
  const roaring_array_t& containers = bitmap.high_low_container;
  std::size_t bytes = sizeof(bitmap);
  bytes +=
      static_cast<std::size_t>(containers.allocation_size) *
      (sizeof(*containers.containers) + sizeof(*containers.keys) + sizeof(*containers.typecodes));
  for (std::int32_t i = 0; i < containers.size; ++i) {
    std::uint8_t type = containers.typecodes[i];
    const void* container = container_unwrap_shared(containers.containers[i], &type);
    if (type == RUN_CONTAINER_TYPE_CODE) {
      const auto* runs = static_cast<const run_container_t*>(container);
      bytes += sizeof(*runs) + static_cast<std::size_t>(runs->capacity) * sizeof(*runs->runs);
    } else if (type == ARRAY_CONTAINER_TYPE_CODE) {
      const auto* array = static_cast<const array_container_t*>(container);
      bytes += sizeof(*array) + static_cast<std::size_t>(array->capacity) * sizeof(*array->array);
    } else {
      bytes += sizeof(bitset_container_t) + (std::size_t{1} << 16) / 8;
    }
  }
  return bytes;
}

}  // namespace kvm_model::bench

#endif

#endif  // KVM_MODEL_BENCH_PEERS_ROARING_RUNS_H_
