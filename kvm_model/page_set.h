// A set of pages as an interval set: which pages are resident, mapped by a process, or mapped for a
// guest.
//
// Costs follow the number of maximal runs, not of pages (see AttributeMap, which holds them). Not
// thread-safe by itself. Memory for a node may be short: an insertion then fails, and an erasure
// takes more out than it was told, which does no harm to what is a page table; who can't have that
// calls ReserveErasure() first.
#ifndef KVM_MODEL_KVM_MODEL_PAGE_SET_H_
#define KVM_MODEL_KVM_MODEL_PAGE_SET_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model {

class PageSet {
 public:
  // A set of pages of [0, pages).
  explicit PageSet(std::uint64_t pages) : map_(pages, 0) {}

  bool Contains(PageIndex page) const { return map_.Get(page) != 0; }
  bool ContainsAll(PageRange range) const { return map_.RangeHas(range, 1); }
  bool Disjoint(PageRange range) const { return map_.RangeHas(range, 0); }
  bool empty() const { return Disjoint({0, map_.pages()}); }

  // False, with nothing changed, when memory is short.
  bool Insert(PageRange range) { return Set(range, 1); }
  // Takes the range out; when memory for its ends is short, all of the runs that it touches. Costs
  // next to nothing where the set is empty.
  void Erase(PageRange range) {
    if (!map_.IsKnownUniform(0)) EraseRuns(range);
  }
  // Makes sure that Erase(range), if that is what comes next, has what it needs. False when memory
  // is short.
  [[nodiscard]] bool ReserveErasure(PageRange range) {
    return range.empty() || map_.Prepare(range, 0).has_value();
  }

  // Calls `visit` for each maximal run of members inside the range, in order.
  void ForEachRun(PageRange range, absl::FunctionRef<void(PageRange)> visit) const;
  std::vector<PageRange> Runs() const;
  std::uint64_t CountIn(PageRange range) const;

 private:
  bool Set(PageRange range, Attributes member);
  void EraseRuns(PageRange range);

  AttributeMap map_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PAGE_SET_H_
