// Memory slots: which guest physical pages a VM has, and what stands behind them.
//
// A Memslot never changes after it is made; an update replaces it. The table is guarded by its VM's
// slots lock. Models: struct kvm_memory_slot and struct kvm_memslots.
#ifndef KVM_MODEL_KVM_MODEL_MEMSLOT_H_
#define KVM_MODEL_KVM_MODEL_MEMSLOT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/page.h"

namespace kvm_model {

class GuestMemfd;

struct Memslot {
  int address_space = 0;
  std::uint32_t id = 0;
  PageRange gfns;
  std::uint32_t flags = 0;           // KVM_MEM_*
  std::uint64_t userspace_addr = 0;  // bytes
  // The guest_memfd behind the slot, when flags has KVM_MEM_GUEST_MEMFD. Expired once the file is
  // released.
  std::weak_ptr<GuestMemfd> guest_memfd;
  PageIndex gmem_pgoff = 0;
  // Where guest writes are logged; null while nothing is. A slot that takes this one's place may
  // share it.
  std::shared_ptr<DirtyBitmap> dirty_bitmap;
  // Every guest fault on the slot, shared or private, is served from the guest_memfd.
  bool gmem_only = false;
  // The guest_memfd knows of the slot.
  bool is_bound = false;

  // The guest_memfd index of a gfn of this slot.
  PageIndex GmemIndex(PageIndex gfn) const { return gfn - gfns.start + gmem_pgoff; }
};

class MemslotTable {
 public:
  explicit MemslotTable(int address_spaces) : spaces_(static_cast<std::size_t>(address_spaces)) {}

  int address_spaces() const { return static_cast<int>(spaces_.size()); }
  // Null when there is none. Require address_space < address_spaces().
  std::shared_ptr<const Memslot> ById(int address_space, std::uint32_t id) const;
  std::shared_ptr<const Memslot> Containing(int address_space, PageIndex gfn) const;
  // Whether any slot but `ignored_id` shares a gfn with the range.
  bool Overlaps(int address_space, PageRange gfns, std::uint32_t ignored_id) const;

  // Adds the slot, in place of the one with its id, if there is one.
  void Put(std::shared_ptr<const Memslot> slot);
  void Remove(int address_space, std::uint32_t id);

  std::uint64_t total_pages() const { return total_pages_; }
  bool empty() const;
  std::vector<std::shared_ptr<const Memslot>> All() const;
  // Calls `visit` with each slot that shares gfns with the range, and with those gfns: one address
  // space after the other, by gfn. Cost: logarithmic, and what is visited.
  void ForEachIn(PageRange gfns, absl::FunctionRef<void(const Memslot&, PageRange)> visit) const;

 private:
  struct Space {
    std::map<std::uint32_t, std::shared_ptr<const Memslot>> by_id;
    std::map<PageIndex, std::shared_ptr<const Memslot>> by_gfn;
  };

  const Space& space(int address_space) const {
    return spaces_[static_cast<std::size_t>(address_space)];
  }

  std::vector<Space> spaces_;
  std::uint64_t total_pages_ = 0;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MEMSLOT_H_
