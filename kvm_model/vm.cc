#include "kvm_model/vm.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
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
      coalesced_mmio_ring_(kernel_->host().facts().mmio
                               ? std::make_shared<CoalescedMmioRing>(kernel_->host().page_size())
                               : nullptr),
      slots_(kernel_->host().arch().AddressSpaces(kernel_->host(), type)),
      gfn_attributes_(MaxGfns(kernel_->host()), 0),
      stage2_(MaxGfns(kernel_->host())),
      private_stage2_(MaxGfns(kernel_->host())) {
  mm_->notifiers()->Subscribe(this);
}

Vm::~Vm() { mm_->notifiers()->Leave(this); }

void Vm::ReplaceSlot(const Memslot* old, std::shared_ptr<const Memslot> slot) {
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
  had_memslots_.store(true, std::memory_order_relaxed);
  if (old != nullptr) user_ranges_.Replace(old, put.get());
}

bool Vm::MapStage2(PageIndex gfn, bool is_private, std::uint64_t seq) {
  const bool mirrored = is_private && type_.mirrored_page_tables;
  {
    const ReaderLock lock(mmu_lock_);
    if (InvalidatedSince(seq)) return false;
    if ((mirrored ? private_stage2_ : stage2_).Contains(gfn)) return true;
  }
  const WriterLock lock(mmu_lock_);
  if (InvalidatedSince(seq)) return false;
  (mirrored ? private_stage2_ : stage2_).Insert({gfn, gfn + 1});
  return true;
}

void Vm::ZapStage2(PageRange gfns, GfnFilter filter, InvalidationCause cause, const Trail& trail) {
  const WriterLock lock(mmu_lock_);
  trail.Effect("guest mappings of the gfns are zapped", {{"start", gfns.start}, {"end", gfns.end}});
  const bool mirrored = type_.mirrored_page_tables;
  if (!mirrored || filter != GfnFilter::kPrivate) stage2_.Erase(gfns);
  if (mirrored && filter != GfnFilter::kShared) private_stage2_.Erase(gfns);
  invalidate_seq_.fetch_add(1, std::memory_order_release);
  if (InvalidationListener* const listener = kernel_->invalidation_listener()) {
    listener->OnInvalidate(*this, gfns, cause);
  }
}

void Vm::ZapSlotStage2(const Memslot& slot, PageRange gfns, GfnFilter filter,
                       InvalidationCause cause, const Trail& trail) {
  if (slot.address_space == 0) ZapStage2(gfns, filter, cause, trail);
}

bool Vm::OnUnmapped(std::uint64_t start, std::uint64_t end, const Trail& caller) {
  const Trail trail = caller.In("kvm_mmu_notifier_invalidate_range_start");
  bool concerned = false;
  user_ranges_.ForEachGfns(start, end, host().facts().page_shift, [&](PageRange gfns) {
    ZapStage2(gfns, GfnFilter::kShared, InvalidationCause::kUserUnmapped, trail);
    concerned = true;
  });
  return concerned;
}

void Vm::OnRelease() {
  ZapStage2({0, MaxGfns(host())}, GfnFilter::kBoth, InvalidationCause::kUserUnmapped,
            Trail(nullptr));
}

std::vector<PageRange> Vm::MappedStage2() const {
  PageSet mapped(MaxGfns(host()));
  const auto add = [&mapped](PageRange run) {
    if (!mapped.Insert(run)) throw std::bad_alloc();
  };
  const ReaderLock lock(mmu_lock_);
  stage2_.ForEachRun({0, MaxGfns(host())}, add);
  private_stage2_.ForEachRun({0, MaxGfns(host())}, add);
  return mapped.Runs();
}

}  // namespace kvm_model
