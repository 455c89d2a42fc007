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
      NarrowTree::Run found;
      if (!narrow_.TryRun(page, sequence_, noted, found)) return false;
      run = {found.pages, WordOf(found.value)};
      return sequence_.StillOfOneStore(noted);
    }
    case Kind::kWide: {
      WideTree::Run found;
      if (!wide_.load(std::memory_order_acquire)->TryRun(page, sequence_, noted, found)) {
        return false;
      }
      run = {found.pages, found.value};
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

Attributes AttributeMap::GetSlowly(PageIndex page) const {
  Attributes attributes = 0;
  if (const std::uint64_t form = form_.load(std::memory_order_acquire);
      KindOf(form) == Kind::kNarrow) {
    const std::uint64_t noted = sequence_.Now();
    const std::uint64_t slot = narrow_.TryValueInLeaf(page);
    attributes = WordOf(slot % kSlots);
    // With the same generation of the form, the tree was in use all the time.
    if (slot != NarrowTree::kNoValue && form_.load(std::memory_order_acquire) == form &&
        sequence_.StillOfOneStore(noted)) {
      return attributes;
    }
  }
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
    return WindowsHave(range, attributes, mask);
  }
  AttributeRun run;
  for (PageIndex page = range.start; page < range.end; page = run.pages.end) {
    if (!TryRunContaining(page, noted, run)) return false;
    if ((run.attributes & mask) != attributes) return false;
  }
  return true;
}

bool AttributeMap::RangeHasSlowly(PageRange range, Attributes attributes, Attributes mask) const {
  const std::uint64_t seen = sequence_.Now();
  if (NarrowTree::Run first; KindOf(form_.load(std::memory_order_acquire)) == Kind::kNarrow &&
                             narrow_.TryRunInLeaf(range.start, first)) {
    // What a run's neighbours have differs, at least in a bit that is asked for or isn't.
    const bool fits = (WordOf(first.value % kSlots) & mask) == attributes;
    const bool reaches = first.pages.end >= range.end;
    const bool is_decided = !fits || reaches || mask == ~Attributes{0};
    if (is_decided && sequence_.Undisturbed(seen)) return fits && reaches;
  }
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
      // Not what the form says by then: trees are not for walking beside the writer.
      VisitWindowRuns(*windows_.load(std::memory_order_acquire), range,
                      [&](const AttributeRun& run) {
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

// ---- Commits ----

std::uint64_t AttributeMap::SlotFor(Attributes attributes) {
  const bool uniform = narrow_.entries() == 1;
  const auto in_use = static_cast<std::uint8_t>(uniform ? narrow_.At(0) : live_slots_[0]);
  if (WordOf(in_use) == attributes) return in_use;
  if (!uniform && WordOf(live_slots_[1]) == attributes) return live_slots_[1];
  // A word that no page has: its slot may be any that none uses now. Readers of the state before
  // this one, in which it was used, find out that they are late.
  std::uint8_t slot = 0;
  while (slot == in_use || (!uniform && slot == live_slots_[1])) ++slot;
  words_[slot].store(attributes, std::memory_order_release);
  // Where all pages get it, the word that they had stays at hand.
  live_slots_ = {in_use, slot};
  return slot;
}

void AttributeMap::CommitWhole(Attributes attributes) {
  // A few windows are filled as fast as they are left, and Trim() leaves them.
  if (kind() == Kind::kWindows && IsWindowsWord(attributes) && pages_ <= kFewWindowsPages) {
    was_stored_whole_ = true;
    return windows().Store({0, pages_}, WindowsBitOf(attributes));
  }
  if (kind() != Kind::kNarrow) {
    (void)narrow_.Restart(0);
    return UseNarrow({attributes, attributes});
  }
  const std::uint64_t slot = SlotFor(attributes);
  (void)narrow_.Restart(slot);
}

void AttributeMap::CommitInWindows(PageRange range, bool bit) {
  constexpr std::uint64_t kGroupsBetweenLooks = 64;
  const std::uint64_t began = sequence_.Enter();
  windows().Store(range, bit);
  ++commits_since_look_;
  if (windows().uniform_groups_made() - groups_looked_at_ >= kGroupsBetweenLooks) LookAtWindows();
  sequence_.Leave(began);
}

void AttributeMap::LookAtWindows() {
  groups_looked_at_ = windows().uniform_groups_made();
  constexpr std::uint64_t kFewRuns = NarrowTree::kInlineEntries / 2;
  if (RunsUpTo(kFewRuns + 1) <= kFewRuns) ToInline();
}

bool AttributeMap::StoreInSteps(PageRange range, Attributes attributes) {
  if (kind() == Kind::kWindows && range.pages() != pages_) {
    const bool bit = WindowsBitOf(attributes);
    if (attributes == windows_words_[bit].load(std::memory_order_relaxed) &&
        windows().Reserve(range)) [[likely]] {
      CommitInWindows(range, bit);
      return true;
    }
  }
  if (!IsReady(range, attributes) && !PrepareForm(range, attributes)) return false;
  CommitInSteps(range, attributes);
  return true;
}

void AttributeMap::CommitInSteps(PageRange range, Attributes attributes) {
  if (kind() == Kind::kWindows && range.pages() != pages_) {
    return CommitInWindows(range, WindowsBitOf(attributes));
  }
  const std::uint64_t began = sequence_.Enter();
  if (range.pages() == pages_) {
    CommitWhole(attributes);
  } else if (kind() == Kind::kNarrow) {
    narrow_.Store(range, SlotFor(attributes));
  } else {
    wide().Store(range, attributes);
    ++commits_since_look_;
  }
  sequence_.Leave(began);
}

// ---- Memory ----

void AttributeMap::Trim() noexcept {
  if (kind() == Kind::kWindows && std::exchange(was_stored_whole_, false) && RunsUpTo(2) == 1) {
    const std::uint64_t began = sequence_.Enter();
    ToInline();
    sequence_.Leave(began);
  }
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
