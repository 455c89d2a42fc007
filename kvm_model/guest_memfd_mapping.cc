#include "kvm_model/guest_memfd_mapping.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mmu_notifier.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"

namespace kvm_model {
namespace {

class GuestMemfdPin : public PagePin {
 public:
  GuestMemfdPin(std::shared_ptr<GuestMemfdInode> inode, PageIndex page)
      : inode_(std::move(inode)), page_(page), pin_(inode_->page_cache().Pin(page)) {}
  ~GuestMemfdPin() override { inode_->page_cache().Unpin(page_, pin_); }

 private:
  const std::shared_ptr<GuestMemfdInode> inode_;
  const PageIndex page_;
  const PageCache::PinId pin_;
};

}  // namespace

GuestMemfdMapping::GuestMemfdMapping(std::shared_ptr<GuestMemfdInode> inode, PageIndex first,
                                     std::uint64_t pages)
    : inode_(std::move(inode)), first_(first), pages_(pages), mapped_(pages), placed_(pages) {
  inode_->Attach(this);
}

GuestMemfdMapping::~GuestMemfdMapping() { inode_->Detach(this); }

Access GuestMemfdMapping::Fault(PageIndex file_page, const Trail& caller) {
  const bool was_mapped = IsMapped(file_page - first_);
  if (was_mapped && !inode_->page_cache().poisoned(file_page)) return {};
  const Trail trail = caller.In("kvm_gmem_fault_user_mapping");
  if (trail.If("the page lies past the end of the file", file_page >= inode_->pages(),
               {{"page", file_page}, {"pages", inode_->pages()}}))
    return Raise(Signal::kSIGBUS, trail);
  const bool by_page = inode_->kernel().host().revision().guest_memfd_attributes;
  if (by_page &&
      trail.If("the page is private", inode_->IsPrivate(file_page), {{"page", file_page}}))
    return Raise(Signal::kSIGBUS, trail);
  if (!by_page && trail.If("the file has no GUEST_MEMFD_FLAG_INIT_SHARED",
                           (inode_->flags() & uapi::kGuestMemfdFlagInitShared) == 0))
    return Raise(Signal::kSIGBUS, trail);
  if (trail.If("memory for the page is short", !inode_->page_cache().Use(file_page)))
    return Raise(Signal::kSIGBUS, trail);
  if (trail.If("the page is poisoned", inode_->page_cache().poisoned(file_page))) {
    trail.Note(Certainty::kInferred, "broken memory of a guest_memfd gives a signal as other does");
    return Raise(Signal::kSIGBUS, trail);
  }
  const WriterLock lock(page_table_lock_);
  mapped_.Insert({file_page - first_, file_page - first_ + 1});
  return {};
}

Access GuestMemfdMapping::Read(std::uint64_t offset, std::span<std::byte> bytes,
                               const Trail& trail) {
  const std::size_t in_page = offset & ((std::uint64_t{1} << inode_->page_shift()) - 1);
  const ReaderLock lock(inode_->invalidate_lock());
  if (const Access fault = Fault(FilePage(offset), trail); !fault) return fault;
  inode_->page_cache().Read(FilePage(offset), in_page, bytes);
  return {};
}

Access GuestMemfdMapping::Write(std::uint64_t offset, std::span<const std::byte> bytes,
                                const Trail& trail) {
  const std::size_t in_page = offset & ((std::uint64_t{1} << inode_->page_shift()) - 1);
  const ReaderLock lock(inode_->invalidate_lock());
  if (const Access fault = Fault(FilePage(offset), trail); !fault) return fault;
  const Result<> written = inode_->page_cache().Write(FilePage(offset), in_page, bytes);
  if (trail.If(kRoomForContentsIsShort, !written)) return Raise(Signal::kSIGBUS, trail);
  return {};
}

std::expected<std::unique_ptr<PagePin>, Signal> GuestMemfdMapping::Pin(std::uint64_t offset,
                                                                       const Trail& trail) {
  const ReaderLock lock(inode_->invalidate_lock());
  const Access fault = Fault(FilePage(offset), trail);
  if (!fault) return std::unexpected(fault.error());
  return std::make_unique<GuestMemfdPin>(inode_, FilePage(offset));
}

void GuestMemfdMapping::Unmap(PageRange pages) {
  const WriterLock lock(page_table_lock_);
  mapped_.Erase(pages);
}

std::vector<PageRange> GuestMemfdMapping::Mapped() const {
  const ReaderLock lock(page_table_lock_);
  return mapped_.Runs();
}

std::shared_ptr<Mapping> GuestMemfdMapping::Fork() const {
  return std::make_shared<GuestMemfdMapping>(inode_, first_, pages_);
}

bool GuestMemfdMapping::IsMapped(PageIndex page) const {
  const ReaderLock lock(page_table_lock_);
  return mapped_.Contains(page);
}

bool GuestMemfdMapping::Place(std::shared_ptr<MmuNotifiers> notifiers, std::uint64_t address,
                              PageRange pages) {
  const WriterLock lock(page_table_lock_);
  if (!placed_.Insert(pages)) return false;
  notifiers_ = std::move(notifiers);
  address_ = address;
  return true;
}

void GuestMemfdMapping::Displace(PageRange pages) {
  const WriterLock lock(page_table_lock_);
  if (placed_.ReserveErasure(pages)) placed_.Erase(pages);
}

bool GuestMemfdMapping::ZapFilePages(PageRange pages, const Trail& trail) {
  const PageRange hit = Intersection(pages, {first_, first_ + pages_});
  if (hit.empty()) return false;
  const PageRange zapped{hit.start - first_, hit.end - first_};
  const unsigned shift = inode_->page_shift();
  const WriterLock lock(page_table_lock_);
  mapped_.Erase(zapped);
  MmuNotifiers* const notifiers = notifiers_.get();
  const std::uint64_t address = address_;
  bool guests_lost = false;
  placed_.ForEachRun(zapped, [&](PageRange run) {
    guests_lost |=
        notifiers->Unmapped(address + (run.start << shift), address + (run.end << shift), trail);
  });
  return guests_lost;
}

}  // namespace kvm_model
