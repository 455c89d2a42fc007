#include "kvm_model/vm.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm_type.h"

namespace kvm_model {

Vm::Vm(std::shared_ptr<Kernel> kernel, std::shared_ptr<Mm> mm, const VmType& type)
    : kernel_(std::move(kernel)),
      mm_(std::move(mm)),
      type_(type),
      max_vcpus_(kernel_->host().arch().MaxVcpus(kernel_->host(), type)),
      arch_vm_(kernel_->host().arch().MakeVm(kernel_->host(), type)),
      slots_(kernel_->host().arch().AddressSpaces(kernel_->host(), type)),
      gfn_attributes_(MaxGfns(kernel_->host()), 0),
      stage2_(MaxGfns(kernel_->host())) {
  mm_->notifiers()->Subscribe(this);
}

Vm::~Vm() { mm_->notifiers()->Leave(this); }

void Vm::ReplaceSlot(const Memslot* old, std::shared_ptr<const Memslot> slot) {
  had_memslots_.store(true, std::memory_order_relaxed);
  if (slot == nullptr) {
    if (old == nullptr) return;
    slots_.Remove(old->address_space, old->id);
    user_ranges_.Replace(old, nullptr);
    return;
  }
  // What can run out of memory comes first: a new slot's addresses, which go again if the slot
  // can't be had, but not those of one that only changes.
  const std::shared_ptr<const Memslot> put = slot;
  if (old == nullptr) user_ranges_.Replace(nullptr, put.get());
  absl::Cleanup take_back = [&] {
    if (old == nullptr) user_ranges_.Replace(put.get(), nullptr);
  };
  slots_.Put(std::move(slot));
  std::move(take_back).Cancel();
  if (old != nullptr) user_ranges_.Replace(old, put.get());
}

bool Vm::MapStage2(PageIndex gfn, std::uint64_t seq) {
  {
    const ReaderLock lock(mmu_lock_);
    if (invalidate_seq() != seq) return false;
    if (stage2_.Contains(gfn)) return true;
  }
  const WriterLock lock(mmu_lock_);
  if (invalidate_seq() != seq) return false;
  stage2_.Insert({gfn, gfn + 1});
  return true;
}

void Vm::ZapStage2(PageRange gfns, InvalidationCause cause, const Trail& trail) {
  const WriterLock lock(mmu_lock_);
  trail.Effect("guest mappings of the gfns are zapped", {{"start", gfns.start}, {"end", gfns.end}});
  stage2_.Erase(gfns);
  invalidate_seq_.fetch_add(1, std::memory_order_release);
  if (InvalidationListener* const listener = kernel_->invalidation_listener()) {
    listener->OnInvalidate(*this, gfns, cause);
  }
}

void Vm::ZapSlotStage2(const Memslot& slot, PageRange gfns, InvalidationCause cause,
                       const Trail& trail) {
  if (slot.address_space == 0) ZapStage2(gfns, cause, trail);
}

void Vm::OnUnmapped(std::uint64_t start, std::uint64_t end, const Trail& caller) {
  const Trail trail = caller.In("kvm_mmu_notifier_invalidate_range_start");
  user_ranges_.ForEachGfns(start, end, host().facts().page_shift, [&](PageRange gfns) {
    ZapStage2(gfns, InvalidationCause::kUserUnmapped, trail);
  });
}

void Vm::OnRelease() {
  ZapStage2({0, MaxGfns(host())}, InvalidationCause::kUserUnmapped, Trail(nullptr));
}

std::vector<PageRange> Vm::MappedStage2() const {
  const ReaderLock lock(mmu_lock_);
  return stage2_.Runs();
}

}  // namespace kvm_model
