// BitWindows: one of two values for each page, for many runs: the answer to "which one?" lies at an
// address that is computed, not looked for.
//
//   window   2^24 pages (64 GiB of 4 KiB pages), allocated when it is first not uniform
//   group    64 chunks
//   chunk    512 pages, as many as one huge page has
//
// A group has two bits for each chunk: mixed, and the value of a chunk that isn't. What lies below
// a chunk or a window that isn't mixed is out of date. (So to fill 64 chunks is to write two words,
// to fill a window is to write one, and "is this 2 MiB block mixed?" is one bit.) A mixed chunk of
// at most three changes is four bytes in the window's table (ChunkEntry); one of more has a leaf, a
// bit a page, out of a pool, which it keeps. A window in which most chunks have one puts them side
// by side, at computed addresses, and there the table says again what it can.
//
//   chunk 5 of a window, pages 7 and 8 set:  mixed bit 5 of group 0; table[5] = {first 0, 7, 9}
//
// The last part reaches behind the file's end: the pages there are as the last one is.
//
// Concurrency: one writer. Get() and Mixed() may be called beside it, at any time, and never wait:
// nothing that they look at moves. A part that becomes mixed has what it was, as one value, written
// below it before its mixed bit is set, and is stored to after that; one that becomes uniform has
// its value written before the bit is cleared, and who read that value looks at the bit again; a
// leaf serves one chunk only, and a word of it that a reader may look at goes from what its pages
// had to what they have. So who acts on an old mixed bit or entry reads the chunk as it was then,
// or as everybody does by now. Functions that look at several words are right if the writer didn't
// store meanwhile, and harmless otherwise. Stores are releases, loads acquires.
//
// Memory: 137 KiB for each window that was mixed once, and leaves: 64 bytes for each chunk that had
// four changes once. Nothing is given back before Trim() and the destructor.
#ifndef KVM_MODEL_KVM_MODEL_BIT_WINDOWS_H_
#define KVM_MODEL_KVM_MODEL_BIT_WINDOWS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kvm_model/chunk_entry.h"
#include "kvm_model/page.h"
#include "kvm_model/word_store.h"

namespace kvm_model {

class BitWindows {
 public:
  static constexpr unsigned kChunkShift = 9;
  static constexpr unsigned kGroupShift = kChunkShift + 6;
  static constexpr unsigned kWindowShift = 24;
  static constexpr std::uint64_t kChunkPages = ChunkEntry::kPages;
  static_assert(kChunkPages == std::uint64_t{1} << kChunkShift);
  static constexpr std::uint64_t kGroupPages = std::uint64_t{1} << kGroupShift;
  static constexpr std::uint64_t kWindowPages = std::uint64_t{1} << kWindowShift;
  // A larger file's table of windows would not be small any more.
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 40;

  // All of [0, pages) has `value`. Null when memory is short. Requires 1 <= pages <= kMaxPages.
  static std::unique_ptr<BitWindows> Create(std::uint64_t pages, bool value);
  BitWindows(const BitWindows&) = delete;
  BitWindows& operator=(const BitWindows&) = delete;
  ~BitWindows();

  // What a window of a file of that size costs, without leaves.
  static std::size_t WindowBytes(std::uint64_t pages) {
    const std::uint64_t groups = GroupsOf(std::min(pages, kWindowPages));
    return sizeof(Window) + groups * (sizeof(Pair) + 64 * sizeof(std::uint32_t));
  }

  // ---- Readers, beside a writer too ----

  bool Get(PageIndex page) const {
    const std::uint64_t slot = windows_[page >> kWindowShift].load(std::memory_order_acquire);
    if (IsUniform(slot)) return ValueOf(slot);
    const Window& window = WindowOf(slot);
    const std::uint64_t chunk = ChunkOf(page);
    const Pair& group = window.groups()[chunk / 64];
    if (!Bit(group.mixed, chunk)) {
      // Of a chunk that is becoming uniform the value is there before the rest is.
      const bool value = Bit(group.value, chunk);
      if (!Bit(group.mixed, chunk)) return value;
    }
    const std::uint64_t offset = page % kChunkPages;
    const ChunkEntry entry = window.EntryOf(chunk);
    if (!entry.HasLeaf()) return entry.At(offset);
    return Bit(window.LeafOf(chunk, entry)[offset / 64], offset);
  }

  // Whether the chunk that `page` is in has pages of both values.
  bool Mixed(PageIndex page) const {
    const std::uint64_t slot = windows_[page >> kWindowShift].load(std::memory_order_acquire);
    const std::uint64_t chunk = ChunkOf(page);
    return !IsUniform(slot) && Bit(WindowOf(slot).groups()[chunk / 64].mixed, chunk);
  }

  // ---- Readers; right if the writer didn't store meanwhile ----

  // Whether all pages of the range, which isn't empty, have the value.
  bool Has(PageRange range, bool value) const {
    const PageIndex window = range.start >> kWindowShift;
    if ((range.end - 1) >> kWindowShift != window) return HasAcrossWindows(range, value);
    const std::uint64_t slot = windows_[window].load(std::memory_order_acquire);
    if (IsUniform(slot)) return ValueOf(slot) == value;
    const PageIndex base = window << kWindowShift;
    return WindowHas(WindowOf(slot), range.start - base, range.end - base, value);
  }
  // The maximal run that has `page`, cut to the file.
  PageRange RunOf(PageIndex page) const;

  // Calls visit(range, value) for each run that meets [range.start, range.end), in order, cut to
  // it, until it returns false.
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const;

  // ---- The writer ----

  // Makes sure that Store(range, either value) has its memory. False, with nothing changed, when
  // memory is short. The range isn't empty.
  [[nodiscard]] bool Reserve(PageRange range) {
    const PageIndex first = range.start >> kWindowShift;
    const PageIndex last = (range.end - 1) >> kWindowShift;
    if (first == last) return ReserveIn(first);
    // Whole windows need nothing.
    const bool first_is_whole = range.start % kWindowPages == 0;
    const bool last_is_whole = range.end % kWindowPages == 0 || range.end == pages_;
    return (first_is_whole || ReserveIn(first)) && (last_is_whole || ReserveIn(last));
  }
  // Gives the pages of the range the value. Needs Reserve() for the same range, or a range whose
  // neighbours have it.
  void Store(PageRange range, bool value) noexcept;

  // What Store(range, value) does, if it is one store to one word and changes no summary. The range
  // lies in one chunk.
  [[gnu::always_inline]] WordStore FindWordStore(PageRange range, bool value) const {
    const std::uint64_t slot =
        windows_[range.start >> kWindowShift].load(std::memory_order_relaxed);
    // The pages behind the file's end go along with the last one.
    if (IsUniform(slot) || range.end == pages_) return {};
    Window& window = WindowOf(slot);
    const std::uint64_t chunk = ChunkOf(range.start);
    Pair& group = window.groups()[chunk / 64];
    const std::uint64_t mixed = Get(group.mixed);
    if ((mixed >> (chunk % 64) & 1) != 0) return FindLeafStore(window, chunk, range, value);
    const std::uint64_t bit = std::uint64_t{1} << (chunk % 64);
    const std::uint64_t old = Get(group.value);
    const std::uint64_t bits = (old & ~bit) | (bit & All(value));
    if (bits == old) return {&group.value, old};
    // The group may become uniform, or not be any longer.
    if (range.pages() != kChunkPages || (mixed == 0 && (bits + 1 <= 1 || old + 1 <= 1))) return {};
    return {&group.value, bits};
  }

  // Frees what is out of date. Requires that no reader is under way.
  void Trim() noexcept {
    if (slabs_are_old_) FreeOldSlabs();
  }

  // How often a group became uniform or changed as a whole: a sign that runs may have become few.
  std::uint64_t uniform_groups_made() const { return uniform_groups_made_; }
  std::size_t allocated_bytes() const { return allocated_bytes_; }
  // What is wrong with the summaries; empty when nothing is.
  std::string Broken() const;

 private:
  using Word = std::atomic<std::uint64_t>;
  struct Pair {
    Word mixed{0};
    Word value{0};
  };

  static constexpr std::uint64_t kLeafWords = kChunkPages / 64;
  static constexpr std::uint64_t kSlabLeaves = 256;
  static constexpr std::uint64_t kWindowGroups = kWindowPages / kGroupPages;
  static constexpr std::uint64_t kWindowChunks = kWindowPages / kChunkPages;

  struct alignas(64) Window {
    // All chunks' leaves, in order, if there are that many; the slabs are out of date then.
    std::atomic<Word*> flat{nullptr};
    std::array<std::atomic<Word*>, kWindowChunks / kSlabLeaves> slabs{};
    std::int32_t leaves = 0;      // in use
    std::int32_t leaf_space = 0;  // allocated
    // With more in use than these, a store that needs two may not find them.
    std::int32_t leaves_before_growing = -1;
    std::uint64_t group_count = 0;
    std::atomic<std::uint32_t>* entries = nullptr;  // behind the groups
    // Of groups: the same two bits, for the writer and for who looks at many.
    std::array<Pair, kWindowGroups / 64> of_groups{};

    Pair* groups() { return reinterpret_cast<Pair*>(this + 1); }
    const Pair* groups() const { return reinterpret_cast<const Pair*>(this + 1); }
    bool IsFlat() const { return flat.load(std::memory_order_relaxed) != nullptr; }
    // Null: the chunk's entry says it all.
    Word* LeafOfChunk(std::uint64_t chunk) const {
      const ChunkEntry entry = EntryOf(chunk);
      return entry.HasLeaf() ? LeafOf(chunk, entry) : nullptr;
    }
    ChunkEntry EntryOf(std::uint64_t chunk) const {
      return ChunkEntry(entries[chunk].load(std::memory_order_acquire));
    }
    void SetEntry(std::uint64_t chunk, ChunkEntry entry) {
      entries[chunk].store(entry.bits(), std::memory_order_release);
    }
    Word* LeafOf(std::uint64_t chunk, ChunkEntry entry) const {
      if (Word* const leaves_in_order = flat.load(std::memory_order_acquire);
          leaves_in_order != nullptr) {
        return leaves_in_order + chunk * kLeafWords;
      }
      const std::uint32_t leaf = entry.leaf_index();
      return slabs[leaf / kSlabLeaves].load(std::memory_order_acquire) +
             leaf % kSlabLeaves * kLeafWords;
    }
  };

  // What stands for a window: its address where it is mixed, else the value and a low bit.
  static constexpr std::uint64_t Uniform(bool value) { return value ? 3 : 1; }
  static bool IsUniform(std::uint64_t slot) { return (slot & 1) != 0; }
  static bool ValueOf(std::uint64_t slot) { return slot == Uniform(true); }
  static Window& WindowOf(std::uint64_t slot) { return *reinterpret_cast<Window*>(slot); }

  static bool Bit(const Word& word, std::uint64_t bit) {
    return (word.load(std::memory_order_acquire) >> (bit % 64) & 1) != 0;
  }
  static std::uint64_t Get(const Word& word) { return word.load(std::memory_order_acquire); }
  static void Put(Word& word, std::uint64_t value) { word.store(value, std::memory_order_release); }
  static void PutBits(Word& word, std::uint64_t mask, bool value) {
    const std::uint64_t old = Get(word);
    Put(word, value ? old | mask : old & ~mask);
  }
  static std::uint64_t All(bool value) { return -static_cast<std::uint64_t>(value); }
  static std::uint64_t ChunkOf(PageIndex page) { return page % kWindowPages >> kChunkShift; }
  static std::uint64_t GroupsOf(std::uint64_t pages) {
    return (pages + kGroupPages - 1) / kGroupPages;
  }
  // The bits [first, last) of a word; 0 <= first < last <= 64.
  static std::uint64_t Mask(std::uint64_t first, std::uint64_t last) {
    return ~std::uint64_t{0} << first & ~std::uint64_t{0} >> (64 - last);
  }
  // Calls visit(word's index, mask) for the words that hold the bits [first, last), until it
  // returns false; whether it never did.
  template <typename Visit>
  static bool ForEachWord(std::uint64_t first, std::uint64_t last, Visit visit) {
    while (first < last) {
      const std::uint64_t end = std::min(last, (first / 64 + 1) * 64);
      if (!visit(first / 64, Mask(first % 64, end - first / 64 * 64))) return false;
      first = end;
    }
    return true;
  }

  explicit BitWindows(std::uint64_t pages);
  bool AllocateSlots(bool value);

  // How many pages the window's parts have, those behind the file's end included.
  std::uint64_t SpanOf(PageIndex window) const {
    return GroupsOf(std::min(kWindowPages, pages_ - (window << kWindowShift))) * kGroupPages;
  }
  // The range's end, or the span's if the range ends with the file.
  PageIndex EndOf(PageRange range) const {
    if (range.end != pages_) return range.end;
    const PageIndex last = window_count_ - 1;
    return (last << kWindowShift) + SpanOf(last);
  }

  bool ReserveIn(PageIndex index) {
    const std::uint64_t slot = windows_[index].load(std::memory_order_relaxed);
    const Window* const window = IsUniform(slot) ? allocated_[index] : &WindowOf(slot);
    if (window != nullptr && window->leaves <= window->leaves_before_growing) return true;
    return GrowWindow(index);
  }
  bool GrowWindow(PageIndex index);
  static Window* NewWindow(std::uint64_t span);
  // False when memory is short.
  bool AddLeaves(Window& window);
  bool Flatten(Window& window);
  void FreeOldSlabs();
  // How many bytes they had.
  static std::size_t FreeSlabs(Window& window);
  static Word* NewLeaves(std::uint64_t leaves);
  // With more leaves in use than these, they are worth their computed addresses.
  static std::int32_t MostPooledLeaves(const Window& window) {
    return static_cast<std::int32_t>(window.group_count * 48);
  }

  // The chunk is mixed.
  [[gnu::always_inline]] static WordStore FindLeafStore(const Window& window, std::uint64_t chunk,
                                                        PageRange range, bool value) {
    Word* const leaf = window.LeafOfChunk(chunk);
    if (leaf == nullptr || (range.start ^ (range.end - 1)) >= 64) return {};
    Word& word = leaf[range.start / 64 % kLeafWords];
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - range.pages()) << (range.start % 64);
    const std::uint64_t bits = (Get(word) & ~mask) | (mask & All(value));
    // The chunk may become uniform.
    if (bits == All(value)) return {};
    return {&word, bits};
  }
  void StoreAcrossWindows(PageRange range, bool value);
  void StoreInWindow(PageIndex index, std::uint64_t start, std::uint64_t end, bool value);
  void RefillWindow(Window& window, bool value);
  void StoreInMixedWindow(Window& window, std::uint64_t start, std::uint64_t end, bool value);
  // A part of the chunk; FillChunks() is for whole ones.
  void StoreInChunk(Window& window, std::uint64_t chunk, std::uint64_t start, std::uint64_t end,
                    bool value);
  void StoreInEntry(Window& window, std::uint64_t chunk, std::uint64_t start, std::uint64_t end,
                    bool value);
  void StoreInLeaf(Window& window, std::uint64_t chunk, Word* leaf, std::uint64_t start,
                   std::uint64_t end, bool value);
  void MakeChunkUniform(Window& window, std::uint64_t chunk, bool value);
  void FillChunks(Window& window, std::uint64_t first, std::uint64_t last, bool value);
  // The group's chunks of the mask.
  void FillInGroup(Window& window, std::uint64_t group, std::uint64_t mask, bool value);
  void FillWindows(PageIndex first, PageIndex last, bool value);
  // The group has these two words now.
  void NoteGroup(Window& window, std::uint64_t group, std::uint64_t mixed, std::uint64_t values);
  void NoteWindow(PageIndex index, const Window& window);
  // The leaf becomes what the entry says.
  static void FillLeafFrom(Word* leaf, ChunkEntry entry);
  // Pages [start, end) of the chunk.
  static void FillInLeaf(Word* leaf, std::uint64_t start, std::uint64_t end, bool value);

  bool HasAcrossWindows(PageRange range, bool value) const;
  // Pages of the window, [start, end).
  static bool WindowHas(const Window& window, std::uint64_t start, std::uint64_t end, bool value);
  // The same of a chunk that is mixed.
  static bool MixedChunkHas(const Window& window, std::uint64_t chunk, std::uint64_t start,
                            std::uint64_t end, bool value);
  // The first page at or behind `page` that hasn't the value, or the last span's end.
  PageIndex FirstWithout(PageIndex page, bool value) const;
  // The page behind the last one before `end` that hasn't the value, or 0.
  PageIndex EndOfLastWithout(PageIndex end, bool value) const;
  static std::uint64_t FirstInChunk(const Window& window, std::uint64_t chunk, std::uint64_t start,
                                    bool value);
  static std::uint64_t LastInChunk(const Window& window, std::uint64_t chunk, std::uint64_t end,
                                   bool value);

  // Changes of groups that lie inside of the range go to `inside`, the others to `change`.
  template <typename Inside, typename Change>
  bool ForEachChangeInWindow(const Window& window, PageRange range, PageIndex base, bool& value,
                             Inside& inside, Change& change) const;
  // Of the chunks whose bits are set in `asked`.
  template <typename Change>
  static bool ForEachChangeInGroup(const Window& window, PageIndex base, std::uint64_t group,
                                   std::uint64_t asked, bool& value, Change& change);
  template <typename Change>
  static bool ForEachChangeInChunk(const Window& window, std::uint64_t chunk, PageIndex base,
                                   bool& value, Change& change);

  const std::uint64_t pages_;
  const PageIndex window_count_;
  std::unique_ptr<Word[]> windows_;
  std::unique_ptr<Window*[]> allocated_;
  std::uint64_t uniform_groups_made_ = 0;
  std::size_t allocated_bytes_ = 0;
  bool slabs_are_old_ = false;  // of a window that has flat leaves now
};

// ---- Iteration ----

template <typename Change>
[[gnu::always_inline]] inline bool BitWindows::ForEachChangeInChunk(const Window& window,
                                                                    std::uint64_t chunk,
                                                                    PageIndex base, bool& value,
                                                                    Change& change) {
  const ChunkEntry entry = window.EntryOf(chunk);
  if (!entry.HasLeaf()) {
    if (entry.first() != value && !change(base)) return false;
    value = !entry.first();
    if (!change(base + entry.Change(0))) return false;
    for (std::uint32_t i = 1; i < ChunkEntry::kMostChanges; ++i) {
      const std::uint64_t at = entry.Change(i);
      if (at == kChunkPages) break;
      value = !value;
      if (!change(base + at)) return false;
    }
    return true;
  }
  const Word* const leaf = window.LeafOf(chunk, entry);
  for (std::uint64_t i = 0; i < kLeafWords; ++i) {
    const std::uint64_t bits = Get(leaf[i]);
    std::uint64_t changes = bits ^ (bits << 1 | static_cast<std::uint64_t>(value));
    for (; changes != 0; changes &= changes - 1) {
      if (!change(base + i * 64 + static_cast<std::uint64_t>(std::countr_zero(changes)))) {
        return false;
      }
    }
    value = bits >> 63 != 0;
  }
  return true;
}

template <typename Change>
[[gnu::always_inline]] inline bool BitWindows::ForEachChangeInGroup(const Window& window,
                                                                    PageIndex base,
                                                                    std::uint64_t group,
                                                                    std::uint64_t asked,
                                                                    bool& value, Change& change) {
  const std::uint64_t mixed = Get(window.groups()[group].mixed);
  const std::uint64_t values = Get(window.groups()[group].value);
  // From one chunk that is mixed or has the other value to the next.
  std::uint64_t telling = (mixed | (values ^ All(value))) & asked;
  while (telling != 0) {
    const auto bit = static_cast<std::uint64_t>(std::countr_zero(telling));
    const std::uint64_t chunk = group * 64 + bit;
    const PageIndex start = base + (chunk << kChunkShift);
    if ((mixed >> bit & 1) != 0) {
      if (!ForEachChangeInChunk(window, chunk, start, value, change)) return false;
    } else {
      if (!change(start)) return false;
      value = !value;
    }
    telling = (mixed | (values ^ All(value))) & asked & (~std::uint64_t{1} << bit);
  }
  return true;
}

template <typename Inside, typename Change>
bool BitWindows::ForEachChangeInWindow(const Window& window, PageRange range, PageIndex base,
                                       bool& value, Inside& inside, Change& change) const {
  const std::uint64_t first_chunk = range.start > base ? ChunkOf(range.start) : 0;
  for (std::uint64_t group = first_chunk / 64; group < window.group_count;) {
    const Pair& of_groups = window.of_groups[group / 64];
    // Groups that are all of the value have no change.
    const std::uint64_t telling =
        (Get(of_groups.mixed) | (Get(of_groups.value) ^ All(value))) >> (group % 64);
    if (telling == 0) {
      group = (group / 64 + 1) * 64;
      continue;
    }
    group += static_cast<std::uint64_t>(std::countr_zero(telling));
    if (group >= window.group_count) break;
    const PageIndex start = base + (group << kGroupShift);
    if (start > range.start && start + kGroupPages <= range.end) {
      if (!ForEachChangeInGroup(window, base, group, All(true), value, inside)) return false;
    } else {
      const std::uint64_t asked =
          group == first_chunk / 64 ? All(true) << (first_chunk % 64) : All(true);
      if (!ForEachChangeInGroup(window, base, group, asked, value, change)) return false;
    }
    ++group;
  }
  return true;
}

template <typename Visit>
void BitWindows::ForEachRun(PageRange range, Visit visit) const {
  bool value = Get(range.start);
  PageIndex start = range.start;
  bool of_run = value;
  const auto inside = [&](PageIndex page) {
    if (!visit(PageRange{start, page}, of_run)) {
      start = range.end;
      return false;
    }
    start = page;
    of_run = !of_run;
    return true;
  };
  // Changes before the range's start are met too: those of its first chunk.
  const auto change = [&](PageIndex page) {
    if (page <= range.start) return true;
    return page < range.end && inside(page);
  };
  for (PageIndex index = range.start >> kWindowShift;
       index < window_count_ && index << kWindowShift < range.end; ++index) {
    const PageIndex base = index << kWindowShift;
    const std::uint64_t slot = windows_[index].load(std::memory_order_acquire);
    if (!IsUniform(slot)) {
      if (!ForEachChangeInWindow(WindowOf(slot), range, base, value, inside, change)) break;
    } else if (ValueOf(slot) != value) {
      if (!change(base)) break;
      value = !value;
    }
  }
  if (start < range.end) visit(PageRange{start, range.end}, of_run);
}

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_BIT_WINDOWS_H_
