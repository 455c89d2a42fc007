// MmuNotifiers: who wants to know when a process's addresses lose what is mapped there.
//
// A VM asks, because its guest must lose those pages too. The notice follows the unmapping. Notices
// name the addresses that are taken away, whether or not a page was mapped in. Thread-safe.
//
// Lock order: a notice is given with the address space's lock held, or with a guest_memfd's
// invalidate lock and its list of page tables, or with none; whoever gets it takes only locks that
// are inner to those. Subscribing and leaving wait for notices that are under way.
//
// Models struct mmu_notifier as KVM uses it: kvm_mmu_notifier_invalidate_range_start() and
// kvm_mmu_notifier_release().
#ifndef KVM_MODEL_KVM_MODEL_MMU_NOTIFIER_H_
#define KVM_MODEL_KVM_MODEL_MMU_NOTIFIER_H_

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/mutex.h"
#include "kvm_model/trail.h"

namespace kvm_model {

class MmuNotifier {
 public:
  virtual ~MmuNotifier() = default;
  // The addresses [start, end), in bytes, were unmapped. Whether it concerned a guest.
  virtual bool OnUnmapped(std::uint64_t start, std::uint64_t end, const Trail& trail) = 0;
  // The address space is gone.
  virtual void OnRelease() = 0;
};

class MmuNotifiers {
 public:
  void Subscribe(MmuNotifier* notifier) {
    const WriterLock lock(lock_);
    notifiers_.push_back(notifier);
  }
  void Leave(MmuNotifier* notifier) {
    const WriterLock lock(lock_);
    std::erase(notifiers_, notifier);
  }
  // Whether it concerned any guest.
  bool Unmapped(std::uint64_t start, std::uint64_t end, const Trail& trail) {
    const ReaderLock lock(lock_);
    bool concerned = false;
    for (MmuNotifier* notifier : notifiers_) concerned |= notifier->OnUnmapped(start, end, trail);
    return concerned;
  }
  void Release() {
    const ReaderLock lock(lock_);
    for (MmuNotifier* notifier : notifiers_) notifier->OnRelease();
  }

 private:
  SharedMutex lock_{LockRank::kMmuNotifiers};
  std::vector<MmuNotifier*> notifiers_ ABSL_GUARDED_BY(lock_);
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_MMU_NOTIFIER_H_
