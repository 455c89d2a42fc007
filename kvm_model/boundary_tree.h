// BoundaryTree: where the values of pages change, as a B+-tree that readers walk beside a writer.
//
// An entry is a page and the value from there on; the first stands at page 0, and neighbours
// differ, so that entries are the starts of the maximal runs. The narrow tree's values are numbers
// below 4, packed with the page in 8 bytes; the wide one's are any words, 16 bytes an entry.
//
// A change never touches what readers may be in, with two exceptions that are one store each: a
// boundary that moves, and a node that takes another's place in its parent. Everything else is
// built aside and becomes visible by one store to the root, and what it replaced is not used again
// before the next change. A few entries live in the tree itself, in two buffers that take turns; so
// a small narrow tree allocates nothing.
//
// Nodes are given back to the system by Trim() and the destructor alone, as a reader may still look
// at one that was replaced: it finds out by the CommitSequence that is passed in, before it follows
// any pointer.
//
//   pages 0 .. 9, narrow:   root leaf  (0,A) (2,B) (5,A)         [0,2) A  [2,5) B  [5,10) A
//   Store({2, 3}, A)        one store: (2,B) becomes (3,B)
//   Store({6, 7}, B)        a new leaf (0,A) (3,B) (5,A) (6,B) (7,A), and the root points to it
//
// Costs, with r entries of which k are replaced: lookups O(log r), Store O(log r + k).
#ifndef KVM_MODEL_KVM_MODEL_BOUNDARY_TREE_H_
#define KVM_MODEL_KVM_MODEL_BOUNDARY_TREE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kvm_model/commit_sequence.h"
#include "kvm_model/page.h"
#include "kvm_model/word_store.h"

namespace kvm_model {

template <bool kWide>
class BoundaryTree {
 public:
  using Value = std::uint64_t;
  using Word = std::atomic<std::uint64_t>;
  // A maximal run of pages.
  struct Run {
    PageRange pages;
    Value value = 0;
  };
  // Of these a narrow tree needs no node.
  static constexpr std::uint32_t kInlineEntries = kWide ? 0 : 24;

  // All of [0, pages) has `value`. A wide tree is empty, and of no use, until Restart() had memory.
  BoundaryTree(std::uint64_t pages, Value value);
  BoundaryTree(const BoundaryTree&) = delete;
  BoundaryTree& operator=(const BoundaryTree&) = delete;
  ~BoundaryTree();

  // ---- Readers ----

  // The run that has `page`, if the writer wasn't in the way; whether it wasn't. What
  // StillOfOneStore() confirms afterwards is right.
  bool TryRun(PageIndex page, const CommitSequence& sequence, std::uint64_t noted, Run& run) const;
  // The same if the tree is one leaf; whether it is, too.
  bool TryRunInLeaf(PageIndex page, Run& run) const {
    const Node& root = *root_.load(std::memory_order_acquire);
    if (HeightOf(root) != 0) return false;
    const std::uint32_t count = std::min(CountOf(root), kLeafEntries);
    const std::uint32_t upto = CountUpTo(root.words(), count, page << kShift | kTagMask);
    if (upto == 0) return false;
    return TakeRun(root, count, upto, page, pages_, run);
  }

  // The value of `page`, if the tree is one leaf and the writer wasn't in the way; else kNoValue.
  static constexpr Value kNoValue = ~Value{0};
  Value TryValueInLeaf(PageIndex page) const {
    const Node& root = *root_.load(std::memory_order_acquire);
    if (HeightOf(root) != 0) return kNoValue;
    const std::uint32_t count = std::min(CountOf(root), kLeafEntries);
    const std::uint32_t upto = CountUpTo(root.words(), count, page << kShift | kTagMask);
    return upto == 0 ? kNoValue : LeafValueAt(root, upto - 1);
  }

  // ---- The writer, or readers that keep it away ----

  std::uint64_t entries() const { return entries_; }
  Value At(PageIndex page) const;
  // The value of page 0, of a tree that is one leaf.
  Value First() const { return LeafValueAt(*root_.load(std::memory_order_relaxed), 0); }
  // Some entries that follow each other.
  class Entries;
  // Calls visit(const Entries&) for the entries from the one that has `start` on, in order, a
  // leaf's at a time, until it returns false; whether it never did.
  template <typename Visit>
  bool ForEachLeaf(PageIndex start, Visit visit) const {
    const Node& root = *root_.load(std::memory_order_acquire);
    if (HeightOf(root) == 0) return visit(EntriesFrom(root, start));
    return VisitLeaves(root, start, visit);
  }

  // Makes sure that Store(range, any value) has its nodes. False, with nothing changed, when memory
  // is short. `range` isn't empty.
  [[nodiscard]] bool Reserve(PageRange range);
  // Gives the pages of the range the value. Needs Reserve() for the same range, or a range whose
  // neighbours have `value`.
  void Store(PageRange range, Value value) noexcept;

  // Whether all entries are in the tree itself and two more would be.
  bool IsSmall() const {
    return entries_ + 2 <= kInlineEntries && HeightOf(*root_.load(std::memory_order_relaxed)) == 0;
  }
  // What Store(range, value) does to a narrow tree, if it moves a boundary and no more, or gives
  // another value to all pages, which were alike, or changes nothing.
  [[gnu::always_inline]] WordStore FindWordStore(PageRange range, Value value) {
    // A run that grows again and again.
    if (range.end < recent_.limit && recent_.grows == value) {
      const std::uint64_t key = Get(*recent_.word);
      if (key >> kShift == range.start) {
        found_range_ = {};
        return {recent_.word, KeyOf(range.end, false, key & kTagMask)};
      }
    }
    if (range.pages() == pages_ && entries_ == 1) {
      found_range_ = {};
      return {root_.load(std::memory_order_relaxed)->words(), KeyOf(0, false, value)};
    }
    return FindWordStoreInLeaf(range, value);
  }

  // All pages have `value`. A wide tree needs a free node: false without memory for one.
  [[nodiscard]] bool Restart(Value value);
  // Gives spare nodes back to the system. Requires that no reader is under way.
  void Trim() noexcept;
  std::size_t allocated_bytes() const { return nodes_ * kNodeBytes; }

  // What is wrong with the tree's shape or order; empty when nothing is.
  std::string Broken() const;

 private:
  struct Node;
  struct Item {
    PageIndex page = 0;
    std::uint64_t value = 0;  // or the child's address
  };
  struct Items;

  static constexpr std::size_t kNodeBytes = 512;
  static constexpr std::uint32_t kWords = 62;
  static constexpr std::uint32_t kPairs = kWords / 2;
  static constexpr std::uint32_t kLeafEntries = kWide ? kPairs : kWords;
  // A leaf with fewer is shared out, unless it is the root.
  static constexpr std::uint32_t kLeastEntries = kLeafEntries / 4;
  // So many keys, or fewer, of a leaf or of an inner node are looked at in steps of kPadding.
  static constexpr std::uint32_t kPadded = 24;
  static constexpr std::uint32_t kPadding = 4;
  static constexpr unsigned kShift = kWide ? 0 : 2;
  static constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kShift) - 1;

  // A leaf: kLeafEntries keys, wide: and as many values behind the first kPairs words. An inner
  // node: kPairs first pages, and as many children.
  struct Node {
    std::atomic<std::uint32_t> count{0};
    std::atomic<std::uint32_t> height{0};  // 0: a leaf
    Node* next = nullptr;                  // the writer's, in its lists of free and of old nodes

    Word* words() { return reinterpret_cast<Word*>(this + 1); }
    const Word* words() const { return reinterpret_cast<const Word*>(this + 1); }
    bool IsPairs() const { return kWide || height.load(std::memory_order_acquire) != 0; }
  };
  static_assert(sizeof(Node) + kWords * sizeof(Word) == kNodeBytes);

  struct InlineNode {
    Node head;
    std::array<Word, kInlineEntries> words{};
  };

  // A few items on the way to new nodes: what two nodes and their neighbour hold, at most.
  struct Items {
    std::uint32_t count = 0;
    std::array<Item, 3 * kWords + 8> all;
    void Add(Item item) { all[count++] = item; }
  };

  // A store that doesn't fit in one leaf: the range, what is put at its ends, and what was removed.
  struct Splice {
    PageRange range;
    std::array<Item, 2> insertions;
    std::uint32_t insertion_count = 0;
  };

  // Where a store happens, if it touches one leaf.
  struct Place {
    Node* leaf = nullptr;
    Word* slot = nullptr;     // of the leaf in its parent; null: it is the root
    std::uint32_t first = 0;  // the entries [first, last) lie in [range.start, range.end]
    std::uint32_t last = 0;
    PageIndex beyond = 0;  // where the next leaf begins, or the last page ends
    bool in_one_leaf = false;
  };

  static std::uint64_t Get(const Word& word) { return word.load(std::memory_order_acquire); }
  static void Put(Word& word, std::uint64_t value) { word.store(value, std::memory_order_release); }
  static Node* ChildOf(std::uint64_t word) { return reinterpret_cast<Node*>(word); }
  // A boundary that a store moved or made, which may move on: to any page before `limit` by one
  // store to `word`. The pages before it have `grows`.
  struct Boundary {
    Word* word = nullptr;
    PageIndex limit = 0;  // 0: there is none
    Value grows = 0;
  };

  static std::uint64_t KeyOf(PageIndex page, bool inner, Value value) {
    return inner || kWide ? page << kShift : (page << kShift) | value;
  }

  // How many of the first `count` keys are at most `key`. Without a branch that depends on them: it
  // would be taken by chance.
  [[gnu::always_inline]] static std::uint32_t CountUpTo(const Word* keys, std::uint32_t count,
                                                        std::uint64_t key) {
    if (!kWide && count - 1 < kPadded) return CountUpToOfFew(keys, count, key);
    std::uint64_t base = 0;
    while (count > 1) {
      const std::uint32_t half = count / 2;
      base += half & -static_cast<std::uint64_t>(Get(keys[base + half - 1]) <= key);
      count -= half;
    }
    return static_cast<std::uint32_t>(base + (count == 1 && Get(keys[base]) <= key ? 1 : 0));
  }
  // Of 1 to kPadded keys: which steps of kPadding are passed, then where in the next one.
  // Comparisons don't wait for each other.
  [[gnu::always_inline]] static std::uint32_t CountUpToOfFew(const Word* keys, std::uint32_t count,
                                                             std::uint64_t key) {
    const auto is_counted = [keys, key](std::uint32_t i) -> std::uint32_t {
      return Get(keys[i]) <= key ? 1 : 0;
    };
    const std::uint32_t last_step = (count - 1) / kPadding;
    std::uint32_t passed = 0;
    for (std::uint32_t step = 0; step < last_step; ++step) {
      passed += is_counted(step * kPadding + kPadding - 1);
    }
    const std::uint32_t base = passed * kPadding;
    return base + is_counted(base) + is_counted(base + 1) + is_counted(base + 2) +
           is_counted(base + 3);
  }
  // Behind the last of few keys stand some that are more than any.
  static void Pad(Node& node, std::uint32_t count) {
    if (kWide || count > kPadded) return;
    for (; count % kPadding != 0; ++count) Put(node.words()[count], ~std::uint64_t{0});
  }
  static PageIndex PageAt(const Node& node, std::uint32_t i) {
    return Get(node.words()[i]) >> kShift;
  }
  static Value LeafValueAt(const Node& leaf, std::uint32_t i) {
    return kWide ? Get(leaf.words()[kPairs + i]) : Get(leaf.words()[i]) & kTagMask;
  }
  // Whether `page`, of which `upto` keys of a leaf were at most, still lies between these two; if
  // so its run, which ends at `end` if nothing in the leaf ends it. Looks at each key once: one
  // that moves meanwhile doesn't give the run both of its ends.
  static bool TakeRun(const Node& leaf, std::uint32_t count, std::uint32_t upto, PageIndex page,
                      PageIndex end, Run& run) {
    const std::uint64_t key = Get(leaf.words()[upto - 1]);
    if (upto < count) end = PageAt(leaf, upto);
    run = {{key >> kShift, end}, kWide ? Get(leaf.words()[kPairs + upto - 1]) : key & kTagMask};
    return run.pages.contains(page);
  }
  static std::uint64_t ValueAt(const Node& node, std::uint32_t i) {
    return node.IsPairs() ? Get(node.words()[kPairs + i]) : Get(node.words()[i]) & kTagMask;
  }
  static std::uint32_t CountOf(const Node& node) {
    return node.count.load(std::memory_order_acquire);
  }
  static std::uint32_t HeightOf(const Node& node) {
    return node.height.load(std::memory_order_acquire);
  }
  static void Fill(Node& node, std::uint32_t height, const Item* items, std::uint32_t count);

  // Where the entry that has `start` stands in the node, or the first one, if it has no such.
  static std::uint32_t PlaceOf(const Node& node, PageIndex start) {
    const std::uint32_t upto = CountUpTo(node.words(), CountOf(node), start << kShift | kTagMask);
    return upto == 0 ? 0 : upto - 1;
  }
  static Entries EntriesFrom(const Node& leaf, PageIndex start) {
    return Entries(leaf, PlaceOf(leaf, start), CountOf(leaf));
  }
  template <typename Visit>
  static bool VisitLeaves(const Node& node, PageIndex start, Visit& visit) {
    if (HeightOf(node) == 0) return visit(EntriesFrom(node, start));
    const std::uint32_t count = CountOf(node);
    for (std::uint32_t i = PlaceOf(node, start); i < count; ++i) {
      if (!VisitLeaves(*ChildOf(Get(node.words()[kPairs + i])), start, visit)) return false;
    }
    return true;
  }

  WordStore FindWordStoreInLeaf(PageRange range, Value value);
  // The boundary at `i` of a leaf, if it may move on.
  Boundary BoundaryAt(Node& leaf, std::uint32_t i) const;
  Place Find(PageRange range) const;
  // The same, if nothing changed since it was found.
  const Place& Found(PageRange range) {
    if (found_range_ != range) {
      found_ = Find(range);
      found_range_ = range;
    }
    return found_;
  }
  Splice MakeSplice(PageRange range, Value value) const;
  bool StoreInLeaf(const Place& place, const Splice& splice);
  void StoreAcrossLeaves(const Splice& splice);
  // Puts what is left of the node, in which the splice begins or ends or both, into `out`.
  void Cut(Node* node, const Splice& splice, bool with_insertions, Items& out);
  void CutLeaf(Node* node, const Splice& splice, bool with_insertions, Items& out);
  // Puts the node's own items into `out` and gives the node up.
  void Dissolve(Node* node, Items& out);
  // Makes nodes of that height out of the items, evenly filled, and puts them into `out`.
  void Emit(const Items& items, std::uint32_t height, Items& out);

  Node* NewNode(std::uint32_t count, std::uint32_t height);
  void Retire(Node* node);
  // The node and all below it; counts the entries out.
  void RetireAll(Node* node);
  void ReuseOld();
  static void Delete(Node* list);
  [[nodiscard]] bool ReserveNodes(std::size_t nodes);
  static std::size_t NodesForMerger(std::size_t height);
  bool IsInline(const Node* node) const;
  std::string BrokenIn(const Node& node, std::optional<PageIndex> first,
                       std::optional<Item>& previous, std::uint64_t& entries) const;

  const std::uint64_t pages_;
  std::atomic<Node*> root_{nullptr};
  std::uint64_t entries_ = 1;
  Boundary recent_;
  PageRange found_range_;  // empty: `found_` is out of date
  Place found_;
  std::size_t nodes_ = 0;  // allocated
  std::size_t free_count_ = 0;
  std::size_t old_count_ = 0;
  Node* free_ = nullptr;
  Node* old_ = nullptr;
  Node* last_old_ = nullptr;
  std::array<InlineNode, kWide ? 0 : 2> inline_;
};

template <bool kWide>
class BoundaryTree<kWide>::Entries {
 public:
  // [first(), end()), never empty.
  std::uint32_t first() const { return first_; }
  std::uint32_t end() const { return end_; }
  PageIndex PageAt(std::uint32_t i) const { return BoundaryTree::PageAt(leaf_, i); }
  Value ValueAt(std::uint32_t i) const { return LeafValueAt(leaf_, i); }

 private:
  friend class BoundaryTree;
  Entries(const Node& leaf, std::uint32_t first, std::uint32_t end)
      : leaf_(leaf), first_(first), end_(end) {}

  const Node& leaf_;
  const std::uint32_t first_;
  const std::uint32_t end_;
};

extern template class BoundaryTree<false>;
extern template class BoundaryTree<true>;

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_BOUNDARY_TREE_H_
