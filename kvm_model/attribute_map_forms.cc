// Which form a map of attributes has, and how it comes to another.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/bit_windows.h"
#include "kvm_model/boundary_tree.h"
#include "kvm_model/chunk_entry.h"
#include "kvm_model/page.h"

namespace kvm_model {

void AttributeMap::SetForm(Kind kind) {
  const std::uint64_t generation = form_.load(std::memory_order_relaxed) / 4 + 1;
  form_.store(generation * 4 + static_cast<std::uint64_t>(kind), std::memory_order_release);
}

bool AttributeMap::PrepareForm(PageRange range, Attributes attributes) {
  // A store to all pages goes to the tree that is in the map itself.
  if (range.pages() == pages_) return true;
  switch (kind()) {
    case Kind::kNarrow:
      if (NarrowCanHold(range, attributes)) return PrepareNarrow(range);
      return ToWide() && wide().Reserve(range);
    case Kind::kWide:
      return wide().Reserve(range);
    case Kind::kWindows:
      break;
  }
  if (IsWindowsWord(attributes)) return windows().Reserve(range);
  if (RunsUpTo(2) == 1) {
    const std::uint64_t began = sequence_.Enter();
    ToInline();
    sequence_.Leave(began);
    return PrepareNarrow(range);
  }
  return ToWide() && wide().Reserve(range);
}

bool AttributeMap::PrepareNarrow(PageRange range) {
  if (narrow_.entries() > check_windows_at_ && WindowsPay()) {
    // Short of memory for windows, the tree does.
    if (ToWindows()) return windows().Reserve(range);
  }
  return narrow_.Reserve(range);
}

bool AttributeMap::WindowsPay() {
  if (pages_ > BitWindows::kMaxPages) {
    check_windows_at_ = ~std::uint64_t{0};
    return false;
  }
  const std::size_t window_bytes = BitWindows::WindowBytes(pages_);
  const std::uint64_t windows = (pages_ + BitWindows::kWindowPages - 1) / BitWindows::kWindowPages;
  if (windows * window_bytes <= kSmallWindows) return true;
  // What windows would take: those with a change in them, and a leaf for each chunk with more
  // than its entry holds.
  std::size_t bytes = windows * 2 * sizeof(void*);
  PageIndex last_window = ~PageIndex{0};
  PageIndex last_chunk = ~PageIndex{0};
  std::uint32_t in_chunk = 0;
  const auto add = [&](PageIndex page) {
    if (page % BitWindows::kWindowPages != 0 && page / BitWindows::kWindowPages != last_window) {
      last_window = page / BitWindows::kWindowPages;
      bytes += window_bytes;
    }
    if (page / kBlockPages != last_chunk) in_chunk = 0;
    last_chunk = page / kBlockPages;
    constexpr std::size_t kLeafBytes = kBlockPages / 8;
    if (++in_chunk == ChunkEntry::kMostChanges + 1) bytes += kLeafBytes;
  };
  narrow_.ForEachLeaf(0, [&](const NarrowTree::Entries& entries) {
    for (std::uint32_t i = entries.first(); i < entries.end(); ++i) add(entries.PageAt(i));
    return true;
  });
  if (bytes <= narrow_.entries() * kNarrowRunBytes) return true;
  check_windows_at_ = narrow_.entries() + narrow_.entries() / 2;
  return false;
}

bool AttributeMap::ToWindows() {
  BitWindows* windows = windows_.load(std::memory_order_relaxed);
  const std::uint64_t first = narrow_.At(0);
  const std::uint64_t other = live_slots_[0] == first ? live_slots_[1] : live_slots_[0];
  if (windows == nullptr) {
    windows = BitWindows::Create(pages_, false).release();
    if (windows == nullptr) return false;
    windows_.store(windows, std::memory_order_release);
  }
  windows->Store({0, pages_}, false);
  bool stored = true;
  VisitTreeRuns(
      narrow_, {0, pages_}, [](std::uint64_t slot) { return slot; },
      [&](const AttributeRun& run) {
        if (run.attributes == first) return true;
        stored = windows->Reserve(run.pages);
        if (stored) windows->Store(run.pages, true);
        return stored;
      });
  if (!stored) return false;
  const std::uint64_t began = sequence_.Enter();
  windows_words_[0].store(WordOf(first), std::memory_order_release);
  windows_words_[1].store(WordOf(other), std::memory_order_release);
  SetForm(Kind::kWindows);
  sequence_.Leave(began);
  // The tree's nodes are free, from the next change on.
  (void)narrow_.Restart(first);
  groups_looked_at_ = windows->uniform_groups_made();
  return true;
}

bool AttributeMap::ToWide() {
  WideTree* wide = wide_.load(std::memory_order_relaxed);
  if (wide == nullptr) {
    wide = new (std::nothrow) WideTree(pages_, 0);
    if (wide == nullptr) return false;
    wide_.store(wide, std::memory_order_release);
  }
  bool stored = true;
  bool first = true;
  VisitRuns({0, pages_}, [&](const AttributeRun& run) {
    const PageRange rest{run.pages.start, pages_};
    if (first) {
      stored = wide->Restart(run.attributes);
    } else {
      stored = wide->Reserve(rest);
      if (stored) wide->Store(rest, run.attributes);
    }
    first = false;
    return stored;
  });
  if (!stored) return false;
  const std::uint64_t began = sequence_.Enter();
  SetForm(Kind::kWide);
  sequence_.Leave(began);
  (void)narrow_.Restart(0);
  commits_since_look_ = 0;
  return true;
}

void AttributeMap::ToInline() {
  const std::array<Attributes, 2> words{windows_words_[0].load(std::memory_order_relaxed),
                                        windows_words_[1].load(std::memory_order_relaxed)};
  bool begun = false;
  windows().ForEachRun({0, pages_}, [&](PageRange pages, bool bit) {
    if (begun) {
      narrow_.Store({pages.start, pages_}, bit);
    } else {
      (void)narrow_.Restart(bit);
    }
    begun = true;
    return true;
  });
  UseNarrow(words);
}

void AttributeMap::UseNarrow(const std::array<Attributes, 2>& words) {
  words_[0].store(words[0], std::memory_order_release);
  words_[1].store(words[1], std::memory_order_release);
  live_slots_ = {0, 1};
  // Not to and fro between the forms.
  check_windows_at_ =
      std::max<std::uint64_t>(NarrowTree::kInlineEntries - 2, narrow_.entries() * 2);
  SetForm(Kind::kNarrow);
}

// Windows and a wide tree that a narrow tree would replace at a quarter of the memory give way.
void AttributeMap::LookForSmallerForm() {
  commits_since_look_ = 0;
  const std::size_t bytes = allocated_bytes();
  if (kind() == Kind::kWindows && bytes <= kSmallWindows) return;
  std::uint64_t runs = 0;
  std::array<Attributes, 2> words{};
  std::size_t word_count = 0;
  VisitRuns({0, pages_}, [&](const AttributeRun& run) {
    ++runs;
    const auto known =
        words.begin() + static_cast<std::ptrdiff_t>(std::min(word_count, words.size()));
    if (std::find(words.begin(), known, run.attributes) == known) {
      if (word_count < words.size()) words[word_count] = run.attributes;
      ++word_count;
    }
    return word_count <= words.size();
  });
  const bool smaller = kind() == Kind::kWide || runs * 4 * kNarrowRunBytes < bytes;
  if (word_count > words.size() || !smaller) return;
  ToNarrow(words);
}

void AttributeMap::ToNarrow(const std::array<Attributes, 2>& words) {
  bool begun = false;
  bool stored = true;
  VisitRuns({0, pages_}, [&](const AttributeRun& run) {
    const std::uint64_t slot = run.attributes == words[0] ? 0 : 1;
    const PageRange rest{run.pages.start, pages_};
    if (begun) {
      stored = narrow_.Reserve(rest);
      if (stored) narrow_.Store(rest, slot);
    } else {
      (void)narrow_.Restart(slot);
    }
    begun = true;
    return stored;
  });
  // Short of memory, the map stays as it is, and what there is of the tree is free.
  if (!stored) return (void)narrow_.Restart(0);
  const std::uint64_t began = sequence_.Enter();
  UseNarrow(words);
  sequence_.Leave(began);
}

}  // namespace kvm_model
