// A set of pages as an interval set: which pages are resident, mapped by a process, or mapped for a
// guest.
//
// Costs follow the number of maximal runs, not of pages (see AttributeMap, which holds them). Not
// thread-safe by itself. Unlike a store of attributes these sets have no prepared form: they mirror
// page tables, whose teardown the kernel can't fail, so a machine that is out of memory for a node
// throws std::bad_alloc.
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
  bool empty() const { return map_.run_count() == 1 && map_.Get(0) == 0; }

  void Insert(PageRange range) { Set(range, 1); }
  void Erase(PageRange range) { Set(range, 0); }

  // Calls `visit` for each maximal run of members inside the range, in order.
  void ForEachRun(PageRange range, absl::FunctionRef<void(PageRange)> visit) const;
  std::vector<PageRange> Runs() const;
  std::uint64_t CountIn(PageRange range) const;

 private:
  void Set(PageRange range, Attributes member);

  AttributeMap map_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_PAGE_SET_H_
