// AttributeMap: the memory attributes of every page of a guest_memfd or of a VM, as an interval
// map.
//
// Each page of [0, pages()) always has exactly one attribute word; equal neighbours form one run.
//
//   AttributeMap map(4, kPrivate);                 // [0,4) PRIVATE, nothing allocated
//   auto store = map.Prepare({1, 2}, 0);           // may fail with ENOMEM; changes nothing
//   map.Commit(*std::move(store));                 // cannot fail: PRIVATE but for [1,2): 0
//
// Forms. What the map keeps depends on how many runs it has; Prepare() changes the form when that
// pays, and no answer depends on it:
//
//   narrow    few runs, or runs that lie far apart, of two words: a BoundaryTree, whose first 24
//             entries are in the map itself; about 10 bytes a run beyond that
//   windows   many runs of two words: BitWindows, where a page's address says where its bit is;
//             at most 0.3 bytes a run when every page differs from the next
//   wide      runs of three words or more: a BoundaryTree of words, about 20 bytes a run
//
// A map of up to 2^24 pages goes to windows as soon as the 24 entries don't suffice (136 KiB; in
// proportion less for smaller maps). A larger one does when windows take no more than the tree
// does. Windows with at most 12 runs left go back when groups have become uniform, others in Trim()
// when a tree would take a quarter of their memory, or when all of the map was stored to.
//
// Costs, with r runs, k of them inside the range, n pages in it:
//                                    narrow, wide       windows
//   Get, MixedBlock                  O(log r)           O(1)
//   RangeHas                         O(log r)           O(n / 2^15)
//   RunContaining, NextChange        O(log r)           O(n / 2^15), n of the run
//   Prepare                          O(log r)           O(1)
//   Commit                           O(log r + k)       O(n / 2^15)
//
// Invariants (CheckInvariants() verifies them):
//   1. 1 <= pages() <= 2^52.
//   2. Runs cover [0, pages()), in order, without a gap.
//   3. Runs are maximal: neighbours differ.
//   4. What the form keeps of its own (summaries, counts, the tree's shape) agrees with the runs.
//
// Concurrency: one writer (Prepare, Commit, Trim), whose owner's lock sees to it that there is one,
// and that nothing changes the map between a Prepare and its Commit. Beside it, without a lock:
//
//   Get, MixedBlock    wait-free: a bounded number of steps, whatever the writer does, even if it
//                      stops in the middle of a commit
//   RangeHas, RunContaining, NextChange, RunsIn, Runs
//                      answer from one state: they see all of a commit or nothing. They try again
//                      when a commit came between, and after some tries the writer lets them pass
//
// A Get sees a commit on its own page as one event; of two pages, one after the other, it may see a
// commit that is under way on the first alone. Who needs both asks for the range.
//
// Memory order: form_ is read before and after a windows' bit is, and changes before the memory of
// a form is used for anything else (generation numbers, so the same form later is not the same);
// trees are read between two looks at the CommitSequence, which has the argument.
//
// Trim, ForEachRun, IsKnownUniform, run_count and CheckInvariants need the writer to be away; Trim
// readers too.
//
// Models: the maple tree of struct gmem_inode (rfc-v4) with the widening of
// kvm_gmem_mas_preallocate(), kvm->mem_attr_array, and the question of hugepage_has_attrs().
#ifndef KVM_MODEL_KVM_MODEL_ATTRIBUTE_MAP_H_
#define KVM_MODEL_KVM_MODEL_ATTRIBUTE_MAP_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/attribute_run.h"
#include "kvm_model/bit_windows.h"
#include "kvm_model/boundary_tree.h"
#include "kvm_model/commit_sequence.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/word_store.h"
#include "uapi/errno.h"

namespace kvm_model {

class AttributeMap {
 public:
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 52;
  // A huge page of the x86 MMU, in pages of 4 KiB.
  static constexpr std::uint64_t kBlockPages = BitWindows::kChunkPages;

  // A store that has everything it needs: Commit() cannot fail. Good for the map that prepared it,
  // until that map changes or prepares another.
  class PreparedStore {
   public:
    PreparedStore(PreparedStore&&) = default;
    PreparedStore& operator=(PreparedStore&&) = default;
    PageRange range() const { return range_; }
    Attributes attributes() const { return attributes_; }

   private:
    friend class AttributeMap;
    PreparedStore(PageRange range, Attributes attributes, WordStore word = {})
        : range_(range), attributes_(attributes), word_(word) {}
    PageRange range_;
    Attributes attributes_;
    WordStore word_;
  };

  // All of [0, pages) has `initial`. Requires 1 <= pages <= kMaxPages.
  AttributeMap(std::uint64_t pages, Attributes initial);
  AttributeMap(const AttributeMap&) = delete;
  AttributeMap& operator=(const AttributeMap&) = delete;
  ~AttributeMap();

  std::uint64_t pages() const { return pages_; }
  // Counts them, where the form doesn't.
  std::uint64_t run_count() const;

  // Requires page < pages().
  Attributes Get(PageIndex page) const {
    const std::uint64_t form = form_.load(std::memory_order_acquire);
    if (KindOf(form) == Kind::kWindows) {
      const bool bit = windows_.load(std::memory_order_acquire)->Get(page);
      const Attributes word = windows_words_[bit].load(std::memory_order_acquire);
      if (form_.load(std::memory_order_acquire) == form) return word;
    }
    return GetSlowly(page);
  }
  AttributeRun RunContaining(PageIndex page) const;
  // The first page after `page` whose attributes differ from it, or pages().
  PageIndex NextChange(PageIndex page) const { return RunContaining(page).pages.end; }
  // Whether the aligned kBlockPages pages that have `page` among them, as far as the map has them,
  // differ. (The kernel asks this of each huge page that it may map.)
  bool MixedBlock(PageIndex page) const;

  // Whether every page of the range, with only the bits of `mask` looked at, has exactly
  // `attributes`. True for an empty range. Requires range.end <= pages().
  bool RangeHas(PageRange range, Attributes attributes, Attributes mask = ~Attributes{0}) const {
    if (range.empty()) return true;
    const std::uint64_t noted = sequence_.Now();
    if (KindOf(form_.load(std::memory_order_acquire)) == Kind::kWindows) {
      const bool has = WindowsHave(range, attributes, mask);
      if (sequence_.Undisturbed(noted)) return has;
    }
    return RangeHasSlowly(range, attributes, mask);
  }

  // Whether all pages have `attributes`, as far as the form tells at a glance: where it doesn't,
  // no.
  bool IsKnownUniform(Attributes attributes) const {
    return kind() == Kind::kNarrow && narrow_.entries() == 1 &&
           WordOf(narrow_.First()) == attributes;
  }

  // The runs that meet the range, in order, cut to the range.
  std::vector<AttributeRun> RunsIn(PageRange range) const;
  std::vector<AttributeRun> Runs() const { return RunsIn({0, pages_}); }
  // Calls visit(const AttributeRun&) for each of them.
  template <typename Visit>
  void ForEachRun(PageRange range, Visit&& visit) const {
    VisitRuns(range, [&visit](const AttributeRun& run) {
      visit(run);
      return true;
    });
  }

  // Gets ready to give the range's pages `attributes`. ENOMEM when memory is short; changes nothing
  // that can be observed. Requires a range that is not empty and ends at or before pages().
  [[nodiscard]] [[gnu::always_inline]] Result<PreparedStore> Prepare(PageRange range,
                                                                     Attributes attributes) {
    const WordStore word = FindWordStore(range, attributes);
    if (!word && !IsReady(range, attributes) && !PrepareForm(range, attributes)) {
      return Failure(uapi::Errno::kENOMEM);
    }
    return PreparedStore(range, attributes, word);
  }
  // The same for a range whose neighbours both have `attributes` already: storing it frees memory
  // and takes none.
  PreparedStore PrepareMerger(PageRange range, Attributes attributes) const {
    return PreparedStore(range, attributes);
  }
  // Stores what was prepared and merges it with equal neighbours.
  [[gnu::always_inline]] void Commit(PreparedStore&& store) noexcept {
    if (store.word_) return Commit(store.word_);
    CommitInSteps(store.range_, store.attributes_);
  }

  // Both at once: false, with nothing changed, when memory is short.
  [[nodiscard]] [[gnu::always_inline]] bool Store(PageRange range, Attributes attributes) {
    const WordStore word = FindWordStore(range, attributes);
    if (!word) return StoreInSteps(range, attributes);
    Commit(word);
    return true;
  }

  // Gives memory back that the map no longer needs; looks at more than a few bytes only when much
  // has changed. Requires that no reader is under way.
  void Trim() noexcept;

  // Whether the invariants above hold; otherwise says in *why, when given, which one doesn't.
  bool CheckInvariants(std::string* why = nullptr) const;

  // "narrow", "windows" or "wide".
  std::string_view form() const;

  // Bytes held beyond sizeof(AttributeMap), what is at hand for the next store included.
  std::size_t allocated_bytes() const;

 private:
  enum class Kind : std::uint8_t { kNarrow, kWindows, kWide };
  using NarrowTree = BoundaryTree<false>;
  using WideTree = BoundaryTree<true>;
  static constexpr std::size_t kSlots = 4;
  // Windows that cost no more than this are worth it whatever the number of runs.
  static constexpr std::size_t kSmallWindows = std::size_t{256} * 1024;
  static constexpr std::uint64_t kFewWindowsPages = 64 * BitWindows::kWindowPages;
  static constexpr std::uint64_t kCommitsBetweenLooks = std::uint64_t{1} << 14;
  // What a run takes in a narrow tree, about.
  static constexpr std::size_t kNarrowRunBytes = 12;

  static Kind KindOf(std::uint64_t form) { return static_cast<Kind>(form % 4); }
  Kind kind() const { return KindOf(form_.load(std::memory_order_relaxed)); }
  BitWindows& windows() const { return *windows_.load(std::memory_order_relaxed); }
  WideTree& wide() const { return *wide_.load(std::memory_order_relaxed); }
  bool IsWindowsWord(Attributes attributes) const {
    return attributes == windows_words_[0].load(std::memory_order_relaxed) ||
           attributes == windows_words_[1].load(std::memory_order_relaxed);
  }
  bool WindowsBitOf(Attributes attributes) const {
    return attributes == windows_words_[1].load(std::memory_order_relaxed);
  }
  Attributes WordOf(std::uint64_t slot) const {
    return words_[slot].load(std::memory_order_acquire);
  }

  Attributes GetSlowly(PageIndex page) const;
  // One attempt; false when a commit was in the way.
  bool TryRunContaining(PageIndex page, std::uint64_t noted, AttributeRun& run) const;
  // One attempt; right if nothing was stored meanwhile.
  bool RangeHasNow(PageRange range, Attributes attributes, Attributes mask,
                   std::uint64_t noted) const;
  bool RangeHasSlowly(PageRange range, Attributes attributes, Attributes mask) const;
  bool WindowsHave(PageRange range, Attributes attributes, Attributes mask) const {
    const auto fits = [&](bool bit) {
      return (windows_words_[bit].load(std::memory_order_acquire) & mask) == attributes;
    };
    const bool clear_fits = fits(false);
    if (clear_fits == fits(true)) return clear_fits;
    return windows_.load(std::memory_order_acquire)->Has(range, !clear_fits);
  }

  // The store, if it is one to one word, as most are.
  [[gnu::always_inline]] WordStore FindWordStore(PageRange range, Attributes attributes) {
    if (kind() == Kind::kWindows) {
      const bool bit = WindowsBitOf(attributes);
      if (attributes != windows_words_[bit].load(std::memory_order_relaxed)) return {};
      if ((range.start ^ (range.end - 1)) >= kBlockPages) return {};
      return windows().FindWordStore(range, bit);
    }
    if (kind() != Kind::kNarrow) return {};
    const bool second = attributes == WordOf(live_slots_[1]);
    if (!second && attributes != WordOf(live_slots_[0])) return {};
    return narrow_.FindWordStore(range, live_slots_[second]);
  }
  [[gnu::always_inline]] void Commit(WordStore word) noexcept {
    if (sequence_.SomeoneStarves()) [[unlikely]]
      return CommitWaiting(word);
    const std::uint64_t began = sequence_.EnterAtOnce();
    word.Make();
    sequence_.Leave(began);
  }
  [[gnu::noinline, gnu::cold]] void CommitWaiting(WordStore word) noexcept {
    const std::uint64_t began = sequence_.Enter();
    word.Make();
    sequence_.Leave(began);
  }
  // Whether a store needs no change of form and no memory.
  bool IsReady(PageRange range, Attributes attributes) {
    switch (kind()) {
      case Kind::kNarrow:
        return narrow_.entries() <= check_windows_at_ && narrow_.IsSmall() &&
               NarrowCanHold(range, attributes);
      case Kind::kWindows:
        return IsWindowsWord(attributes) && windows().Reserve(range);
      case Kind::kWide:
        return false;
    }
    return false;
  }
  bool StoreInSteps(PageRange range, Attributes attributes);
  void CommitInSteps(PageRange range, Attributes attributes);

  bool PrepareForm(PageRange range, Attributes attributes);
  bool PrepareNarrow(PageRange range);
  bool NarrowCanHold(PageRange range, Attributes attributes) const {
    return WordOf(live_slots_[0]) == attributes || WordOf(live_slots_[1]) == attributes ||
           range.pages() == pages_ || narrow_.entries() == 1;
  }
  bool WindowsPay();
  bool ToWindows();
  bool ToWide();
  // The runs, not more than fit in a tree without nodes, become a narrow tree.
  void ToInline();
  // The runs, of these words, become a narrow tree, if there is memory.
  void ToNarrow(const std::array<Attributes, 2>& words);
  void UseNarrow(const std::array<Attributes, 2>& words);
  void LookForSmallerForm();
  void SetForm(Kind kind);
  std::uint64_t RunsUpTo(std::uint64_t most) const;

  std::uint64_t SlotFor(Attributes attributes);
  void CommitWhole(Attributes attributes);
  void CommitInWindows(PageRange range, bool bit);
  // Whether windows are still worth it.
  void LookAtWindows();

  // Calls visit(run), which says whether to go on. The writer is away.
  template <typename Visit>
  void VisitRuns(PageRange range, Visit visit) const;
  // The same in windows, where it does no harm beside the writer.
  template <typename Visit>
  void VisitWindowRuns(const BitWindows& windows, PageRange range, Visit visit) const;
  template <typename Tree, typename WordAt, typename Visit>
  void VisitTreeRuns(const Tree& tree, PageRange range, WordAt word_at, Visit visit) const;

  // What point queries read; it changes when the form does.
  alignas(64) std::atomic<std::uint64_t> form_{0};  // a generation * 4 + Kind
  std::atomic<BitWindows*> windows_{nullptr};
  std::atomic<WideTree*> wide_{nullptr};
  std::array<std::atomic<Attributes>, 2> windows_words_{};
  std::uint64_t pages_;

  // What each commit changes.
  alignas(64) CommitSequence sequence_;
  // The narrow tree's words by slot; two at most are in use, which they are changes only while the
  // slot isn't.
  std::array<std::atomic<Attributes>, kSlots> words_{};
  NarrowTree narrow_;
  // The writer's.
  std::array<std::uint8_t, 2> live_slots_{0, 1};
  std::uint64_t check_windows_at_ = NarrowTree::kInlineEntries - 2;
  std::uint64_t groups_looked_at_ = 0;
  std::uint64_t commits_since_look_ = 0;  // in steps, and not in the narrow form
  bool was_stored_whole_ = false;         // in windows, since the last Trim()
};

template <typename Tree, typename WordAt, typename Visit>
void AttributeMap::VisitTreeRuns(const Tree& tree, PageRange range, WordAt word_at,
                                 Visit visit) const {
  AttributeRun run{{range.start, range.start}, 0};
  bool begun = false;
  bool wanted = true;
  tree.ForEachLeaf(range.start, [&](const auto& entries) {
    std::uint32_t i = entries.first();
    if (!begun) run.attributes = word_at(entries.ValueAt(i++));
    begun = true;
    AttributeRun current = run;
    for (; i < entries.end(); ++i) {
      current.pages.end = entries.PageAt(i);
      if (current.pages.end >= range.end) break;
      wanted = visit(current);
      if (!wanted) break;
      current = {{current.pages.end, current.pages.end}, word_at(entries.ValueAt(i))};
    }
    run = current;
    return i == entries.end();
  });
  if (!wanted) return;
  run.pages.end = range.end;
  visit(run);
}

template <typename Visit>
void AttributeMap::VisitRuns(PageRange range, Visit visit) const {
  if (range.empty()) return;
  switch (KindOf(form_.load(std::memory_order_acquire))) {
    case Kind::kNarrow:
      return VisitTreeRuns(
          narrow_, range, [this](std::uint64_t slot) { return WordOf(slot); }, visit);
    case Kind::kWide:
      return VisitTreeRuns(wide(), range, [](std::uint64_t word) { return word; }, visit);
    case Kind::kWindows:
      return VisitWindowRuns(windows(), range, visit);
  }
}

template <typename Visit>
void AttributeMap::VisitWindowRuns(const BitWindows& windows, PageRange range, Visit visit) const {
  const std::array<Attributes, 2> words{windows_words_[0].load(std::memory_order_acquire),
                                        windows_words_[1].load(std::memory_order_acquire)};
  windows.ForEachRun(
      range, [&](PageRange pages, bool bit) { return visit(AttributeRun{pages, words[bit]}); });
}

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ATTRIBUTE_MAP_H_
