// The bitmaps of KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG, as get_dirty_log and clear_dirty_log
// tell them: a bit a page, the lowest bit of the first word first.
//
// Cost: linear in the pages.
#ifndef KVM_MODEL_TOOLS_BACKENDS_DIRTY_BITMAP_H_
#define KVM_MODEL_TOOLS_BACKENDS_DIRTY_BITMAP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/scenario/answer.h"

namespace kvm_model::scenario {

// How many pages a scenario can see or set of a bitmap.
inline constexpr std::uint64_t kMostBitmapPages = 65536;

// Bytes of address space that a bitmap gets: room for those of slots of up to 2^28 pages. The
// kernel writes as much as the slot is long, whatever the scenario looks at.
inline constexpr std::uint64_t kDirtyBitmapArea = std::uint64_t{1} << 25;

// The runs of set bits among the first `pages`.
inline answer::Runs RunsOfBitmap(std::span<const std::uint64_t> words, std::uint64_t pages) {
  answer::Runs runs;
  for (std::uint64_t page = 0; page < pages; ++page) {
    if (((words[page / 64] >> (page % 64)) & 1) == 0) continue;
    if (!runs.runs.empty() && runs.runs.back().end == page) {
      ++runs.runs.back().end;
    } else {
      runs.runs.push_back({page, page + 1, std::nullopt});
    }
  }
  return runs;
}

// A bitmap of that many pages, kMostBitmapPages at most, each word of it `mask`.
inline std::vector<std::uint64_t> BitmapOf(std::uint64_t pages, std::uint64_t mask) {
  const std::uint64_t told = pages < kMostBitmapPages ? pages : kMostBitmapPages;
  return std::vector<std::uint64_t>(static_cast<std::size_t>((told + 63) / 64), mask);
}

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_DIRTY_BITMAP_H_
