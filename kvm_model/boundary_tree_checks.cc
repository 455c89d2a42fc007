// What is wrong with a tree, if anything is.
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/boundary_tree.h"
#include "kvm_model/page.h"

namespace kvm_model {

template <bool kWide>
std::string BoundaryTree<kWide>::BrokenIn(const Node& node, std::optional<PageIndex> first,
                                          std::optional<Item>& previous,
                                          std::uint64_t& entries) const {
  const std::uint32_t count = CountOf(node);
  const std::uint32_t height = HeightOf(node);
  if (count == 0) return "a node is empty";
  if (first.has_value() && PageAt(node, 0) != *first) {
    return absl::StrFormat("a parent says %d where its child begins with %d", *first,
                           PageAt(node, 0));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const Item item{PageAt(node, i), ValueAt(node, i)};
    if (height != 0) {
      const Node& child = *ChildOf(item.value);
      if (HeightOf(child) != height - 1) return "leaves lie at several heights";
      if (std::string why = BrokenIn(child, item.page, previous, entries); !why.empty()) return why;
      continue;
    }
    ++entries;
    if (item.page >= pages_) return absl::StrFormat("an entry at page %d", item.page);
    if (!previous.has_value() && item.page != 0) return "nothing stands at page 0";
    if (previous.has_value() && previous->page >= item.page) return "pages don't ascend";
    if (previous.has_value() && previous->value == item.value) {
      return absl::StrFormat("the run that begins at page %d isn't maximal", item.page);
    }
    previous = item;
  }
  return "";
}

template <bool kWide>
std::string BoundaryTree<kWide>::Broken() const {
  std::optional<Item> previous;
  std::uint64_t entries = 0;
  const Node* const root = root_.load(std::memory_order_acquire);
  if (root == nullptr) return "";
  if (std::string why = BrokenIn(*root, std::nullopt, previous, entries); !why.empty()) return why;
  if (entries != entries_) {
    return absl::StrFormat("%d entries are counted where there are %d", entries_, entries);
  }
  return "";
}

template std::string BoundaryTree<false>::BrokenIn(const Node&, std::optional<PageIndex>,
                                                   std::optional<Item>&, std::uint64_t&) const;
template std::string BoundaryTree<false>::Broken() const;
template std::string BoundaryTree<true>::BrokenIn(const Node&, std::optional<PageIndex>,
                                                  std::optional<Item>&, std::uint64_t&) const;
template std::string BoundaryTree<true>::Broken() const;

}  // namespace kvm_model
