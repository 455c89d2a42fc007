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
#include "tools/scenario/call_table.h"

namespace kvm_model::scenario {

// Bytes of address space that a bitmap gets: room for that of the longest slot, of 2^31-1 pages.
// The kernel writes as much as the slot is long, whatever the scenario looks at.
inline constexpr std::uint64_t kDirtyBitmapArea = std::uint64_t{1} << 28;

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

// The words that a scenario sets of a bitmap of that many pages, each of them `mask`: those of the
// first kMostBitmapPages.
inline std::vector<std::uint64_t> BitmapOf(std::uint64_t pages, std::uint64_t mask) {
  const std::uint64_t told = pages < kMostBitmapPages ? pages : kMostBitmapPages;
  return std::vector<std::uint64_t>(static_cast<std::size_t>((told + 63) / 64), mask);
}

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_DIRTY_BITMAP_H_
