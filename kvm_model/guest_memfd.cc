#include "kvm_model/guest_memfd.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "kvm_model/allocations.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/guest_memfd_mapping.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/release_trail.h"
#include "kvm_model/result.h"
#include "kvm_model/supported.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {

using uapi::Errno;

Result<> GuestMemfd::CheckCreate(const Vm& vm, const uapi::kvm_create_guest_memfd& args,
                                 const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_create");
  const std::uint64_t supported =
      vm.host().facts().guest_memfd_flags ? SupportedGuestMemfdFlags(vm.host(), &vm, trail) : 0;
  const auto size = static_cast<std::int64_t>(args.size);
  if (trail.If("flags & ~supported", (args.flags & ~supported) != 0,
               {{"flags", args.flags}, {"supported", supported}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("size <= 0", size <= 0, {{"size", args.size}})) return trail.Fail(Errno::kEINVAL);
  if (trail.If("size is not page aligned", (args.size & (vm.host().page_size() - 1)) != 0,
               {{"size", args.size}}))
    return trail.Fail(Errno::kEINVAL);
  return {};
}

Result<std::shared_ptr<GuestMemfd>> GuestMemfd::Create(std::shared_ptr<Vm> vm,
                                                       const uapi::kvm_create_guest_memfd& args,
                                                       const Trail& caller) {
  const Trail trail = caller.In("__kvm_gmem_create");
  if (const Result<> allocated = AllocateEach(vm->kernel(),
                                              {{"memory for the guest_memfd is short"},
                                               {"memory for the inode is short"},
                                               {"memory for the tree of attributes is short",
                                                vm->host().revision().guest_memfd_attributes},
                                               {"memory for the file is short"}},
                                              trail);
      !allocated) {
    return Failure(allocated.error());
  }
  auto inode = std::make_shared<GuestMemfdInode>(vm->shared_kernel(), args.size, args.flags);
  auto file = std::make_shared<GuestMemfd>(std::move(vm), std::move(inode));
  file->SetStatusFlags(O_RDWR | kLargeFile);
  return file;
}

GuestMemfd::GuestMemfd(std::shared_ptr<Vm> vm, std::shared_ptr<GuestMemfdInode> inode)
    : vm_(std::move(vm)), inode_(std::move(inode)), random_(vm_->kernel().NewRandom()) {
  const WriterLock lock(inode_->invalidate_lock());
  inode_->Attach(static_cast<GuestInvalidation*>(this));
}

GuestMemfd::~GuestMemfd() {
  const Trail trail = ReleaseTrail::Current().In("kvm_gmem_release");
  const WriterLock lock(inode_->invalidate_lock());
  // A slot may reach past the file's end.
  InvalidateGuests({0, ~PageIndex{0}}, inode_->LostFilter(), InvalidationCause::kFileRelease,
                   trail);
  bindings_.clear();
  inode_->Detach(static_cast<GuestInvalidation*>(this));
}

void GuestMemfd::InvalidateGuests(PageRange pages, GfnFilter filter, InvalidationCause cause,
                                  const Trail& trail) {
  auto binding = bindings_.upper_bound(pages.start);
  if (binding != bindings_.begin()) --binding;
  for (; binding != bindings_.end() && binding->first < pages.end; ++binding) {
    const Memslot& slot = *binding->second;
    const PageRange bound{slot.gmem_pgoff, slot.gmem_pgoff + slot.gfns.pages()};
    const PageRange hit = Intersection(bound, pages);
    if (hit.empty()) continue;
    const PageIndex gfn = slot.gfns.start + (hit.start - bound.start);
    vm_->ZapSlotStage2(slot, {gfn, gfn + hit.pages()}, filter, cause, trail);
    // Bindings don't overlap.
    if (hit.end == pages.end) break;
  }
}

Result<> GuestMemfd::MemoryError(PageIndex page, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_error_folio");
  const WriterLock lock(inode_->invalidate_lock());
  if (trail.If("the page lies past the end of the file", page >= inode_->pages(), {{"page", page}}))
    return trail.Fail(Errno::kENOENT);
  const Result<> poisoned = inode_->page_cache().Poison(page);
  if (trail.If("the page is a hole", !poisoned, {{"page", page}}))
    return trail.Fail(poisoned.error());
  inode_->InvalidateGuests({page, page + 1}, InvalidationCause::kMemoryError, trail);
  return {};
}

Result<> GuestMemfd::Bind(const std::shared_ptr<Memslot>& slot, const Trail& trail) {
  const PageRange pages{slot->gmem_pgoff, slot->gmem_pgoff + slot->gfns.pages()};
  const WriterLock lock(inode_->invalidate_lock());
  auto next = bindings_.lower_bound(pages.start);
  bool bound = next != bindings_.end() && next->first < pages.end;
  if (next != bindings_.begin()) {
    const Memslot& previous = *std::prev(next)->second;
    bound |= previous.gmem_pgoff + previous.gfns.pages() > pages.start;
  }
  const bool last = vm_->host().revision().binds_last;
  if (trail.If("the range is bound already", bound))
    return trail.Fail(last ? Errno::kEEXIST : Errno::kEINVAL);
  if (trail.If("memory for the binding is short", !vm_->kernel().allocations().Allocate())) {
    if (last) return trail.Fail(Errno::kENOMEM);
    trail.Effect("the failure is ignored: the file doesn't know of the memslot");
    return {};
  }
  bindings_[pages.start] = slot;
  slot->is_bound = true;
  return {};
}

void GuestMemfd::Unbind(const Memslot& slot) {
  if (!slot.is_bound) return;
  const WriterLock lock(inode_->invalidate_lock());
  bindings_.erase(slot.gmem_pgoff);
}

FileStatus GuestMemfd::Status() const {
  return {.mode = S_IFREG | S_IRUSR | S_IWUSR,
          .size = inode_->size(),
          .block_size = vm_->host().page_size(),
          .blocks = 0,
          .links = 1};
}

Result<std::int64_t> GuestMemfd::Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) {
  const Trail trail = caller.trail.In("kvm_gmem_ioctl");
  const Host& host = vm_->host();
  const std::uint32_t set_attributes =
      uapi::Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), host.arch().traits().ioctl_encoding);
  const bool known = host.revision().guest_memfd_attributes && request == set_attributes;
  if (trail.If("the ioctl is not KVM_SET_MEMORY_ATTRIBUTES2", !known, {{"request", request}}))
    return trail.Fail(Errno::kENOTTY);
  if (!InPlaceConversion(host, trail)) return trail.Fail(Errno::kENOTTY);
  Result<uapi::kvm_memory_attributes2> args =
      caller.mm.CopyFromUser<uapi::kvm_memory_attributes2>(arg);
  if (trail.If("the argument can't be read", !args)) return trail.Fail(args.error());

  const ConversionResult converted = SetMemoryAttributes(*args, trail);
  if (converted) return trail.Answer(0);
  if (converted.error().error_offset.has_value()) {
    args->error_offset = *converted.error().error_offset;
    if (trail.If("the argument can't be written", !caller.mm.CopyToUser(arg, *args)))
      return trail.Fail(Errno::kEFAULT);
  }
  return Failure(converted.error().error);
}

Result<std::shared_ptr<Mapping>> GuestMemfd::Mmap(Caller& caller, const MmapRequest& request) {
  const Trail trail = caller.trail.In("kvm_gmem_mmap");
  if (trail.If("the file has no GUEST_MEMFD_FLAG_MMAP",
               (inode_->flags() & uapi::kGuestMemfdFlagMmap) == 0))
    return trail.Fail(Errno::kENODEV);
  if (trail.If("the mapping is not shared", !request.shared)) return trail.Fail(Errno::kEINVAL);
  const unsigned shift = inode_->page_shift();
  const std::uint64_t pages = (request.length + vm_->host().page_size() - 1) >> shift;
  return std::make_shared<GuestMemfdMapping>(inode_, request.offset >> shift, pages);
}

Result<> GuestMemfd::Fallocate(Caller& caller, int mode, std::uint64_t offset,
                               std::uint64_t length) {
  const Trail trail = caller.trail.In("kvm_gmem_fallocate");
  const std::uint64_t page_mask = vm_->host().page_size() - 1;
  const auto bits = static_cast<std::uint64_t>(mode);
  if (trail.If("mode lacks KEEP_SIZE", (mode & FALLOC_FL_KEEP_SIZE) == 0, {{"mode", bits}}))
    return trail.Fail(Errno::kEOPNOTSUPP);
  if (trail.If("mode & ~(KEEP_SIZE|PUNCH_HOLE)",
               (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) != 0, {{"mode", bits}}))
    return trail.Fail(Errno::kEOPNOTSUPP);
  if (trail.If("offset or length is not page aligned", ((offset | length) & page_mask) != 0,
               {{"offset", offset}, {"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  const unsigned shift = inode_->page_shift();
  const PageRange range{offset >> shift, (offset + length) >> shift};
  if (trail.If("mode has PUNCH_HOLE", (mode & FALLOC_FL_PUNCH_HOLE) != 0)) {
    return PunchHole(range, trail);
  }
  if (trail.If("offset + length > i_size", offset + length > inode_->size(),
               {{"end", offset + length}, {"i_size", inode_->size()}}))
    return trail.Fail(Errno::kEINVAL);
  return AllocatePages(range, trail);
}

Result<> GuestMemfd::PunchHole(PageRange range, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_punch_hole");
  const WriterLock lock(inode_->invalidate_lock());
  // Guests may have slots past the file's end; nobody else has anything there.
  inode_->InvalidateGuests(range, InvalidationCause::kPunchedHole, trail);
  const PageRange hole = Intersection(range, {0, inode_->pages()});
  if (hole.empty()) return {};
  inode_->UnmapFromHost(hole, trail);
  if (const Result<> truncated = inode_->page_cache().Truncate(hole); !truncated) {
    return trail.Fail(truncated.error());
  }
  trail.Effect("the range is a hole; its attributes stay",
               {{"start", hole.start}, {"end", hole.end}});
  return {};
}

Result<> GuestMemfd::AllocatePages(PageRange range, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_allocate");
  const ReaderLock lock(inode_->invalidate_lock());
  for (PageIndex page = range.start; page < range.end; ++page) {
    if (trail.If("a signal is pending", inode_->kernel().signals().Hit(), {{"page", page}}))
      return trail.Fail(Errno::kEINTR);
    const Result<> allocated = inode_->page_cache().Allocate(page);
    if (trail.If("memory for a page is short", !allocated, {{"page", page}}))
      return trail.Fail(allocated.error());
  }
  return {};
}

}  // namespace kvm_model
