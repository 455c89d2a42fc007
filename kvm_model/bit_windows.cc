#include "kvm_model/bit_windows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/chunk_entry.h"
#include "kvm_model/page.h"

namespace kvm_model {
namespace {

constexpr std::align_val_t kCacheLine{64};

}  // namespace

BitWindows::BitWindows(std::uint64_t pages)
    : pages_(pages), window_count_((pages + kWindowPages - 1) >> kWindowShift) {}

std::unique_ptr<BitWindows> BitWindows::Create(std::uint64_t pages, bool value) {
  std::unique_ptr<BitWindows> windows(new (std::nothrow) BitWindows(pages));
  if (windows == nullptr || !windows->AllocateSlots(value)) return nullptr;
  return windows;
}

bool BitWindows::AllocateSlots(bool value) {
  windows_.reset(new (std::nothrow) Word[window_count_]);
  allocated_.reset(new (std::nothrow) Window*[window_count_]());
  if (windows_ == nullptr || allocated_ == nullptr) return false;
  FillWindows(0, window_count_, value);
  allocated_bytes_ = sizeof(*this) + window_count_ * (sizeof(Word) + sizeof(Window*));
  return true;
}

BitWindows::~BitWindows() {
  for (PageIndex i = 0; allocated_ != nullptr && i < window_count_; ++i) {
    if (allocated_[i] == nullptr) continue;
    FreeSlabs(*allocated_[i]);
    ::operator delete(allocated_[i]->flat.load(std::memory_order_relaxed), kCacheLine);
    ::operator delete(allocated_[i], kCacheLine);
  }
}

// ---- Memory ----

BitWindows::Window* BitWindows::NewWindow(std::uint64_t span) {
  void* const memory = ::operator new(WindowBytes(span), kCacheLine, std::nothrow);
  if (memory == nullptr) return nullptr;
  Window* const window = new (memory) Window;
  window->group_count = span / kGroupPages;
  for (std::uint64_t i = 0; i < window->group_count; ++i) std::construct_at(window->groups() + i);
  window->entries =
      reinterpret_cast<std::atomic<std::uint32_t>*>(window->groups() + window->group_count);
  for (std::uint64_t i = 0; i < window->group_count * 64; ++i) {
    std::construct_at(window->entries + i, 0);
  }
  return window;
}

BitWindows::Word* BitWindows::NewLeaves(std::uint64_t leaves) {
  void* const memory = ::operator new(leaves * kLeafWords * sizeof(Word), kCacheLine, std::nothrow);
  if (memory == nullptr) return nullptr;
  Word* const words = static_cast<Word*>(memory);
  for (std::uint64_t i = 0; i < leaves * kLeafWords; ++i) std::construct_at(words + i, 0);
  return words;
}

bool BitWindows::AddLeaves(Window& window) {
  const auto chunks = static_cast<std::int32_t>(window.group_count * 64);
  const auto leaves = static_cast<std::uint64_t>(
      std::min(static_cast<std::int32_t>(kSlabLeaves), chunks - window.leaf_space));
  Word* const words = NewLeaves(leaves);
  if (words == nullptr) return false;
  window.slabs[static_cast<std::size_t>(window.leaf_space) / kSlabLeaves].store(
      words, std::memory_order_release);
  window.leaf_space += static_cast<std::int32_t>(leaves);
  allocated_bytes_ += leaves * kLeafWords * sizeof(Word);
  // When there are as many as chunks, no chunk ever needs another.
  const std::int32_t enough =
      window.leaf_space == chunks ? window.leaf_space : window.leaf_space - 2;
  window.leaves_before_growing = std::min(enough, MostPooledLeaves(window));
  return true;
}

bool BitWindows::Flatten(Window& window) {
  const std::uint64_t chunks = window.group_count * 64;
  Word* const words = NewLeaves(chunks);
  if (words == nullptr) return false;
  // Those of chunks that aren't mixed any longer too: a reader may be on its way to them.
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    const Word* const from = window.LeafOfChunk(chunk);
    for (std::uint64_t i = 0; from != nullptr && i < kLeafWords; ++i) {
      Put(words[chunk * kLeafWords + i], Get(from[i]));
    }
  }
  window.flat.store(words, std::memory_order_release);
  window.leaves_before_growing = std::numeric_limits<std::int32_t>::max();
  slabs_are_old_ = true;
  allocated_bytes_ += chunks * kLeafWords * sizeof(Word);
  return true;
}

bool BitWindows::GrowWindow(PageIndex index) {
  if (Window* const window = allocated_[index]; window != nullptr) {
    if (window->leaves > MostPooledLeaves(*window) && Flatten(*window)) return true;
    const auto chunks = static_cast<std::int32_t>(window->group_count * 64);
    const bool enough = window->leaf_space == chunks || window->leaf_space - window->leaves >= 2;
    return enough || AddLeaves(*window);
  }
  Window* const window = NewWindow(SpanOf(index));
  if (window == nullptr) return false;
  if (!AddLeaves(*window)) {
    ::operator delete(window, kCacheLine);
    return false;
  }
  allocated_bytes_ += WindowBytes(SpanOf(index));
  allocated_[index] = window;
  return true;
}

void BitWindows::FreeOldSlabs() {
  slabs_are_old_ = false;
  for (PageIndex i = 0; i < window_count_; ++i) {
    Window* const window = allocated_[i];
    if (window == nullptr || window->flat.load(std::memory_order_relaxed) == nullptr) continue;
    allocated_bytes_ -= FreeSlabs(*window);
  }
}

std::size_t BitWindows::FreeSlabs(Window& window) {
  const auto leaves = static_cast<std::size_t>(window.leaf_space);
  for (std::atomic<Word*>& slab : window.slabs) {
    ::operator delete(slab.exchange(nullptr, std::memory_order_relaxed), kCacheLine);
  }
  window.leaf_space = 0;
  return leaves * kLeafWords * sizeof(Word);
}

// ---- Stores ----

void BitWindows::Store(PageRange range, bool value) noexcept {
  const PageIndex index = range.start >> kWindowShift;
  const std::uint64_t slot = Get(windows_[index]);
  const bool in_one_window = (range.end - 1) >> kWindowShift == index;
  if (!in_one_window || IsUniform(slot) || range.end == pages_ || range.pages() == kWindowPages) {
    return StoreAcrossWindows(range, value);
  }
  Window& window = WindowOf(slot);
  const PageIndex base = index << kWindowShift;
  const std::uint64_t made = uniform_groups_made_;
  const std::uint64_t in_chunk = range.start % kChunkPages;
  if (in_chunk + range.pages() < kChunkPages) {
    StoreInChunk(window, ChunkOf(range.start), in_chunk, in_chunk + range.pages(), value);
  } else {
    StoreInMixedWindow(window, range.start - base, range.end - base, value);
  }
  if (uniform_groups_made_ != made) NoteWindow(index, window);
}

void BitWindows::StoreAcrossWindows(PageRange range, bool value) {
  const PageIndex end = EndOf(range);
  const PageIndex first = range.start >> kWindowShift;
  const PageIndex last = (end - 1) >> kWindowShift;
  const std::uint64_t start_in_first = range.start % kWindowPages;
  const std::uint64_t end_in_last = end - (last << kWindowShift);
  if (first == last) {
    StoreInWindow(first, start_in_first, end_in_last, value);
    return;
  }
  PageIndex whole_first = first;
  PageIndex whole_last = last + 1;
  if (start_in_first != 0) {
    StoreInWindow(whole_first++, start_in_first, kWindowPages, value);
  }
  if (end_in_last != SpanOf(last)) StoreInWindow(--whole_last, 0, end_in_last, value);
  FillWindows(whole_first, whole_last, value);
}

void BitWindows::FillWindows(PageIndex first, PageIndex last, bool value) {
  for (PageIndex i = first; i < last; ++i) Put(windows_[i], Uniform(value));
  uniform_groups_made_ += (last - first) * kWindowGroups;
}

void BitWindows::StoreInWindow(PageIndex index, std::uint64_t start, std::uint64_t end,
                               bool value) {
  if (start == 0 && end == SpanOf(index)) return FillWindows(index, index + 1, value);
  const std::uint64_t slot = Get(windows_[index]);
  if (IsUniform(slot)) {
    if (ValueOf(slot) == value) return;
    Window& window = *allocated_[index];
    RefillWindow(window, !value);
    Put(windows_[index], reinterpret_cast<std::uint64_t>(&window));
    StoreInMixedWindow(window, start, end, value);
    return;
  }
  const std::uint64_t made = uniform_groups_made_;
  Window& window = WindowOf(slot);
  StoreInMixedWindow(window, start, end, value);
  if (uniform_groups_made_ != made) NoteWindow(index, window);
}

void BitWindows::RefillWindow(Window& window, bool value) {
  for (std::uint64_t i = 0; i < window.group_count; ++i) {
    Put(window.groups()[i].value, All(value));
    Put(window.groups()[i].mixed, 0);
  }
  for (Pair& groups : window.of_groups) {
    Put(groups.value, All(value));
    Put(groups.mixed, 0);
  }
}

void BitWindows::StoreInMixedWindow(Window& window, std::uint64_t start, std::uint64_t end,
                                    bool value) {
  const std::uint64_t first = start >> kChunkShift;
  const std::uint64_t last = (end - 1) >> kChunkShift;
  const std::uint64_t in_first = start % kChunkPages;
  const std::uint64_t in_last = end % kChunkPages;
  // The chunks that are stored to as a whole.
  const std::uint64_t whole_first = first + (in_first != 0 ? 1 : 0);
  const std::uint64_t whole_last = last + (in_last != 0 ? 0 : 1);
  if (whole_first > whole_last) return StoreInChunk(window, first, in_first, in_last, value);
  if (whole_first != first) {
    const std::uint64_t in_chunk = first == last ? end - (first << kChunkShift) : kChunkPages;
    StoreInChunk(window, first, in_first, in_chunk, value);
  }
  if (whole_last == last) StoreInChunk(window, last, 0, in_last, value);
  if (whole_first < whole_last) FillChunks(window, whole_first, whole_last, value);
}

[[gnu::always_inline]] inline void BitWindows::NoteGroup(Window& window, std::uint64_t group,
                                                         std::uint64_t mixed,
                                                         std::uint64_t values) {
  Pair& of_groups = window.of_groups[group / 64];
  const std::uint64_t bit = std::uint64_t{1} << (group % 64);
  const std::uint64_t mixed_groups = Get(of_groups.mixed);
  const bool was_mixed = (mixed_groups & bit) != 0;
  // Neither all 0 nor all 1, or mixed below.
  if (mixed != 0 || values + 1 > 1) {
    if (!was_mixed) Put(of_groups.mixed, mixed_groups | bit);
    return;
  }
  if (!was_mixed && Bit(of_groups.value, group) == (values != 0)) return;
  PutBits(of_groups.value, bit, values != 0);
  Put(of_groups.mixed, mixed_groups & ~bit);
  ++uniform_groups_made_;
}

[[gnu::always_inline]] inline void BitWindows::FillInGroup(Window& window, std::uint64_t group,
                                                           std::uint64_t mask, bool value) {
  Pair& pair = window.groups()[group];
  const std::uint64_t values = (Get(pair.value) & ~mask) | (mask & All(value));
  const std::uint64_t mixed = Get(pair.mixed) & ~mask;
  Put(pair.value, values);
  Put(pair.mixed, mixed);
  NoteGroup(window, group, mixed, values);
}

void BitWindows::FillChunks(Window& window, std::uint64_t first, std::uint64_t last, bool value) {
  const std::uint64_t first_group = first / 64;
  const std::uint64_t last_group = (last - 1) / 64;
  const std::uint64_t from_first = ~std::uint64_t{0} << (first % 64);
  const std::uint64_t to_last = ~std::uint64_t{0} >> (63 - (last - 1) % 64);
  if (first_group == last_group)
    return FillInGroup(window, first_group, from_first & to_last, value);
  FillInGroup(window, first_group, from_first, value);
  for (std::uint64_t group = first_group + 1; group < last_group; ++group) {
    FillInGroup(window, group, ~std::uint64_t{0}, value);
  }
  FillInGroup(window, last_group, to_last, value);
}

void BitWindows::NoteWindow(PageIndex index, const Window& window) {
  const bool value = Bit(window.of_groups[0].value, 0);
  const bool uniform =
      ForEachWord(0, window.group_count, [&](std::uint64_t word, std::uint64_t mask) {
        const Pair& groups = window.of_groups[word];
        return ((Get(groups.mixed) | (Get(groups.value) ^ All(value))) & mask) == 0;
      });
  if (uniform) FillWindows(index, index + 1, value);
}

void BitWindows::MakeChunkUniform(Window& window, std::uint64_t chunk, bool value) {
  FillInGroup(window, chunk / 64, std::uint64_t{1} << (chunk % 64), value);
}

void BitWindows::StoreInChunk(Window& window, std::uint64_t chunk, std::uint64_t start,
                              std::uint64_t end, bool value) {
  Pair& group = window.groups()[chunk / 64];
  const std::uint64_t mixed = Get(group.mixed);
  if ((mixed >> (chunk % 64) & 1) != 0) {
    if (Word* const leaf = window.LeafOfChunk(chunk); leaf != nullptr) {
      return StoreInLeaf(window, chunk, leaf, start, end, value);
    }
    return StoreInEntry(window, chunk, start, end, value);
  }
  if (Bit(group.value, chunk) == value) return;
  // A leaf out of the pool is the chunk's for ever, as a reader may still be on its way to it.
  Word* const leaf = window.IsFlat() ? nullptr : window.LeafOfChunk(chunk);
  const ChunkEntry as_before = ChunkEntry::WithChanges(!value, nullptr, 0);
  if (leaf != nullptr) {
    FillLeafFrom(leaf, as_before);
  } else {
    window.SetEntry(chunk, as_before);
  }
  Put(group.mixed, mixed | std::uint64_t{1} << (chunk % 64));
  if (leaf != nullptr) {
    FillInLeaf(leaf, start, end, value);
  } else {
    window.SetEntry(chunk, ChunkEntry::WithRun(start, end, value));
  }
  if (mixed != 0) return;
  Pair& of_groups = window.of_groups[chunk / 64 / 64];
  Put(of_groups.mixed, Get(of_groups.mixed) | std::uint64_t{1} << (chunk / 64 % 64));
}

void BitWindows::StoreInEntry(Window& window, std::uint64_t chunk, std::uint64_t start,
                              std::uint64_t end, bool value) {
  const ChunkEntry old = window.EntryOf(chunk);
  if (value == old.first() && old.IsOneRunIn(start, end)) {
    return MakeChunkUniform(window, chunk, value);
  }
  // The changes outside of the range, and those that its ends make.
  std::array<std::uint64_t, ChunkEntry::kMostChanges + 3> changes{};
  std::uint32_t count = 0;
  const auto add_if = [&](bool is_one, std::uint64_t change) {
    changes[count] = change;
    count += static_cast<std::uint32_t>(is_one);
  };
  for (const std::uint64_t change : old.Changes()) add_if(change < start, change);
  add_if(start != 0 && old.At(start - 1) != value, start);
  add_if(end != kChunkPages && old.At(end % kChunkPages) != value, end);
  for (const std::uint64_t change : old.Changes()) {
    add_if(change > end && change != kChunkPages, change);
  }
  if (count == 0) return MakeChunkUniform(window, chunk, value);
  if (count <= ChunkEntry::kMostChanges) {
    const bool first = start == 0 ? value : old.first();
    window.SetEntry(chunk, ChunkEntry::WithChanges(first, changes.data(), count));
    return;
  }
  // Where leaves are flat, a reader of an older state may look at this one now: each word goes from
  // what it was then to what it has been since, and only then to what it becomes.
  const ChunkEntry entry =
      ChunkEntry::WithLeaf(window.IsFlat() ? 0 : static_cast<std::uint32_t>(window.leaves++));
  Word* const leaf = window.LeafOf(chunk, entry);
  FillLeafFrom(leaf, old);
  window.SetEntry(chunk, entry);
  FillInLeaf(leaf, start, end, value);
}

void BitWindows::FillLeafFrom(Word* leaf, ChunkEntry entry) {
  const auto [one, two, three] = entry.Changes();
  std::array<std::uint64_t, kLeafWords> words{};
  words.fill(All(entry.first()));
  ForEachWord(one, two, [&words](std::uint64_t i, std::uint64_t mask) {
    words[i] ^= mask;
    return true;
  });
  ForEachWord(three, kChunkPages, [&words](std::uint64_t i, std::uint64_t mask) {
    words[i] ^= mask;
    return true;
  });
  for (std::uint64_t i = 0; i < kLeafWords; ++i) Put(leaf[i], words[i]);
}

void BitWindows::FillInLeaf(Word* leaf, std::uint64_t start, std::uint64_t end, bool value) {
  const std::uint64_t first = start / 64;
  const std::uint64_t last = (end - 1) / 64;
  const std::uint64_t from_start = ~std::uint64_t{0} << (start % 64);
  const std::uint64_t to_end = ~std::uint64_t{0} >> (63 - (end - 1) % 64);
  if (first == last) return PutBits(leaf[first], from_start & to_end, value);
  PutBits(leaf[first], from_start, value);
  for (std::uint64_t i = first + 1; i < last; ++i) Put(leaf[i], All(value));
  PutBits(leaf[last], to_end, value);
}

void BitWindows::StoreInLeaf(Window& window, std::uint64_t chunk, Word* leaf, std::uint64_t start,
                             std::uint64_t end, bool value) {
  FillInLeaf(leaf, start, end, value);
  // Only where all of one word is the value can all of the chunk be.
  if (Get(leaf[start / 64]) != All(value)) return;
  std::uint64_t others = 0;
  for (std::uint64_t i = 0; i < kLeafWords; ++i) others |= Get(leaf[i]) ^ All(value);
  if (others == 0) MakeChunkUniform(window, chunk, value);
}

}  // namespace kvm_model
