// Vm: a virtual machine's own state. What its file descriptor does is VmFile's.
//
// Locks, outermost first: state_lock, which stands for kvm->lock (vCPUs and enabled capabilities);
// slots_lock (memslots and per-VM attributes; readers share it, as the kernel's SRCU readers do);
// and mmu_lock (what the guest has mapped), which is shared while nothing new is mapped.
//
// Models: struct kvm. A Vm lives as long as a descriptor, a vCPU or a guest_memfd refers to it.
#ifndef KVM_MODEL_KVM_MODEL_VM_H_
#define KVM_MODEL_KVM_MODEL_VM_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mmu_notifier.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_ranges.h"
#include "kvm_model/vcpu_run_pages.h"
#include "kvm_model/vm_type.h"

namespace kvm_model {

// What KVM_ENABLE_CAP and KVM_CREATE_VCPU change on a VM.
struct VmState {
  std::uint64_t halt_poll_ns = 0;
  bool override_halt_poll_ns = false;
  std::set<std::uint64_t> vcpu_ids;
};

// How a VM logs the pages that its guest writes. Changes under Vm::state_lock(); may be read
// without it.
struct DirtyLogging {
  std::atomic<std::uint64_t> manual_protect{0};  // KVM_DIRTY_LOG_..., 0: GET clears what it tells
  std::atomic<std::uint32_t> ring_bytes{0};      // of each vCPU's dirty ring, 0: there is none
  std::atomic<bool> ring_with_bitmap{false};

  // kvm_use_dirty_bitmap().
  bool UsesBitmap() const { return ring_bytes.load() == 0 || ring_with_bitmap.load(); }
};

class Vm final : private MmuNotifier {
 public:
  // Guest physical addresses are 64 bits wide: the largest number of gfns.
  static std::uint64_t MaxGfns(const Host& host) {
    return std::uint64_t{1} << (64 - host.facts().page_shift);
  }

  Vm(std::shared_ptr<Kernel> kernel, std::shared_ptr<Mm> mm, const VmType& type);
  ~Vm() override;
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  Kernel& kernel() const { return *kernel_; }
  const std::shared_ptr<Kernel>& shared_kernel() const { return kernel_; }
  const Host& host() const { return kernel_->host(); }
  const VmType& type() const { return type_; }
  Mm& mm() const { return *mm_; }
  // Whether that address space made this VM: every other gets EIO.
  bool BelongsTo(const Mm& mm) const { return &mm == mm_.get(); }

  // kvm->max_vcpus: how many vCPUs it may have.
  std::uint64_t max_vcpus() const { return max_vcpus_.load(std::memory_order_relaxed); }
  void LimitVcpus(std::uint64_t vcpus) { max_vcpus_.store(vcpus, std::memory_order_relaxed); }
  // What the architecture keeps; its own code knows which type it is. Null where it keeps nothing.
  ArchVm* arch_vm() const { return arch_vm_.get(); }
  // The page that each of its vCPUs maps, where the kernel has MMIO; else null.
  const std::shared_ptr<CoalescedMmioRing>& coalesced_mmio_ring() const {
    return coalesced_mmio_ring_;
  }

  // kvm_arch_has_private_mem().
  bool has_private_mem() const { return host().facts().private_mem_hook && type_.has_private_mem; }

  SharedMutex& slots_lock() const ABSL_LOCK_RETURNED(slots_lock_) { return slots_lock_; }
  // Puts `slot` in the place of `old`; either may be null.
  void ReplaceSlot(const Memslot* old, std::shared_ptr<const Memslot> slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(slots_lock_);
  // Whether it has, or ever had, a memslot.
  bool had_memslots() const { return had_memslots_.load(std::memory_order_relaxed); }
  // Whether its guest has accessed memory, for which it has to have run; noted with slots_lock().
  bool has_run() const { return has_run_.load(std::memory_order_relaxed); }
  void NoteRun() ABSL_SHARED_LOCKS_REQUIRED(slots_lock_) {
    has_run_.store(true, std::memory_order_relaxed);
  }
  const MemslotTable& slots() const ABSL_SHARED_LOCKS_REQUIRED(slots_lock_) { return slots_; }
  // kvm->mem_attr_array: attributes of each gfn while per-VM attributes are in use; 0 where nothing
  // was stored.
  AttributeMap& mutable_gfn_attributes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(slots_lock_) {
    return gfn_attributes_;
  }
  const AttributeMap& gfn_attributes() const ABSL_SHARED_LOCKS_REQUIRED(slots_lock_) {
    return gfn_attributes_;
  }

  Mutex& state_lock() const ABSL_LOCK_RETURNED(state_lock_) { return state_lock_; }
  VmState& state() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_lock_) { return state_; }
  const VmState& state() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_lock_) { return state_; }
  DirtyLogging& dirty_logging() { return dirty_logging_; }
  const DirtyLogging& dirty_logging() const { return dirty_logging_; }

  // kvm->mmu_invalidate_seq: changes with each invalidation. A fault remembers it before it looks
  // at anything that an invalidation announces, and starts over when it has changed meanwhile.
  std::uint64_t invalidate_seq() const { return invalidate_seq_.load(std::memory_order_acquire); }
  // mmu_invalidate_retry(): whether an invalidation came after `seq` was read, or is under way.
  bool InvalidatedSince(std::uint64_t seq) const {
    return invalidations_in_progress_.load(std::memory_order_acquire) != 0 ||
           invalidate_seq() != seq;
  }
  // kvm_mmu_invalidate_begin() and _end() around a change of what faults look at. Until the second
  // no fault ends other than by what was so before the first.
  void BeginInvalidation() { invalidations_in_progress_.fetch_add(1, std::memory_order_acq_rel); }
  void EndInvalidation() {
    invalidate_seq_.fetch_add(1, std::memory_order_acq_rel);
    invalidations_in_progress_.fetch_sub(1, std::memory_order_release);
  }

  // The guest's page tables: a fault maps a page, an invalidation drops a range of them. False, and
  // nothing is mapped, when an invalidation came after `seq` was read.
  [[nodiscard]] bool MapStage2(PageIndex gfn, bool is_private, std::uint64_t seq);
  void ZapStage2(PageRange gfns, GfnFilter filter, InvalidationCause cause, const Trail& trail);
  // The same for gfns of a slot. No guest of the model's enters system management mode, so nothing
  // of another address space is ever mapped.
  void ZapSlotStage2(const Memslot& slot, PageRange gfns, GfnFilter filter, InvalidationCause cause,
                     const Trail& trail);
  // The gfns that are mapped, in either kind of page tables. Throws std::bad_alloc.
  std::vector<PageRange> MappedStage2() const;

 private:
  // MmuNotifier: what its process's addresses lose, the guest loses. No private page is mapped at
  // one (kvm_handle_hva_range()).
  bool OnUnmapped(std::uint64_t start, std::uint64_t end, const Trail& trail) override;
  void OnRelease() override;

  const std::shared_ptr<Kernel> kernel_;
  const std::shared_ptr<Mm> mm_;
  const VmType type_;
  std::atomic<std::uint64_t> max_vcpus_;
  const std::unique_ptr<ArchVm> arch_vm_;
  const std::shared_ptr<CoalescedMmioRing> coalesced_mmio_ring_;

  mutable Mutex state_lock_{LockRank::kVmState};
  VmState state_ ABSL_GUARDED_BY(state_lock_);

  mutable SharedMutex slots_lock_ ABSL_ACQUIRED_AFTER(state_lock_){LockRank::kSlots};
  MemslotTable slots_ ABSL_GUARDED_BY(slots_lock_);
  AttributeMap gfn_attributes_ ABSL_GUARDED_BY(slots_lock_);
  UserRanges user_ranges_;
  std::atomic<bool> had_memslots_ = false;
  std::atomic<bool> has_run_ = false;

  mutable SharedMutex mmu_lock_ ABSL_ACQUIRED_AFTER(slots_lock_){LockRank::kMmu};
  std::atomic<std::uint64_t> invalidate_seq_ = 0;
  std::atomic<std::uint64_t> invalidations_in_progress_ = 0;
  PageSet stage2_ ABSL_GUARDED_BY(mmu_lock_);
  // What is mapped privately, where that has page tables of its own.
  PageSet private_stage2_ ABSL_GUARDED_BY(mmu_lock_);

  DirtyLogging dirty_logging_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VM_H_
