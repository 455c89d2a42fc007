#include "kvm_model/attribute_map.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/bit_windows.h"
#include "kvm_model/boundary_tree.h"
#include "kvm_model/page.h"

namespace kvm_model {

AttributeMap::AttributeMap(std::uint64_t pages, Attributes initial)
    : pages_(pages), narrow_(pages, 0) {
  words_[0].store(initial, std::memory_order_release);
}

AttributeMap::~AttributeMap() {
  delete windows_.load(std::memory_order_relaxed);
  delete wide_.load(std::memory_order_relaxed);
}

// ---- Readers ----

bool AttributeMap::TryRunContaining(PageIndex page, std::uint64_t noted, AttributeRun& run) const {
  const std::uint64_t form = form_.load(std::memory_order_acquire);
  switch (KindOf(form)) {
    case Kind::kNarrow: {
      const auto found = narrow_.TryRun(page, sequence_, noted);
      if (!found.has_value()) return false;
      run = {found->pages, WordOf(found->value)};
      return sequence_.StillOfOneStore(noted);
    }
    case Kind::kWide: {
      const auto found = wide_.load(std::memory_order_acquire)->TryRun(page, sequence_, noted);
      if (!found.has_value()) return false;
      run = {found->pages, found->value};
      return sequence_.StillOfOneStore(noted);
    }
    case Kind::kWindows: {
      const BitWindows& windows = *windows_.load(std::memory_order_acquire);
      const bool bit = windows.Get(page);
      run = {windows.RunOf(page), windows_words_[bit].load(std::memory_order_acquire)};
      return sequence_.Undisturbed(noted);
    }
  }
  return false;
}

Attributes AttributeMap::RunContainingForGet(PageIndex page) const {
  Attributes attributes = 0;
  sequence_.Read([&](std::uint64_t noted) {
    const std::uint64_t form = form_.load(std::memory_order_acquire);
    if (KindOf(form) == Kind::kWindows) {
      const bool bit = windows_.load(std::memory_order_acquire)->Get(page);
      attributes = windows_words_[bit].load(std::memory_order_acquire);
      return form_.load(std::memory_order_acquire) == form;
    }
    AttributeRun run;
    if (!TryRunContaining(page, noted, run)) return false;
    attributes = run.attributes;
    return sequence_.StillOfOneStore(noted);
  });
  return attributes;
}

AttributeRun AttributeMap::RunContaining(PageIndex page) const {
  AttributeRun run;
  sequence_.Read([&](std::uint64_t noted) { return TryRunContaining(page, noted, run); });
  return run;
}

bool AttributeMap::MixedBlock(PageIndex page) const {
  bool mixed = false;
  const PageIndex start = page / kBlockPages * kBlockPages;
  const PageIndex end = std::min(start + kBlockPages, pages_);
  sequence_.Read([&](std::uint64_t noted) {
    const std::uint64_t form = form_.load(std::memory_order_acquire);
    if (KindOf(form) == Kind::kWindows) {
      mixed = windows_.load(std::memory_order_acquire)->Mixed(page);
      return form_.load(std::memory_order_acquire) == form;
    }
    AttributeRun run;
    if (!TryRunContaining(start, noted, run)) return false;
    mixed = run.pages.end < end;
    return true;
  });
  return mixed;
}

bool AttributeMap::RangeHasNow(PageRange range, Attributes attributes, Attributes mask,
                               std::uint64_t noted) const {
  if (KindOf(form_.load(std::memory_order_acquire)) == Kind::kWindows) {
    const BitWindows& windows = *windows_.load(std::memory_order_acquire);
    const auto fits = [&](bool bit) {
      return (windows_words_[bit].load(std::memory_order_acquire) & mask) == attributes;
    };
    const bool clear_fits = fits(false);
    if (clear_fits == fits(true)) return clear_fits;
    return windows.Has(range, !clear_fits);
  }
  AttributeRun run;
  for (PageIndex page = range.start; page < range.end; page = run.pages.end) {
    if (!TryRunContaining(page, noted, run)) return false;
    if ((run.attributes & mask) != attributes) return false;
  }
  return true;
}

bool AttributeMap::RangeHas(PageRange range, Attributes attributes, Attributes mask) const {
  if (range.empty()) return true;
  bool has = false;
  sequence_.Read([&](std::uint64_t noted) {
    has = RangeHasNow(range, attributes, mask, noted);
    return sequence_.Undisturbed(noted);
  });
  return has;
}

std::vector<AttributeRun> AttributeMap::RunsIn(PageRange range) const {
  std::vector<AttributeRun> runs;
  sequence_.Read([&](std::uint64_t noted) {
    runs.clear();
    if (KindOf(form_.load(std::memory_order_acquire)) == Kind::kWindows) {
      VisitRuns(range, [&](const AttributeRun& run) {
        runs.push_back(run);
        return sequence_.Undisturbed(noted);
      });
      return sequence_.Undisturbed(noted);
    }
    AttributeRun run;
    for (PageIndex page = range.start; page < range.end; page = run.pages.end) {
      if (!TryRunContaining(page, noted, run) || !sequence_.Undisturbed(noted)) return false;
      runs.push_back({Intersection(run.pages, range), run.attributes});
    }
    return sequence_.Undisturbed(noted);
  });
  return runs;
}

std::uint64_t AttributeMap::run_count() const {
  switch (kind()) {
    case Kind::kNarrow:
      return narrow_.entries();
    case Kind::kWide:
      return wide().entries();
    case Kind::kWindows:
      break;
  }
  return RunsUpTo(~std::uint64_t{0});
}

std::uint64_t AttributeMap::RunsUpTo(std::uint64_t most) const {
  std::uint64_t count = 0;
  VisitRuns({0, pages_}, [&](const AttributeRun&) { return ++count < most; });
  return count;
}

// ---- Forms ----

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
    sequence_.Enter();
    ToInline();
    sequence_.Leave();
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
  // What windows would take: those with a change in them, and a leaf for each chunk with three.
  std::size_t bytes = windows * sizeof(void*);
  PageIndex last_window = ~PageIndex{0};
  PageIndex last_chunk = ~PageIndex{0};
  std::uint32_t in_chunk = 0;
  narrow_.ForEachEntry(0, [&](PageIndex page, std::uint64_t) {
    if (page % BitWindows::kWindowPages != 0 && page / BitWindows::kWindowPages != last_window) {
      last_window = page / BitWindows::kWindowPages;
      bytes += window_bytes;
    }
    if (page / kBlockPages != last_chunk) in_chunk = 0;
    last_chunk = page / kBlockPages;
    constexpr std::size_t kLeafBytes = kBlockPages / 8;
    if (++in_chunk == 3) bytes += kLeafBytes;
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
  sequence_.Enter();
  windows_words_[0].store(WordOf(first), std::memory_order_release);
  windows_words_[1].store(WordOf(other), std::memory_order_release);
  SetForm(Kind::kWindows);
  sequence_.Leave();
  recent_ = {};
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
  sequence_.Enter();
  SetForm(Kind::kWide);
  sequence_.Leave();
  recent_ = {};
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

// ---- Commits ----

std::uint64_t AttributeMap::SlotFor(PageRange range, Attributes attributes) {
  const bool uniform = narrow_.entries() == 1;
  const auto in_use = static_cast<std::uint8_t>(uniform ? narrow_.At(0) : live_slots_[0]);
  if (WordOf(in_use) == attributes) return in_use;
  if (!uniform && WordOf(live_slots_[1]) == attributes) return live_slots_[1];
  // A word that no page has: its slot may be any that none uses now. Readers of the state before
  // this one, in which it was used, find out that they are late.
  std::uint8_t slot = 0;
  while (slot == in_use || (!uniform && slot == live_slots_[1])) ++slot;
  words_[slot].store(attributes, std::memory_order_release);
  live_slots_ = {range.pages() == pages_ ? slot : in_use, slot};
  return slot;
}

void AttributeMap::CommitWhole(Attributes attributes) {
  if (kind() != Kind::kNarrow) {
    (void)narrow_.Restart(0);
    return UseNarrow({attributes, attributes});
  }
  const std::uint64_t slot = SlotFor({0, pages_}, attributes);
  (void)narrow_.Restart(slot);
}

void AttributeMap::StoreInWindows(PageRange range, Attributes attributes) {
  constexpr std::uint64_t kGroupsBetweenLooks = 16;
  BitWindows& bits = windows();
  bits.Store(range, WindowsBitOf(attributes));
  if (bits.uniform_groups_made() - groups_looked_at_ < kGroupsBetweenLooks) return;
  groups_looked_at_ = bits.uniform_groups_made();
  constexpr std::uint64_t kFewRuns = NarrowTree::kInlineEntries / 2;
  if (RunsUpTo(kFewRuns + 1) <= kFewRuns) ToInline();
}

bool AttributeMap::StoreInSteps(PageRange range, Attributes attributes) {
  if (!IsReady(range, attributes) && !PrepareForm(range, attributes)) return false;
  CommitInSteps(range, attributes);
  return true;
}

void AttributeMap::CommitInSteps(PageRange range, Attributes attributes) {
  sequence_.Enter();
  recent_ = {};
  if (range.pages() == pages_) {
    CommitWhole(attributes);
  } else {
    switch (kind()) {
      case Kind::kNarrow:
        narrow_.Store(range, SlotFor(range, attributes));
        recent_ = narrow_.RecentBoundary();
        recent_word_ = WordOf(recent_.grows);
        break;
      case Kind::kWindows:
        StoreInWindows(range, attributes);
        ++commits_since_look_;
        break;
      case Kind::kWide:
        wide().Store(range, attributes);
        ++commits_since_look_;
        break;
    }
  }
  sequence_.Leave();
}

// ---- Memory ----

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
  // Short of memory, the map stays as it is.
  if (!stored) return;
  sequence_.Enter();
  UseNarrow(words);
  sequence_.Leave();
}

void AttributeMap::Trim() noexcept {
  if (kind() != Kind::kNarrow && commits_since_look_ > kCommitsBetweenLooks) LookForSmallerForm();
  narrow_.Trim();
  if (BitWindows* const windows = windows_.load(std::memory_order_relaxed); windows != nullptr) {
    if (kind() == Kind::kWindows) {
      windows->Trim();
    } else {
      delete windows_.exchange(nullptr);
    }
  }
  if (WideTree* const wide = wide_.load(std::memory_order_relaxed); wide != nullptr) {
    if (kind() == Kind::kWide) {
      wide->Trim();
    } else {
      delete wide_.exchange(nullptr);
    }
  }
}

std::string_view AttributeMap::form() const {
  switch (kind()) {
    case Kind::kNarrow:
      return "narrow";
    case Kind::kWindows:
      return "windows";
    case Kind::kWide:
      return "wide";
  }
  return "";
}

std::size_t AttributeMap::allocated_bytes() const {
  std::size_t bytes = narrow_.allocated_bytes();
  if (const BitWindows* const windows = windows_.load(std::memory_order_relaxed)) {
    bytes += windows->allocated_bytes();
  }
  if (const WideTree* const wide = wide_.load(std::memory_order_relaxed)) {
    bytes += sizeof(WideTree) + wide->allocated_bytes();
  }
  return bytes;
}

bool AttributeMap::CheckInvariants(std::string* why) const {
  std::string broken;
  if (pages_ < 1 || pages_ > kMaxPages) broken = absl::StrFormat("%d pages", pages_);
  if (broken.empty()) broken = narrow_.Broken();
  if (broken.empty() && kind() == Kind::kWindows) broken = windows().Broken();
  if (broken.empty() && kind() == Kind::kWide) broken = wide().Broken();
  std::optional<AttributeRun> previous;
  VisitRuns({0, pages_}, [&](const AttributeRun& run) {
    const PageIndex expected = previous.has_value() ? previous->pages.end : 0;
    if (run.pages.start != expected || run.pages.empty()) {
      broken = absl::StrFormat("a run at page %d, and not at %d", run.pages.start, expected);
    } else if (previous.has_value() && previous->attributes == run.attributes) {
      broken = absl::StrFormat("the run that begins at page %d isn't maximal", run.pages.start);
    }
    previous = run;
    return broken.empty();
  });
  if (broken.empty() && (!previous.has_value() || previous->pages.end != pages_)) {
    broken = "the runs end before the last page";
  }
  if (why != nullptr) *why = broken;
  return broken.empty();
}

}  // namespace kvm_model
