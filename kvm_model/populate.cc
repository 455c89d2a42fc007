#include "kvm_model/populate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "kvm_model/attribute_switch.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/reverse_map.h"
#include "kvm_model/revision.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Errno;

// kvm_gmem_range_is_private() (rfc-v4, patch 06), for one page.
bool PageIsPrivate(const Vm& vm, const GuestMemfdInode& inode, PageIndex page, PageIndex gfn,
                   const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock(), inode.invalidate_lock()) {
  if (InPlaceConversion(vm.host(), trail)) return inode.IsPrivate(page);
  return (vm.gfn_attributes().Get(gfn) & uapi::kMemoryAttributePrivate) != 0;
}

Result<> PopulatePage(const Vm& vm, GuestMemfdInode& inode, PageIndex page, PageIndex gfn,
                      std::span<const std::byte> bytes, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  if (trail.If("the page lies past the end of the file", page >= inode.pages(), {{"page", page}}))
    return trail.Fail(Errno::kEFAULT);
  const WriterLock lock(inode.invalidate_lock());
  PageCache& cache = inode.page_cache();
  if (trail.If("the page is poisoned", cache.poisoned(page), {{"page", page}}))
    return trail.Fail(Errno::kEHWPOISON);
  const bool clears_first = vm.host().revision().populates_in_place;
  const Result<> allocated = clears_first ? cache.Use(page) : cache.Allocate(page);
  if (trail.If("memory for the page is short", !allocated, {{"page", page}}))
    return trail.Fail(Errno::kENOMEM);
  if (vm.host().revision().guest_memfd_tracks_preparation &&
      trail.If("the page is prepared", cache.up_to_date(page), {{"page", page}}))
    return trail.Fail(Errno::kEEXIST);
  if (trail.If("the page is not private", !PageIsPrivate(vm, inode, page, gfn, trail),
               {{"page", page}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the page is the guest's in the reverse map", cache.assigned(page),
               {{"page", page}}))
    return trail.Fail(Errno::kEEXIST);
  if (!clears_first && trail.If(kProgramsMemoryIsShort, !cache.Use(page)))
    return trail.Fail(Errno::kENOMEM);
  if (trail.If(kRoomForContentsIsShort, !cache.Write(page, 0, bytes)))
    return trail.Fail(Errno::kENOMEM);
  return MakePrivate(vm, cache, page, trail);
}

// What the ioctl of the VM type's launch flow says to a source that isn't there.
Result<> CheckSource(const Vm& vm, bool has_source, const Trail& trail) {
  if (!trail.If("there is no source page", !has_source)) return {};
  if (vm.host().revision().populates_in_place) {
    if (InPlaceConversion(vm.host(), trail)) return {};
  } else if (!vm.type().has_reverse_map) {
    trail.Note(Certainty::kInferred, "that the launch flow fails is known, its errno is not");
  }
  return trail.Fail(Errno::kEINVAL);
}

}  // namespace

Result<std::int64_t> Populate(Vm& vm, PageIndex gfn, std::uint64_t pages,
                              std::optional<std::byte> source, const Trail& caller) try {
  const Trail trail = caller.In("kvm_gmem_populate");
  if (trail.If("the VM type has no launch flow", !vm.type().has_launch_flow,
               {{"vm type", vm.type().number}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("pages == 0, or more than a signed number holds",
               static_cast<std::int64_t>(pages) <= 0, {{"pages", pages}}))
    return trail.Fail(Errno::kEINVAL);
  if (const Result<> checked = CheckSource(vm, source.has_value(), trail); !checked) {
    return Failure(checked.error());
  }
  std::shared_ptr<GuestMemfd> file;  // outlives the lock
  const WriterLock lock(vm.slots_lock());
  const std::shared_ptr<const Memslot> slot = vm.slots().Containing(0, gfn);
  if (trail.If("no guest_memfd slot holds the gfn",
               slot == nullptr || (slot->flags & uapi::kMemGuestMemfd) == 0, {{"gfn", gfn}}))
    return trail.Fail(Errno::kEINVAL);
  file = slot->guest_memfd.lock();
  if (trail.If("the guest_memfd is closed", file == nullptr)) return trail.Fail(Errno::kEFAULT);

  const std::vector<std::byte> bytes(source ? vm.host().page_size() : 0,
                                     source.value_or(std::byte{0}));
  const std::uint64_t reachable = std::min(pages, slot->gfns.end - gfn);
  std::uint64_t done = 0;
  while (done < reachable) {
    const PageIndex page = slot->GmemIndex(gfn + done);
    if (trail.If("a signal is pending", vm.kernel().signals().Hit(), {{"page", page}})) {
      if (done == 0) return trail.Fail(Errno::kEINTR);
      break;
    }
    const Result<> populated = PopulatePage(vm, file->inode(), page, gfn + done, bytes, trail);
    if (!populated && done == 0) return Failure(populated.error());
    if (!populated) break;
    ++done;
  }
  return trail.Answer(static_cast<std::int64_t>(done));
} catch (const std::bad_alloc&) {
  caller.Effect(kProgramsMemoryIsShort);
  return caller.Fail(Errno::kENOMEM);
}

}  // namespace kvm_model
