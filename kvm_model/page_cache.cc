#include "kvm_model/page_cache.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "kvm_model/allocation_gate.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_set.h"
#include "kvm_model/result.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

std::optional<PageIndex> Lower(std::optional<PageIndex> a, std::optional<PageIndex> b) {
  return a.has_value() && b.has_value() ? std::min(*a, *b) : a.has_value() ? a : b;
}

}  // namespace

PageCache::PageCache(std::uint64_t pages, unsigned page_shift, AllocationGate* allocations)
    : page_shift_(page_shift),
      allocations_(allocations),
      resident_(pages),
      up_to_date_(pages),
      assigned_(pages) {
  const WriterLock lock(lock_);
  lru_batch_.reserve(kLruBatchPages);
}

Result<> PageCache::AllocateLocked(PageIndex page) {
  if (resident_.Contains(page)) return {};
  if (resident_pages_ == kMaxResidentPages || !allocations_->Allocate()) {
    return Failure(uapi::Errno::kENOMEM);
  }
  if (!resident_.Insert({page, page + 1})) return Failure(uapi::Errno::kENOMEM);
  ++resident_pages_;
  lru_batch_.push_back(page);
  if (lru_batch_.size() == kLruBatchPages) lru_batch_.clear();
  return {};
}

Result<> PageCache::Allocate(PageIndex page) {
  const WriterLock lock(lock_);
  return AllocateLocked(page);
}

Result<> PageCache::Use(PageIndex page) {
  {
    const ReaderLock lock(lock_);
    if (up_to_date_.Contains(page)) return {};
  }
  const WriterLock lock(lock_);
  if (const Result<> allocated = AllocateLocked(page); !allocated) return allocated;
  // The bytes of a page that is not up to date read as zero already: only pages in use are ever
  // written.
  if (!up_to_date_.Insert({page, page + 1})) return Failure(uapi::Errno::kENOMEM);
  return {};
}

void PageCache::Read(PageIndex page, std::size_t offset, std::span<std::byte> bytes) const {
  bytes_.Read((page << page_shift_) + offset, bytes);
}

Result<> PageCache::Write(PageIndex page, std::size_t offset, std::span<const std::byte> bytes) {
  if (!bytes_.Write((page << page_shift_) + offset, bytes)) return Failure(uapi::Errno::kENOMEM);
  return {};
}

PageRange PageCache::BeforePoison(PageRange range) const {
  const auto poison = poisoned_.lower_bound(range.start);
  if (poison == poisoned_.end() || *poison >= range.end) return range;
  return {range.start, *poison};
}

Result<> PageCache::Zero(PageRange range) {
  const ReaderLock lock(lock_);
  const PageRange reached = BeforePoison(range);
  up_to_date_.ForEachRun(reached, [this](PageRange run) {
    bytes_.Discard(run.start << page_shift_, run.pages() << page_shift_);
  });
  if (reached != range) return Failure(uapi::Errno::kEHWPOISON);
  return {};
}

Result<> PageCache::Scramble(PageRange range, std::mt19937_64& random) {
  const ReaderLock lock(lock_);
  const PageRange reached = BeforePoison(range);
  // Piece by piece from the stack: what can't fail in the kernel must not need memory here.
  std::array<std::byte, 1024> piece;
  bool written = true;
  up_to_date_.ForEachRun(reached, [&](PageRange run) {
    for (std::uint64_t at = run.start << page_shift_; at < run.end << page_shift_;
         at += piece.size()) {
      for (std::size_t word = 0; word < piece.size(); word += sizeof(std::uint64_t)) {
        const std::uint64_t bits = random();
        std::memcpy(piece.data() + word, &bits, sizeof(bits));
      }
      written &= bytes_.Write(at, piece);
    }
  });
  if (!written) return Failure(uapi::Errno::kENOMEM);
  if (reached != range) return Failure(uapi::Errno::kEHWPOISON);
  return {};
}

Result<> PageCache::Truncate(PageRange range) {
  const WriterLock lock(lock_);
  if (!resident_.ReserveErasure(range) || !up_to_date_.ReserveErasure(range) ||
      !assigned_.ReserveErasure(range)) {
    return Failure(uapi::Errno::kENOMEM);
  }
  up_to_date_.ForEachRun(range, [this](PageRange run) {
    bytes_.Discard(run.start << page_shift_, run.pages() << page_shift_);
  });
  resident_pages_ -= resident_.CountIn(range);
  resident_.Erase(range);
  up_to_date_.Erase(range);
  assigned_.Erase(range);
  pins_.erase(pins_.lower_bound({range.start, 0}), pins_.lower_bound({range.end, 0}));
  poisoned_.erase(poisoned_.lower_bound(range.start), poisoned_.lower_bound(range.end));
  std::erase_if(lru_batch_, [range](PageIndex page) { return range.contains(page); });
  return {};
}

PageCache::PinId PageCache::Pin(PageIndex page) {
  const WriterLock lock(lock_);
  const PinId pin = next_pin_++;
  pins_.insert({page, pin});
  return pin;
}

void PageCache::Unpin(PageIndex page, PinId pin) {
  const WriterLock lock(lock_);
  pins_.erase({page, pin});
}

Result<> PageCache::Poison(PageIndex page) {
  const WriterLock lock(lock_);
  if (!resident_.Contains(page)) return Failure(uapi::Errno::kENOENT);
  poisoned_.insert(page);
  return {};
}

std::optional<PageIndex> PageCache::FirstInLruBatch(PageRange range) const {
  std::optional<PageIndex> first;
  for (const PageIndex page : lru_batch_) {
    if (range.contains(page)) first = Lower(first, page);
  }
  return first;
}

bool PageCache::assigned(PageIndex page) const {
  const ReaderLock lock(lock_);
  return assigned_.Contains(page);
}

bool PageCache::Assign(PageIndex page) {
  const WriterLock lock(lock_);
  return assigned_.Insert({page, page + 1});
}

bool PageCache::TakeBack(PageRange range) {
  const WriterLock lock(lock_);
  if (assigned_.Disjoint(range)) return false;
  assigned_.Erase(range);
  return true;
}

PageCache::BusyCheck PageCache::FirstBusy(PageRange range, bool in_stages) {
  const WriterLock lock(lock_);
  std::optional<PageIndex> pinned;
  if (const auto pin = pins_.lower_bound({range.start, 0});
      pin != pins_.end() && pin->first < range.end) {
    pinned = pin->first;
  }
  // A page that a memory error keeps is referenced, but not pinned.
  std::optional<PageIndex> referenced;
  if (const auto poison = poisoned_.lower_bound(range.start);
      poison != poisoned_.end() && *poison < range.end) {
    referenced = *poison;
  }
  const std::optional<PageIndex> busy = Lower(pinned, referenced);
  const std::optional<PageIndex> batched = FirstInLruBatch(range);

  Drained drained = Drained::kNone;
  if (!in_stages) {
    // The first page that looks busy, for whatever reason, has the batches drained.
    if (Lower(busy, batched).has_value()) drained = Drained::kAllCpus;
  } else {
    // Whether the search comes to the page before it ends at a pinned one.
    const auto reached = [&pinned](std::optional<PageIndex> page) {
      return page.has_value() && (!pinned.has_value() || *page < *pinned);
    };
    // The one batch here is this CPU's: it keeps no page from being safe after the first stage.
    if (reached(batched)) drained = Drained::kThisCpu;
    if (reached(referenced)) drained = Drained::kAllCpus;
  }
  if (drained != Drained::kNone) lru_batch_.clear();
  return {busy, busy.has_value() && busy != pinned, drained};
}

bool PageCache::resident(PageIndex page) const {
  const ReaderLock lock(lock_);
  return resident_.Contains(page);
}

bool PageCache::up_to_date(PageIndex page) const {
  const ReaderLock lock(lock_);
  return up_to_date_.Contains(page);
}

std::vector<PageIndex> PageCache::PinnedPages() const {
  const ReaderLock lock(lock_);
  std::vector<PageIndex> pages;
  for (const auto& [page, pin] : pins_) pages.push_back(page);
  return pages;
}

std::vector<PageIndex> PageCache::PoisonedPages() const {
  const ReaderLock lock(lock_);
  return {poisoned_.begin(), poisoned_.end()};
}

bool PageCache::poisoned(PageIndex page) const {
  const ReaderLock lock(lock_);
  return poisoned_.contains(page);
}

std::uint64_t PageCache::ResidentIn(PageRange range) const {
  const ReaderLock lock(lock_);
  return resident_.CountIn(range);
}

std::uint64_t PageCache::resident_pages() const {
  const ReaderLock lock(lock_);
  return resident_pages_;
}

std::vector<PageRange> PageCache::ResidentRuns() const {
  const ReaderLock lock(lock_);
  return resident_.Runs();
}

}  // namespace kvm_model
