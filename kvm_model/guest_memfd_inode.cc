#include "kvm_model/guest_memfd_inode.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"

namespace kvm_model {

GuestMemfdInode::GuestMemfdInode(std::shared_ptr<Kernel> kernel, std::uint64_t size,
                                 std::uint64_t flags)
    : kernel_(std::move(kernel)),
      page_shift_(kernel_->host().facts().page_shift),
      size_(size),
      flags_(flags),
      attributes_(size >> page_shift_, initial_attributes()),
      page_cache_(size >> page_shift_, page_shift_, &kernel_->allocations()) {}

Attributes GuestMemfdInode::initial_attributes() const {
  return (flags_ & uapi::kGuestMemfdFlagInitShared) != 0 ? 0 : uapi::kMemoryAttributePrivate;
}

bool GuestMemfdInode::IsPrivate(PageIndex page) const {
  return (AttributesOf(page) & uapi::kMemoryAttributePrivate) != 0;
}

void GuestMemfdInode::Attach(HostPageTable* table) {
  MutexLock lock(page_tables_lock_);
  page_tables_.push_back(table);
}

void GuestMemfdInode::Detach(HostPageTable* table) {
  MutexLock lock(page_tables_lock_);
  std::erase(page_tables_, table);
}

bool GuestMemfdInode::UnmapFromHost(PageRange pages, const Trail& trail) {
  trail.Effect("the range is unmapped from every process",
               {{"start", pages.start}, {"end", pages.end}});
  MutexLock lock(page_tables_lock_);
  bool guests_lost = false;
  for (HostPageTable* table : page_tables_) guests_lost |= table->ZapFilePages(pages, trail);
  return guests_lost;
}

void GuestMemfdInode::Attach(GuestInvalidation* file) { files_.push_back(file); }

void GuestMemfdInode::Detach(GuestInvalidation* file) { std::erase(files_, file); }

void GuestMemfdInode::InvalidateGuests(PageRange pages, InvalidationCause cause,
                                       const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_invalidate_begin");
  const GfnFilter filter = LostFilter();
  for (GuestInvalidation* file : files_) file->InvalidateGuests(pages, filter, cause, trail);
}

GfnFilter GuestMemfdInode::LostFilter() const {
  const Host& host = kernel_->host();
  const LostKind lost = host.revision().lost_kind;
  if (lost == LostKind::kBoth) return GfnFilter::kBoth;
  if (lost == LostKind::kBothWhenInPlace && host.facts().in_place_conversion) {
    return GfnFilter::kBoth;
  }
  return initial_attributes() == 0 ? GfnFilter::kShared : GfnFilter::kPrivate;
}

void GuestMemfdInode::BeginConversion(PageRange pages, GfnFilter filter, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_invalidate_begin");
  for (GuestInvalidation* file : files_) {
    file->HoldFaults();
    file->InvalidateGuests(pages, filter, InvalidationCause::kConversion, trail);
  }
}

void GuestMemfdInode::EndConversion() {
  for (GuestInvalidation* file : files_) file->ReleaseFaults();
}

}  // namespace kvm_model
