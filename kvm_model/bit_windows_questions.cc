// What readers of windows ask about more than one page, and what is checked.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/bit_windows.h"
#include "kvm_model/chunk_entry.h"
#include "kvm_model/page.h"

namespace kvm_model {

bool BitWindows::MixedChunkHas(const Window& window, std::uint64_t chunk, std::uint64_t start,
                               std::uint64_t end, bool value) {
  const ChunkEntry entry = window.EntryOf(chunk);
  if (!entry.HasLeaf()) {
    bool changes = false;
    for (const std::uint64_t change : entry.Changes()) changes |= change > start && change < end;
    return !changes && entry.At(start) == value;
  }
  const Word* const leaf = window.LeafOf(chunk, entry);
  const std::uint64_t first = start / 64;
  const std::uint64_t last = (end - 1) / 64;
  const auto others = [leaf, value](std::uint64_t i) { return Get(leaf[i]) ^ All(value); };
  const std::uint64_t from_start = ~std::uint64_t{0} << (start % 64);
  const std::uint64_t to_end = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
  if (first == last) return (others(first) & from_start & to_end) == 0;
  if ((others(first) & from_start) != 0 || (others(last) & to_end) != 0) return false;
  for (std::uint64_t i = first + 1; i < last; ++i) {
    if (others(i) != 0) return false;
  }
  return true;
}

bool BitWindows::WindowHas(const Window& window, std::uint64_t start, std::uint64_t end,
                           bool value) {
  const std::uint64_t first = start >> kChunkShift;
  const std::uint64_t last = (end - 1) >> kChunkShift;
  const auto part_has = [&](std::uint64_t chunk, std::uint64_t from, std::uint64_t to) {
    const Pair& group = window.groups()[chunk / 64];
    if (!Bit(group.mixed, chunk)) return Bit(group.value, chunk) == value;
    return MixedChunkHas(window, chunk, from, to, value);
  };
  const std::uint64_t end_in_last = end - (last << kChunkShift);
  if (first == last) return part_has(first, start % kChunkPages, end_in_last);
  // All between them must have it as a whole.
  const bool between_have =
      ForEachWord(first + 1, last, [&](std::uint64_t group, std::uint64_t mask) {
        const Pair& pair = window.groups()[group];
        return ((Get(pair.mixed) | (Get(pair.value) ^ All(value))) & mask) == 0;
      });
  return between_have && part_has(first, start % kChunkPages, kChunkPages) &&
         part_has(last, 0, end_in_last);
}

bool BitWindows::HasAcrossWindows(PageRange range, bool value) const {
  const auto window_has = [&](PageIndex index, std::uint64_t start, std::uint64_t end) {
    const std::uint64_t slot = Get(windows_[index]);
    if (IsUniform(slot)) return ValueOf(slot) == value;
    return WindowHas(WindowOf(slot), start, end, value);
  };
  const PageIndex first = range.start >> kWindowShift;
  const PageIndex last = (range.end - 1) >> kWindowShift;
  if (!window_has(first, range.start % kWindowPages, kWindowPages)) return false;
  if (!window_has(last, 0, range.end - (last << kWindowShift))) return false;
  for (PageIndex i = first + 1; i < last; ++i) {
    if (Get(windows_[i]) != Uniform(value)) return false;
  }
  return true;
}

PageRange BitWindows::RunOf(PageIndex page) const {
  const bool value = Get(page);
  return {EndOfLastWithout(page, value), std::min(pages_, FirstWithout(page, value))};
}

std::uint64_t BitWindows::FirstInChunk(const Window& window, std::uint64_t chunk,
                                       std::uint64_t start, bool value) {
  const ChunkEntry entry = window.EntryOf(chunk);
  if (!entry.HasLeaf()) {
    if (entry.At(start) != value) return start;
    for (const std::uint64_t change : entry.Changes()) {
      if (change > start) return change;
    }
    return kChunkPages;
  }
  const Word* const leaf = window.LeafOf(chunk, entry);
  std::uint64_t mask = ~std::uint64_t{0} << (start % 64);
  for (std::uint64_t i = start / 64; i < kLeafWords; ++i) {
    const std::uint64_t others = (Get(leaf[i]) ^ All(value)) & mask;
    if (others != 0) return i * 64 + static_cast<std::uint64_t>(std::countr_zero(others));
    mask = ~std::uint64_t{0};
  }
  return kChunkPages;
}

std::uint64_t BitWindows::LastInChunk(const Window& window, std::uint64_t chunk, std::uint64_t end,
                                      bool value) {
  const ChunkEntry entry = window.EntryOf(chunk);
  if (!entry.HasLeaf()) {
    if (entry.At(end - 1) != value) return end;
    std::uint64_t last = 0;
    for (const std::uint64_t change : entry.Changes()) {
      if (change < end) last = change;
    }
    return last;
  }
  const Word* const leaf = window.LeafOf(chunk, entry);
  std::uint64_t mask = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
  for (std::uint64_t i = (end - 1) / 64 + 1; i-- > 0;) {
    const std::uint64_t others = (Get(leaf[i]) ^ All(value)) & mask;
    if (others != 0) return i * 64 + static_cast<std::uint64_t>(std::bit_width(others));
    mask = ~std::uint64_t{0};
  }
  return 0;
}

PageIndex BitWindows::FirstWithout(PageIndex page, bool value) const {
  for (PageIndex index = page >> kWindowShift; index < window_count_; ++index) {
    const PageIndex base = index << kWindowShift;
    const std::uint64_t slot = Get(windows_[index]);
    if (IsUniform(slot)) {
      if (ValueOf(slot) != value) return std::max(page, base);
      continue;
    }
    const Window& window = WindowOf(slot);
    std::uint64_t chunk = page > base ? ChunkOf(page) : 0;
    std::uint64_t start = page > base ? page % kChunkPages : 0;
    while (chunk < window.group_count * 64) {
      const Pair& group = window.groups()[chunk / 64];
      const std::uint64_t telling =
          (Get(group.mixed) | (Get(group.value) ^ All(value))) >> (chunk % 64);
      if (telling == 0) {
        chunk = (chunk / 64 + 1) * 64;
        start = 0;
        continue;
      }
      const auto skipped = static_cast<std::uint64_t>(std::countr_zero(telling));
      chunk += skipped;
      if (skipped != 0) start = 0;
      const std::uint64_t at =
          Bit(group.mixed, chunk) ? FirstInChunk(window, chunk, start, value) : start;
      if (at != kChunkPages) return base + (chunk << kChunkShift) + at;
      ++chunk;
      start = 0;
    }
  }
  return pages_;
}

PageIndex BitWindows::EndOfLastWithout(PageIndex end, bool value) const {
  while (end > 0) {
    const PageIndex index = (end - 1) >> kWindowShift;
    const PageIndex base = index << kWindowShift;
    const std::uint64_t slot = Get(windows_[index]);
    if (IsUniform(slot)) {
      if (ValueOf(slot) != value) return end;
      end = base;
      continue;
    }
    const Window& window = WindowOf(slot);
    while (end > base) {
      const std::uint64_t chunk = ChunkOf(end - 1);
      const Pair& group = window.groups()[chunk / 64];
      const std::uint64_t telling = (Get(group.mixed) | (Get(group.value) ^ All(value)))
                                    << (63 - chunk % 64);
      if (telling == 0) {
        end = base + (chunk / 64 << kGroupShift);
        continue;
      }
      const auto skipped = static_cast<std::uint64_t>(std::countl_zero(telling));
      const std::uint64_t found = chunk - skipped;
      const PageIndex start = base + (found << kChunkShift);
      end = std::min(end, start + kChunkPages);
      if (!Bit(group.mixed, found)) return end;
      const std::uint64_t last = LastInChunk(window, found, end - start, value);
      if (last != 0) return start + last;
      end = start;
    }
  }
  return 0;
}

// ---- Checks ----

std::string BitWindows::Broken() const {
  for (PageIndex index = 0; index < window_count_; ++index) {
    const std::uint64_t slot = Get(windows_[index]);
    if (IsUniform(slot)) continue;
    const Window& window = WindowOf(slot);
    bool seen[2] = {false, false};
    for (std::uint64_t i = 0; i < window.group_count; ++i) {
      const Pair& pair = window.groups()[i];
      const bool uniform = Get(pair.mixed) == 0 && (Get(pair.value) + 1 <= 1);
      const Pair& of_groups = window.of_groups[i / 64];
      if (Bit(of_groups.mixed, i) == uniform) {
        return absl::StrFormat("window %d: group %d's summary is wrong", index, i);
      }
      if (uniform && Bit(of_groups.value, i) != (Get(pair.value) != 0)) {
        return absl::StrFormat("window %d: group %d's value is wrong", index, i);
      }
      if (uniform) seen[Get(pair.value) != 0] = true;
      if (!uniform) seen[0] = seen[1] = true;
      for (std::uint64_t bit = 0; bit < 64; ++bit) {
        if (!Bit(pair.mixed, bit)) continue;
        const std::uint64_t chunk = i * 64 + bit;
        if (FirstInChunk(window, chunk, 0, false) == kChunkPages ||
            FirstInChunk(window, chunk, 0, true) == kChunkPages) {
          return absl::StrFormat("window %d: chunk %d isn't mixed", index, chunk);
        }
      }
    }
    if (!(seen[0] && seen[1])) return absl::StrFormat("window %d isn't mixed", index);
  }
  return "";
}

}  // namespace kvm_model
