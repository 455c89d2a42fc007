#include "kvm_model/dirty_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/dirty_bitmap.h"
#include "kvm_model/host.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr std::uint64_t kWordBytes = sizeof(std::uint64_t);

// The first checks of both ioctls.
Result<> CheckSlotNumber(const Vm& vm, std::uint32_t slot, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  if (trail.If("a dirty ring without bitmap is in use", !vm.dirty_logging().UsesBitmap()))
    return trail.Fail(Errno::kENXIO);
  if (trail.If("address space >= the VM's address spaces",
               (slot >> 16) >= static_cast<std::uint32_t>(vm.slots().address_spaces()),
               {{"address space", slot >> 16}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("slot id >= KVM_USER_MEM_SLOTS", (slot & 0xffff) >= vm.host().facts().user_mem_slots,
               {{"slot", slot & 0xffff}}))
    return trail.Fail(Errno::kEINVAL);
  return {};
}

Result<std::shared_ptr<DirtyBitmap>> FindBitmap(const Vm& vm, std::uint32_t slot,
                                                const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  const std::shared_ptr<const Memslot> found =
      vm.slots().ById(static_cast<int>(slot >> 16), slot & 0xffff);
  if (trail.If("there is no such slot", found == nullptr)) return trail.Fail(Errno::kENOENT);
  if (trail.If("the slot has no dirty bitmap", found->dirty_bitmap == nullptr))
    return trail.Fail(Errno::kENOENT);
  return found->dirty_bitmap;
}

Result<> CopyPiece(Mm& mm, std::uint64_t address, std::size_t piece,
                   const DirtyBitmap::Words& words) {
  const std::uint64_t offset = std::uint64_t{piece} * DirtyBitmap::kPieceWords * kWordBytes;
  return mm.CopyToUser(address + offset, std::as_bytes(std::span(words)));
}

// Memory for all of the bitmap's words: once it is there, taking them can't fail.
std::vector<DirtyBitmap::Words> RoomFor(const DirtyBitmap& bitmap) {
  std::vector<DirtyBitmap::Words> room(bitmap.piece_count());
  for (std::size_t piece = 0; piece < room.size(); ++piece) {
    room[piece].resize(bitmap.WordsIn(piece));
  }
  return room;
}

// Copies what the bitmap holds and leaves it there.
Result<> CopyBitmap(Mm& mm, std::uint64_t address, DirtyBitmap& bitmap) {
  for (std::size_t piece = 0; piece < bitmap.piece_count(); ++piece) {
    const Result<> copied = CopyPiece(mm, address, piece, bitmap.Read(piece));
    if (!copied) return copied;
  }
  return {};
}

// Clears the whole bitmap, then copies what it held.
Result<> TakeBitmap(Mm& mm, std::uint64_t address, DirtyBitmap& bitmap) {
  std::vector<DirtyBitmap::Words> taken = RoomFor(bitmap);
  for (std::size_t piece = 0; piece < taken.size(); ++piece) bitmap.Take(piece, taken[piece]);
  for (std::size_t piece = 0; piece < taken.size(); ++piece) {
    const Result<> copied = CopyPiece(mm, address, piece, taken[piece]);
    if (!copied) return copied;
  }
  return {};
}

}  // namespace

std::shared_ptr<DirtyBitmap> MakeDirtyBitmap(const Vm& vm, std::uint64_t pages) {
  const std::uint64_t manual = vm.dirty_logging().manual_protect.load();
  return std::make_shared<DirtyBitmap>(pages, (manual & uapi::kDirtyLogInitiallySet) != 0);
}

void PrepareToMarkPageDirty(const Memslot& slot, PageIndex gfn) {
  if (slot.dirty_bitmap != nullptr) slot.dirty_bitmap->Reserve(gfn - slot.gfns.start);
}

void MarkPageDirty(const Vm& vm, const Memslot& slot, PageIndex gfn) {
  if (slot.dirty_bitmap == nullptr || vm.dirty_logging().ring_bytes.load() != 0) return;
  slot.dirty_bitmap->Set(gfn - slot.gfns.start);
}

Result<> GetDirtyLog(Vm& vm, Mm& mm, const uapi::kvm_dirty_log& log, const Trail& caller) {
  const Trail trail = caller.In("kvm_vm_ioctl_get_dirty_log");
  if (const Result<> allowed = vm.host().arch().CheckDirtyLog(vm, trail); !allowed) return allowed;
  const WriterLock lock(vm.slots_lock());
  if (const Result<> checked = CheckSlotNumber(vm, log.slot, trail); !checked) return checked;
  const Result<std::shared_ptr<DirtyBitmap>> bitmap = FindBitmap(vm, log.slot, trail);
  if (!bitmap) return Failure(bitmap.error());

  const bool manual =
      trail.If("manual protection is enabled", vm.dirty_logging().manual_protect.load() != 0);
  const bool copy_first = !vm.host().facts().dirtylog_read_protect;
  std::vector<DirtyBitmap::Words> rest;
  if (copy_first) rest = RoomFor(**bitmap);
  const Result<> copied = manual || copy_first ? CopyBitmap(mm, log.dirty_bitmap, **bitmap)
                                               : TakeBitmap(mm, log.dirty_bitmap, **bitmap);
  if (trail.If("the bitmap can't be written", !copied)) return trail.Fail(copied.error());
  if (manual) return {};
  for (std::size_t piece = 0; piece < rest.size(); ++piece) (*bitmap)->Take(piece, rest[piece]);
  trail.Effect("what was told is cleared");
  return {};
}

Result<> ClearDirtyLog(Vm& vm, Mm& mm, const uapi::kvm_clear_dirty_log& log, const Trail& caller) {
  const Trail trail = caller.In("kvm_clear_dirty_log_protect");
  const WriterLock lock(vm.slots_lock());
  if (const Result<> checked = CheckSlotNumber(vm, log.slot, trail); !checked) return checked;
  if (trail.If("first_page & 63", (log.first_page & 63) != 0, {{"first_page", log.first_page}}))
    return trail.Fail(Errno::kEINVAL);
  const Result<std::shared_ptr<DirtyBitmap>> found = FindBitmap(vm, log.slot, trail);
  if (!found) return Failure(found.error());
  DirtyBitmap& bitmap = **found;
  if (trail.If("first_page > npages", log.first_page > bitmap.pages(),
               {{"first_page", log.first_page}, {"npages", bitmap.pages()}}))
    return trail.Fail(Errno::kEINVAL);
  const std::uint64_t left = bitmap.pages() - log.first_page;
  if (trail.If("num_pages > the pages that are left", log.num_pages > left,
               {{"num_pages", log.num_pages}, {"left", left}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("num_pages & 63, short of the slot's end",
               log.num_pages < left && (log.num_pages & 63) != 0, {{"num_pages", log.num_pages}}))
    return trail.Fail(Errno::kEINVAL);

  const std::uint64_t words = (std::uint64_t{log.num_pages} + 63) / 64;
  std::vector<std::pair<std::uint64_t, DirtyBitmap::Words>> masks;
  for (std::uint64_t word = 0; word < words; word += DirtyBitmap::kPieceWords) {
    DirtyBitmap::Words mask(
        static_cast<std::size_t>(std::min<std::uint64_t>(words - word, DirtyBitmap::kPieceWords)));
    const Result<> copied = mm.CopyFromUser(log.dirty_bitmap + word * kWordBytes,
                                            std::as_writable_bytes(std::span(mask)));
    if (trail.If("the bitmap can't be read", !copied)) return trail.Fail(copied.error());
    masks.emplace_back(word, std::move(mask));
  }
  bitmap.ReserveToClear(log.first_page / 64, words);
  for (const auto& [word, mask] : masks) bitmap.Clear(log.first_page / 64 + word, mask);
  trail.Effect("the pages are taken out of the dirty log",
               {{"first", log.first_page}, {"pages", log.num_pages}});
  return {};
}

}  // namespace kvm_model
