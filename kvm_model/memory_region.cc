#include "kvm_model/memory_region.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/dirty_log.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using Region = uapi::kvm_userspace_memory_region2;
using Change = MemoryRegionChange::Kind;
using uapi::Errno;
using uapi::kMemGuestMemfd;
using uapi::kMemLogDirtyPages;
using uapi::kMemReadonly;

// check_memory_region_flags().
bool FlagsAreValid(const Vm& vm, std::uint32_t flags, const Trail& trail) {
  const bool guest_memfd = (flags & kMemGuestMemfd) != 0;
  std::uint32_t valid = kMemLogDirtyPages;
  const Host& host = vm.host();
  if (host.facts().guest_memfd &&
      (host.revision().guest_memfd_for_every_vm || vm.has_private_mem())) {
    valid |= kMemGuestMemfd;
  }
  if (guest_memfd) valid &= ~kMemLogDirtyPages;
  const bool readonly_mem = host.arch().traits().has_readonly_mem && !vm.type().has_protected_state;
  if (readonly_mem && !guest_memfd) valid |= kMemReadonly;
  return !trail.If("flags & ~valid", (flags & ~valid) != 0, {{"flags", flags}, {"valid", valid}});
}

// access_ok() on the range, and no tag in the address.
bool UserRangeIsAccessible(const Vm& vm, std::uint64_t address, std::uint64_t size) {
  const std::uint64_t end = vm.host().arch().traits().user_address_end;
  return size <= end && address <= end - size;
}

// The checks that look at the arguments alone; they apply to deletions too.
std::optional<Errno> CheckArguments(const Vm& vm, const Region& region, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  const Host& host = vm.host();
  const std::uint64_t page_mask = host.page_size() - 1;
  const bool guest_memfd = (region.flags & kMemGuestMemfd) != 0;
  const std::uint32_t id = region.slot & 0xffff;
  const int address_space = static_cast<int>(region.slot >> 16);

  if (trail.If("slot id >= KVM_USER_MEM_SLOTS", id >= host.facts().user_mem_slots, {{"slot", id}}))
    return Errno::kEINVAL;
  if (!FlagsAreValid(vm, region.flags, trail)) return Errno::kEINVAL;
  if (trail.If("memory_size is not page aligned", (region.memory_size & page_mask) != 0,
               {{"memory_size", region.memory_size}}))
    return Errno::kEINVAL;
  if (trail.If("guest_phys_addr is not page aligned", (region.guest_phys_addr & page_mask) != 0,
               {{"guest_phys_addr", region.guest_phys_addr}}))
    return Errno::kEINVAL;
  if (trail.If("userspace_addr is not page aligned", (region.userspace_addr & page_mask) != 0,
               {{"userspace_addr", region.userspace_addr}}))
    return Errno::kEINVAL;
  if (trail.If("userspace_addr is tagged or no user range",
               !UserRangeIsAccessible(vm, region.userspace_addr, region.memory_size),
               {{"userspace_addr", region.userspace_addr}}))
    return Errno::kEINVAL;
  if (trail.If("guest_memfd_offset is not page aligned or wraps",
               guest_memfd &&
                   ((region.guest_memfd_offset & page_mask) != 0 ||
                    region.guest_memfd_offset + region.memory_size < region.guest_memfd_offset),
               {{"guest_memfd_offset", region.guest_memfd_offset}}))
    return Errno::kEINVAL;
  if (trail.If("address space >= the VM's address spaces",
               address_space >= vm.slots().address_spaces(),
               {{"address space", region.slot >> 16}}))
    return Errno::kEINVAL;
  if (trail.If("guest_phys_addr + memory_size wraps",
               region.guest_phys_addr + region.memory_size < region.guest_phys_addr))
    return Errno::kEINVAL;
  if (trail.If("more than KVM_MEM_MAX_NR_PAGES",
               (region.memory_size >> host.facts().page_shift) > uapi::kMemMaxNrPages))
    return Errno::kEINVAL;
  return std::nullopt;
}

// What the call does to the slot, or the errno when it can't be done. Nothing when the slot stays
// as it is.
Result<std::optional<Change>> KindOfChange(const Vm& vm, const Memslot* old, const Memslot& wanted,
                                           const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  const std::uint64_t npages = wanted.gfns.pages();
  if (npages == 0) {
    if (trail.If("a deletion of no slot", old == nullptr)) return trail.Fail(Errno::kEINVAL);
    return Change::kDelete;
  }
  if (old == nullptr) {
    if (trail.If("the VM's pages overflow", vm.slots().total_pages() + npages < npages))
      return trail.Fail(Errno::kEINVAL);
    return Change::kCreate;
  }
  if (trail.If("a guest_memfd slot exists already", (wanted.flags & kMemGuestMemfd) != 0))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("userspace_addr differs", wanted.userspace_addr != old->userspace_addr))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the size differs", npages != old->gfns.pages())) return trail.Fail(Errno::kEINVAL);
  if (trail.If("READONLY or GUEST_MEMFD differs",
               ((wanted.flags ^ old->flags) & (kMemReadonly | kMemGuestMemfd)) != 0))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("guest_phys_addr differs: a move", wanted.gfns.start != old->gfns.start)) {
    return Change::kMove;
  }
  if (trail.If("flags differ", wanted.flags != old->flags)) return Change::kFlagsOnly;
  return std::nullopt;
}

// kvm_gmem_bind(), before it binds: the slot's guest_memfd. Where the sum of offset and size is
// signed, it may wrap below the file's size; as unsigned numbers they didn't wrap, as was checked.
Result<std::shared_ptr<GuestMemfd>> FindGuestMemfd(const Vm& vm, const Region& region,
                                                   const FdTable& fds, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_bind");
  const Result<std::shared_ptr<File>> file = fds.Get(static_cast<int>(region.guest_memfd));
  if (trail.If("guest_memfd is not open", !file, {{"fd", region.guest_memfd}}))
    return trail.Fail(Errno::kEBADF);
  std::shared_ptr<GuestMemfd> guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(*file);
  if (trail.If("guest_memfd is another kind of file", guest_memfd == nullptr))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("guest_memfd is another VM's", &guest_memfd->vm() != &vm))
    return trail.Fail(Errno::kEINVAL);
  const std::uint64_t page_mask = vm.host().page_size() - 1;
  const Revision& revision = vm.host().revision();
  const auto offset = static_cast<std::int64_t>(region.guest_memfd_offset);
  const std::uint64_t end = region.guest_memfd_offset + region.memory_size;
  const std::uint64_t size = guest_memfd->inode().size();
  if (!revision.binds_last && trail.If("offset < 0 or not page aligned",
                                       offset < 0 || (region.guest_memfd_offset & page_mask) != 0))
    return trail.Fail(Errno::kEINVAL);
  if (revision.guest_memfd_bind_end_is_signed) {
    if (trail.If("offset + size > i_size, as signed numbers",
                 static_cast<std::int64_t>(end) > static_cast<std::int64_t>(size),
                 {{"end", end}, {"i_size", size}}))
      return trail.Fail(Errno::kEINVAL);
  } else if (trail.If("offset + size > i_size", end > size, {{"end", end}, {"i_size", size}})) {
    return trail.Fail(Errno::kEINVAL);
  }
  return guest_memfd;
}

// The part of kvm_prepare_memory_region() that decides where the slot's writes are logged.
Result<> PrepareDirtyBitmap(const Vm& vm, const Memslot* old, Memslot& slot, const Trail& trail) {
  if ((slot.flags & kMemLogDirtyPages) == 0) return {};
  if (old != nullptr && old->dirty_bitmap != nullptr) {
    slot.dirty_bitmap = old->dirty_bitmap;
    return {};
  }
  if (!trail.If("no dirty ring is in use, or one with a bitmap", vm.dirty_logging().UsesBitmap())) {
    return {};
  }
  if (trail.If("memory for the dirty bitmap is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  slot.dirty_bitmap = MakeDirtyBitmap(vm, slot.gfns.pages());
  return {};
}

// kvm_set_memslot() with the architecture's say: replaces `old` by `slot`, which it binds to
// `bound` unless that is null.
Result<> Commit(Vm& vm, Change change, const Memslot* old, std::shared_ptr<Memslot> slot,
                GuestMemfd* bound, const Trail& caller)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(vm.slots_lock()) {
  const Trail trail = caller.In("kvm_set_memslot");
  const bool moved = change == Change::kMove;
  const bool deleted = change == Change::kDelete;
  if (moved || deleted) {
    if (trail.If("memory for the slot's stand-in is short", !vm.kernel().allocations().Allocate()))
      return trail.Fail(Errno::kENOMEM);
    // Also where the architecture refuses the move afterwards.
    vm.ZapSlotStage2(*old, old->gfns, GfnFilter::kBoth,
                     moved ? InvalidationCause::kMemslotMoved : InvalidationCause::kMemslotDeleted,
                     trail);
  }
  if (!deleted) {
    if (const Result<> logged = PrepareDirtyBitmap(vm, old, *slot, trail); !logged) return logged;
  }
  const MemoryRegionChange wanted{change,      slot->gfns.start, slot->gfns.pages(),
                                  slot->flags, slot->gmem_only,  slot->userspace_addr};
  if (const Result<> prepared = vm.host().arch().PrepareMemoryRegion(vm, wanted, trail);
      !prepared) {
    return prepared;
  }
  if (bound != nullptr) {
    if (const Result<> done = bound->Bind(slot, trail); !done) return done;
  }
  if (deleted) {
    if (const std::shared_ptr<GuestMemfd> file = old->guest_memfd.lock()) file->Unbind(*old);
    slot = nullptr;
  }
  vm.ReplaceSlot(old, std::move(slot));
  return {};
}

}  // namespace

Result<> SetUserMemoryRegion(Vm& vm, const Region& region, const FdTable& fds,
                             const Trail& caller) {
  const Trail trail = caller.In("kvm_set_memory_region");
  // Outlives the lock: dropping the last reference to a file takes its invalidate lock.
  std::shared_ptr<GuestMemfd> guest_memfd;
  const WriterLock lock(vm.slots_lock());
  if (const std::optional<Errno> error = CheckArguments(vm, region, trail)) {
    return trail.Fail(*error);
  }

  const unsigned shift = vm.host().facts().page_shift;
  const PageIndex base_gfn = region.guest_phys_addr >> shift;
  auto slot = std::make_shared<Memslot>();
  slot->address_space = static_cast<int>(region.slot >> 16);
  slot->id = region.slot & 0xffff;
  slot->gfns = {base_gfn, base_gfn + (region.memory_size >> shift)};
  slot->flags = region.flags;
  slot->userspace_addr = region.userspace_addr;
  const std::shared_ptr<const Memslot> old = vm.slots().ById(slot->address_space, slot->id);

  const Result<std::optional<Change>> change = KindOfChange(vm, old.get(), *slot, trail);
  if (!change) return Failure(change.error());
  if (!change->has_value()) return {};
  if (**change == Change::kDelete) {
    return Commit(vm, Change::kDelete, old.get(), slot, nullptr, trail);
  }

  if (trail.If("the gfns overlap another slot",
               (**change == Change::kCreate || **change == Change::kMove) &&
                   vm.slots().Overlaps(slot->address_space, slot->gfns, slot->id)))
    return trail.Fail(Errno::kEEXIST);
  if (trail.If("memory for the slot is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  if (**change != Change::kCreate || (region.flags & kMemGuestMemfd) == 0) {
    return Commit(vm, **change, old.get(), slot, nullptr, trail);
  }

  Result<std::shared_ptr<GuestMemfd>> file = FindGuestMemfd(vm, region, fds, trail);
  if (!file) return Failure(file.error());
  guest_memfd = *std::move(file);
  slot->guest_memfd = guest_memfd;
  slot->gmem_pgoff = region.guest_memfd_offset >> shift;
  const Revision& revision = vm.host().revision();
  slot->gmem_only = (guest_memfd->inode().flags() & uapi::kGuestMemfdFlagMmap) != 0 ||
                    (revision.in_place_slots_are_gmem_only && InPlaceConversion(vm.host(), trail));
  absl::Cleanup unbind = [&guest_memfd, &slot] { guest_memfd->Unbind(*slot); };
  if (!revision.binds_last) {
    if (const Result<> bound = guest_memfd->Bind(slot, trail); !bound) return bound;
  }
  const Result<> committed = Commit(vm, Change::kCreate, nullptr, slot,
                                    revision.binds_last ? guest_memfd.get() : nullptr, trail);
  if (committed) std::move(unbind).Cancel();
  return committed;
}

}  // namespace kvm_model
