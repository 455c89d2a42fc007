#include "kvm_model/boundary_tree.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "kvm_model/commit_sequence.h"
#include "kvm_model/page.h"
#include "kvm_model/word_store.h"

namespace kvm_model {

template <bool kWide>
BoundaryTree<kWide>::BoundaryTree(std::uint64_t pages, Value value) : pages_(pages) {
  if constexpr (!kWide) {
    const Item first{0, value};
    Fill(inline_[0].head, 0, &first, 1);
    root_.store(&inline_[0].head, std::memory_order_release);
  }
}

template <bool kWide>
BoundaryTree<kWide>::~BoundaryTree() {
  if (Node* const root = root_.load(std::memory_order_relaxed); root != nullptr) RetireAll(root);
  Delete(old_);
  Delete(free_);
}

template <bool kWide>
bool BoundaryTree<kWide>::IsInline(const Node* node) const {
  if constexpr (kWide) return false;
  return node == &inline_[0].head || node == &inline_[1].head;
}

// ---- Nodes ----

template <bool kWide>
void BoundaryTree<kWide>::Fill(Node& node, std::uint32_t height, const Item* items,
                               std::uint32_t count) {
  const bool inner = height != 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Put(node.words()[i], KeyOf(items[i].page, inner, items[i].value));
    if (inner || kWide) Put(node.words()[kPairs + i], items[i].value);
  }
  Pad(node, count);
  node.height.store(height, std::memory_order_release);
  node.count.store(count, std::memory_order_release);
}

template <bool kWide>
bool BoundaryTree<kWide>::ReserveNodes(std::size_t nodes) {
  while (free_count_ + old_count_ < nodes) {
    void* const memory = ::operator new(kNodeBytes, std::nothrow);
    if (memory == nullptr) return false;
    Node* const node = new (memory) Node;
    for (std::uint32_t i = 0; i < kWords; ++i) std::construct_at(node->words() + i, 0);
    node->next = free_;
    free_ = node;
    ++free_count_;
    ++nodes_;
  }
  return true;
}

template <bool kWide>
typename BoundaryTree<kWide>::Node* BoundaryTree<kWide>::NewNode(std::uint32_t count,
                                                                 std::uint32_t height) {
  if constexpr (!kWide) {
    if (height == 0 && count <= kInlineEntries && HeightOf(*root_.load()) == 0) {
      return root_.load() == &inline_[0].head ? &inline_[1].head : &inline_[0].head;
    }
  }
  Node* const node = free_;
  free_ = node->next;
  --free_count_;
  return node;
}

template <bool kWide>
void BoundaryTree<kWide>::Retire(Node* node) {
  if (IsInline(node)) return;
  node->next = old_;
  if (old_ == nullptr) last_old_ = node;
  old_ = node;
  ++old_count_;
}

template <bool kWide>
void BoundaryTree<kWide>::RetireAll(Node* node) {
  const std::uint32_t count = CountOf(*node);
  if (HeightOf(*node) == 0) {
    entries_ -= count;
  } else {
    for (std::uint32_t i = 0; i < count; ++i) RetireAll(ChildOf(ValueAt(*node, i)));
  }
  Retire(node);
}

template <bool kWide>
void BoundaryTree<kWide>::ReuseOld() {
  if (old_ == nullptr) return;
  last_old_->next = free_;
  free_ = old_;
  old_ = nullptr;
  free_count_ += old_count_;
  old_count_ = 0;
}

template <bool kWide>
void BoundaryTree<kWide>::Delete(Node* list) {
  while (list != nullptr) {
    Node* const next = list->next;
    ::operator delete(list);
    list = next;
  }
}

template <bool kWide>
void BoundaryTree<kWide>::Trim() noexcept {
  const Node* const root = root_.load(std::memory_order_relaxed);
  // One small leaf needs none.
  const bool is_small = root == nullptr || (HeightOf(*root) == 0 && entries_ <= kInlineEntries);
  const std::size_t kept = is_small ? 0 : NodesForMerger(HeightOf(*root));
  if (free_count_ + old_count_ <= kept) return;
  ReuseOld();
  while (free_count_ > kept) {
    Node* const node = free_;
    free_ = node->next;
    ::operator delete(node);
    --free_count_;
    --nodes_;
  }
}

// A merger takes at most two nodes a level on the way to each of its ends, two where the ways meet,
// and one for the root.
template <bool kWide>
std::size_t BoundaryTree<kWide>::NodesForMerger(std::size_t height) {
  return height == 0 ? 1 : 4 * height - 1;
}

// ---- Readers ----

template <bool kWide>
bool BoundaryTree<kWide>::TryRun(PageIndex page, const CommitSequence& sequence,
                                 std::uint64_t noted, Run& run) const {
  const std::uint64_t key = page << kShift | kTagMask;
  PageIndex end = pages_;
  const Node* node = root_.load(std::memory_order_acquire);
  while (true) {
    const bool inner = HeightOf(*node) != 0;
    const std::uint32_t most = inner ? kPairs : kLeafEntries;
    const std::uint32_t count = std::min(CountOf(*node), most);
    const std::uint32_t upto = CountUpTo(node->words(), count, key);
    if (upto == 0) return false;  // A node that is used again.
    if (!inner) return TakeRun(*node, count, upto, page, end, run);
    if (upto < count) end = PageAt(*node, upto);
    const std::uint64_t child = Get(node->words()[kPairs + upto - 1]);
    if (!sequence.StillOfOneStore(noted)) return false;
    node = ChildOf(child);
  }
}

template <bool kWide>
typename BoundaryTree<kWide>::Value BoundaryTree<kWide>::At(PageIndex page) const {
  const Node* node = root_.load(std::memory_order_acquire);
  while (true) {
    const std::uint32_t upto = CountUpTo(node->words(), CountOf(*node), page << kShift | kTagMask);
    const std::uint64_t value = ValueAt(*node, upto - 1);
    if (HeightOf(*node) == 0) return value;
    node = ChildOf(value);
  }
}

// ---- Stores ----

template <bool kWide>
typename BoundaryTree<kWide>::Place BoundaryTree<kWide>::Find(PageRange range) const {
  Place place;
  place.beyond = pages_;
  place.leaf = root_.load(std::memory_order_relaxed);
  while (HeightOf(*place.leaf) != 0) {
    const std::uint32_t count = CountOf(*place.leaf);
    const std::uint32_t upto =
        CountUpTo(place.leaf->words(), count, range.start << kShift | kTagMask);
    if (upto < count) place.beyond = PageAt(*place.leaf, upto);
    place.slot = &place.leaf->words()[kPairs + upto - 1];
    place.leaf = ChildOf(Get(*place.slot));
  }
  const std::uint32_t count = CountOf(*place.leaf);
  const std::uint64_t start = range.start << kShift;
  place.first = start == 0 ? 0 : CountUpTo(place.leaf->words(), count, start - 1);
  place.last = CountUpTo(place.leaf->words(), count, range.end << kShift | kTagMask);
  // What stands before the first entry of a leaf is in another one.
  const bool ends_here = range.end < place.beyond || place.beyond == pages_;
  place.in_one_leaf = ends_here && (place.first != 0 || range.start == 0);
  return place;
}

template <bool kWide>
typename BoundaryTree<kWide>::Splice BoundaryTree<kWide>::MakeSplice(PageRange range,
                                                                     Value value) const {
  Splice splice;
  splice.range = range;
  if (range.start == 0 || At(range.start - 1) != value) {
    splice.insertions[splice.insertion_count++] = {range.start, value};
  }
  if (range.end != pages_) {
    if (const Value after = At(range.end); after != value) {
      splice.insertions[splice.insertion_count++] = {range.end, after};
    }
  }
  return splice;
}

template <bool kWide>
bool BoundaryTree<kWide>::Reserve(PageRange range) {
  const std::uint32_t height = HeightOf(*root_.load(std::memory_order_relaxed));
  const std::size_t most_nodes = 5 * (height + 1) + 3;
  if (free_count_ + old_count_ >= most_nodes) return true;
  const Place& place = Found(range);
  const std::uint32_t fewest = CountOf(*place.leaf) - (place.last - place.first);
  const std::uint32_t most = fewest + 2;
  if (height == 0 && most <= kInlineEntries) return true;
  if (place.in_one_leaf && most <= kLeafEntries && (height == 0 || fewest >= kLeastEntries)) {
    return ReserveNodes(1 + NodesForMerger(height));
  }
  // Five a level at most, of which all but one take another's place: a merger has enough then, in a
  // tree that may have grown.
  return ReserveNodes(most_nodes);
}

template <bool kWide>
void BoundaryTree<kWide>::Store(PageRange range, Value value) noexcept {
  ReuseOld();
  recent_ = {};
  const Place place = Found(range);
  found_range_ = {};
  if (place.in_one_leaf) {
    const Node& leaf = *place.leaf;
    Splice splice;
    splice.range = range;
    if (range.start == 0 || ValueAt(leaf, place.first - 1) != value) {
      splice.insertions[splice.insertion_count++] = {range.start, value};
    }
    if (range.end != pages_) {
      if (const Value after = ValueAt(leaf, place.last - 1); after != value) {
        splice.insertions[splice.insertion_count++] = {range.end, after};
      }
    }
    if (StoreInLeaf(place, splice)) return;
  }
  StoreAcrossLeaves(MakeSplice(range, value));
}

template <bool kWide>
typename BoundaryTree<kWide>::Boundary BoundaryTree<kWide>::BoundaryAt(Node& leaf,
                                                                       std::uint32_t i) const {
  // The first of a leaf is known to its parent, and of the last one the end isn't known here.
  const std::uint32_t count = CountOf(leaf);
  if (kWide || i == 0 || i >= count) return {};
  const bool is_last = i + 1 == count;
  if (is_last && &leaf != root_.load(std::memory_order_relaxed)) return {};
  return {&leaf.words()[i], is_last ? pages_ : PageAt(leaf, i + 1), LeafValueAt(leaf, i - 1)};
}

template <bool kWide>
WordStore BoundaryTree<kWide>::FindWordStoreInLeaf(PageRange range, Value value) {
  if (kWide) return {};
  found_range_ = {};
  Node* node = root_.load(std::memory_order_relaxed);
  PageIndex beyond = pages_;
  std::uint32_t i = 0;
  if (HeightOf(*node) == 0) {
    i = CountUpTo(node->words(), CountOf(*node), range.start << kShift | kTagMask) - 1;
  } else {
    const Place& place = Found(range);
    node = place.leaf;
    beyond = place.beyond;
    const bool is_start = place.first < CountOf(*node) && PageAt(*node, place.first) == range.start;
    i = is_start ? place.first : place.first - 1;
  }
  Node& leaf = *node;
  Word& word = leaf.words()[i];
  const std::uint64_t key = Get(word);
  const bool starts_here = key >> kShift == range.start;
  const bool is_last = i + 1 >= CountOf(leaf);
  const PageIndex end = is_last ? beyond : PageAt(leaf, i + 1);
  WordStore store;
  if (LeafValueAt(leaf, i) == value) {
    // Nothing changes.
    if (range.end <= end) store = {&word, key};
  } else if (starts_here && range.end < end && i != 0 && LeafValueAt(leaf, i - 1) == value) {
    recent_ = BoundaryAt(leaf, i);
    store = {&word, KeyOf(range.end, false, key & kTagMask)};
  } else if (!starts_here && range.end == end && !is_last && LeafValueAt(leaf, i + 1) == value) {
    // The run behind grows to the left.
    recent_ = {};
    store = {&leaf.words()[i + 1], KeyOf(range.start, false, value)};
  }
  if (store) found_range_ = {};
  return store;
}

template <bool kWide>
bool BoundaryTree<kWide>::StoreInLeaf(const Place& place, const Splice& splice) {
  Node& leaf = *place.leaf;
  const std::uint32_t removed = place.last - place.first;
  const std::uint32_t before = CountOf(leaf);
  const std::uint32_t after = before - removed + splice.insertion_count;
  // Where a run that has just begun or grown may grow on.
  const std::uint32_t made = place.first + (splice.insertion_count == 2 ? 1 : 0);
  if (removed == 1 && splice.insertion_count == 1) {
    // A boundary moves, or a value changes in its place.
    const Item& item = splice.insertions[0];
    const bool same_page = PageAt(leaf, place.first) == item.page;
    const bool same_value = ValueAt(leaf, place.first) == item.value;
    if (!kWide || same_value) {
      Put(leaf.words()[place.first], KeyOf(item.page, false, item.value));
      recent_ = BoundaryAt(leaf, made);
      return true;
    }
    if (same_page) {
      Put(leaf.words()[kPairs + place.first], item.value);
      return true;
    }
  }
  const bool is_root = place.slot == nullptr;
  const std::uint32_t least = is_root ? 1 : kLeastEntries;
  if (after > kLeafEntries || after < least) return false;
  Node* const node = NewNode(after, 0);
  Word* to = node->words();
  const Word* const from = leaf.words();
  const auto copy = [&](std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t i = first; i < last; ++i, ++to) {
      Put(*to, Get(from[i]));
      if constexpr (kWide) Put(to[kPairs], Get(from[kPairs + i]));
    }
  };
  copy(0, place.first);
  for (std::uint32_t i = 0; i < splice.insertion_count; ++i, ++to) {
    Put(*to, KeyOf(splice.insertions[i].page, false, splice.insertions[i].value));
    if constexpr (kWide) Put(to[kPairs], splice.insertions[i].value);
  }
  copy(place.last, before);
  Pad(*node, after);
  node->height.store(0, std::memory_order_release);
  node->count.store(after, std::memory_order_release);
  entries_ += after;
  entries_ -= before;
  if (is_root) {
    root_.store(node, std::memory_order_release);
  } else {
    Put(*place.slot, reinterpret_cast<std::uint64_t>(node));
  }
  recent_ = BoundaryAt(*node, made);
  Retire(&leaf);
  return true;
}

template <bool kWide>
void BoundaryTree<kWide>::StoreAcrossLeaves(const Splice& splice) {
  Node* const root = root_.load(std::memory_order_relaxed);
  std::uint32_t height = HeightOf(*root);
  Items items;
  Cut(root, splice, true, items);
  // Never empty: something stands at page 0.
  while (true) {
    Items roots;
    Emit(items, height, roots);
    if (roots.count == 1) {
      Node* node = ChildOf(roots.all[0].value);
      while (HeightOf(*node) != 0 && CountOf(*node) == 1) {
        Node* const only = ChildOf(ValueAt(*node, 0));
        Retire(node);
        node = only;
      }
      root_.store(node, std::memory_order_release);
      return;
    }
    items = roots;
    ++height;
  }
}

template <bool kWide>
void BoundaryTree<kWide>::CutLeaf(Node* node, const Splice& splice, bool with_insertions,
                                  Items& out) {
  const std::uint32_t count = CountOf(*node);
  const std::uint32_t had = out.count;
  std::uint32_t i = 0;
  for (; i < count && PageAt(*node, i) < splice.range.start; ++i) {
    out.Add({PageAt(*node, i), ValueAt(*node, i)});
  }
  if (with_insertions) {
    for (std::uint32_t k = 0; k < splice.insertion_count; ++k) out.Add(splice.insertions[k]);
  }
  for (; i < count; ++i) {
    if (PageAt(*node, i) > splice.range.end) out.Add({PageAt(*node, i), ValueAt(*node, i)});
  }
  entries_ -= count;
  entries_ += out.count - had;
  Retire(node);
}

template <bool kWide>
void BoundaryTree<kWide>::Cut(Node* node, const Splice& splice, bool with_insertions, Items& out) {
  if (HeightOf(*node) == 0) return CutLeaf(node, splice, with_insertions, out);
  const std::uint32_t height = HeightOf(*node) - 1;
  const std::uint32_t count = CountOf(*node);
  const auto child_of = [node](std::uint32_t i) { return ChildOf(ValueAt(*node, i)); };
  const auto child_with = [&](PageIndex page) {
    const std::uint32_t upto = CountUpTo(node->words(), count, page << kShift | kTagMask);
    return upto == 0 ? 0 : upto - 1;
  };
  std::uint32_t first = child_with(splice.range.start);
  const std::uint32_t last = child_with(splice.range.end);
  std::uint32_t behind = last + 1;

  Items below;
  Cut(child_of(first), splice, with_insertions, below);
  for (std::uint32_t i = first + 1; i < last; ++i) RetireAll(child_of(i));
  if (last != first) Cut(child_of(last), splice, false, below);
  // Little is left, or too much: share with a neighbour.
  const std::uint32_t most = height == 0 ? kLeafEntries : kPairs;
  if (below.count < most / 2 || (below.count > most && first == last)) {
    if (behind < count) {
      Dissolve(child_of(behind++), below);
    } else if (first > 0) {
      Items shared;
      Dissolve(child_of(--first), shared);
      for (std::uint32_t i = 0; i < below.count; ++i) shared.Add(below.all[i]);
      below = shared;
    }
  }
  for (std::uint32_t i = 0; i < first; ++i) out.Add({PageAt(*node, i), ValueAt(*node, i)});
  if (below.count != 0) Emit(below, height, out);
  for (std::uint32_t i = behind; i < count; ++i) out.Add({PageAt(*node, i), ValueAt(*node, i)});
  Retire(node);
}

template <bool kWide>
void BoundaryTree<kWide>::Dissolve(Node* node, Items& out) {
  for (std::uint32_t i = 0; i < CountOf(*node); ++i) {
    out.Add({PageAt(*node, i), ValueAt(*node, i)});
  }
  Retire(node);
}

template <bool kWide>
void BoundaryTree<kWide>::Emit(const Items& items, std::uint32_t height, Items& out) {
  const std::uint32_t most = height == 0 ? kLeafEntries : kPairs;
  const std::uint32_t nodes = (items.count + most - 1) / most;
  std::uint32_t done = 0;
  for (std::uint32_t i = 0; i < nodes; ++i) {
    const std::uint32_t count = (items.count - done) / (nodes - i);
    Node* const node = NewNode(count, height);
    Fill(*node, height, &items.all[done], count);
    out.Add({items.all[done].page, reinterpret_cast<std::uint64_t>(node)});
    done += count;
  }
}

template <bool kWide>
bool BoundaryTree<kWide>::Restart(Value value) {
  ReuseOld();
  recent_ = {};
  found_range_ = {};
  Node* const old = root_.load(std::memory_order_relaxed);
  Node* fresh = nullptr;
  if constexpr (kWide) {
    if (!ReserveNodes(1)) return false;
    fresh = free_;
    free_ = fresh->next;
    --free_count_;
  } else {
    fresh = old == &inline_[0].head ? &inline_[1].head : &inline_[0].head;
  }
  const Item first{0, value};
  Fill(*fresh, 0, &first, 1);
  root_.store(fresh, std::memory_order_release);
  if (old != nullptr) RetireAll(old);
  entries_ = 1;
  return true;
}

template class BoundaryTree<false>;
template class BoundaryTree<true>;

}  // namespace kvm_model
