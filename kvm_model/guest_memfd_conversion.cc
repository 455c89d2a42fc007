// KVM_SET_MEMORY_ATTRIBUTES2 on a guest_memfd: the conversion of a range between shared and
// private.
//
// The order of the checks and of the steps is the kernel's (rfc-v4, patches 10, 11 and 13;
// next-20260923). Up to and including the search for pages in use a failing call changes no
// attribute and no byte; after it nothing can fail.
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>

#include "kvm_model/arch.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/page_contents.h"
#include "kvm_model/result.h"
#include "kvm_model/reverse_map.h"
#include "kvm_model/revision.h"
#include "kvm_model/shortage.h"
#include "kvm_model/supported.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;
using uapi::kSetMemoryAttributes2ModeUnspecified;
using uapi::kSetMemoryAttributes2Preserve;
using uapi::kSetMemoryAttributes2Zero;

std::optional<Errno> CheckFlags(const Revision& revision, const uapi::kvm_memory_attributes2& args,
                                const Trail& trail) {
  const std::uint64_t modes = kSetMemoryAttributes2Zero | kSetMemoryAttributes2Preserve;
  if (!revision.content_modes()) {
    if (trail.If("flags != 0", args.flags != 0, {{"flags", args.flags}})) return Errno::kEINVAL;
  } else {
    if (trail.If("flags & ~(ZERO|PRESERVE)", (args.flags & ~modes) != 0, {{"flags", args.flags}}))
      return Errno::kEINVAL;
    if (trail.If("flags has ZERO and PRESERVE", (args.flags & modes) == modes))
      return Errno::kEINVAL;
  }
  if (revision.error_offset_must_be_zero &&
      trail.If("error_offset != 0", args.error_offset != 0, {{"error_offset", args.error_offset}}))
    return Errno::kEINVAL;
  if (trail.If("any of reserved[] != 0", AnyReservedSet(args))) return Errno::kEINVAL;
  return std::nullopt;
}

std::optional<Errno> CheckRange(const GuestMemfdInode& inode, std::uint64_t offset,
                                std::uint64_t size, const Trail& trail) {
  const std::uint64_t page_mask = (std::uint64_t{1} << inode.page_shift()) - 1;
  const std::uint64_t end = offset + size;
  if (trail.If("size == 0", size == 0)) return Errno::kEINVAL;
  if (trail.If("offset + size wraps", end < offset, {{"offset", offset}, {"size", size}}))
    return Errno::kEINVAL;
  if (trail.If("offset is not page aligned", (offset & page_mask) != 0, {{"offset", offset}}))
    return Errno::kEINVAL;
  if (trail.If("size is not page aligned", (size & page_mask) != 0, {{"size", size}}))
    return Errno::kEINVAL;
  if (trail.If("offset >= i_size", offset >= inode.size(),
               {{"offset", offset}, {"i_size", inode.size()}}))
    return Errno::kEINVAL;
  if (trail.If("offset + size > i_size", end > inode.size(),
               {{"end", end}, {"i_size", inode.size()}}))
    return Errno::kEINVAL;
  return std::nullopt;
}

// Takes the range from every process, and tells the lowest page that somebody still refers to.
std::optional<PageIndex> UnmapAndFindBusy(GuestMemfdInode& inode, PageRange range, bool in_stages,
                                          const Trail& trail)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(inode.invalidate_lock()) {
  const bool guests_lost = inode.UnmapFromHost(range, trail);
  const PageCache::BusyCheck busy = inode.page_cache().FirstBusy(range, in_stages);
  if (busy.drained == PageCache::Drained::kThisCpu)
    trail.Effect("lru_add_drain(): this CPU's batches let go of their pages");
  if (busy.drained == PageCache::Drained::kAllCpus)
    trail.Effect("lru_add_drain_all(): the batches let go of their pages");
  if (!trail.If("a page has unexpected references", busy.first_busy.has_value(),
                {{"first page", busy.first_busy.value_or(0)}}))
    return std::nullopt;
  if (busy.by_memory_error)
    trail.Note(Certainty::kInferred, "what handled the page's memory error still refers to it");
  if (guests_lost) {
    trail.Note(Certainty::kInferred,
               "a guest that has the mapping behind a memslot lost the range all the same");
  }
  return busy.first_busy;
}

}  // namespace

std::optional<Errno> GuestMemfd::CheckConversion(const uapi::kvm_memory_attributes2& args,
                                                 const Trail& trail) const {
  if (const std::optional<Errno> error = CheckFlags(vm_->host().revision(), args, trail))
    return error;
  const Attributes supported = SupportedMemAttributes(vm_->host(), vm_.get(), trail);
  if (vm_->host().revision().conversion_needs_private_memory &&
      trail.If("the VM has no private memory", supported == 0, {{"vm type", vm_->type().number}}))
    return Errno::kEINVAL;
  if (trail.If("attributes & ~supported", (args.attributes & ~supported) != 0,
               {{"attributes", args.attributes}, {"supported", supported}}))
    return Errno::kEINVAL;
  return CheckRange(*inode_, args.offset, args.size, trail);
}

ConversionResult GuestMemfd::SetMemoryAttributes(const uapi::kvm_memory_attributes2& args,
                                                 const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_set_attributes");
  if (const std::optional<Errno> error = CheckConversion(args, trail)) {
    return std::unexpected(ConversionError{trail.Fail(*error).error(), std::nullopt});
  }
  const unsigned shift = inode_->page_shift();
  const PageRange range{args.offset >> shift, (args.offset + args.size) >> shift};
  return Convert(range, args.attributes, args.flags, trail);
}

ConversionResult GuestMemfd::Convert(PageRange range, std::uint64_t attributes, std::uint64_t mode,
                                     const Trail& caller) {
  const Trail trail = caller.In("__kvm_gmem_set_attributes");
  const bool to_private = (attributes & uapi::kMemoryAttributePrivate) != 0;
  const Revision& revision = vm_->host().revision();
  const bool has_modes = revision.content_modes();
  const auto fail = [&](Errno error, PageIndex at) {
    return std::unexpected(ConversionError{trail.Fail(error).error(), at << inode_->page_shift()});
  };

  // No guest is left in the middle of an access that the old attributes allowed.
  const WriterLock outside(inode_->outside_access_lock());
  const WriterLock lock(inode_->invalidate_lock());
  if (has_modes && !SupportsContentMode(mode, to_private, trail)) {
    return fail(Errno::kEOPNOTSUPP, range.start);
  }

  if (trail.If("the whole range has these attributes already",
               inode_->attributes().RangeHas(range, attributes))) {
    if (has_modes) ApplyContentMode(mode, range, trail);
    trail.Answer(0);
    return {};
  }

  if (trail.If("memory for the tree's nodes is short",
               !inode_->kernel().allocations().Allocate())) {
    return fail(Errno::kENOMEM, range.start);
  }
  Result<AttributeMap::PreparedStore> store = inode_->attributes().Prepare(range, attributes);
  if (!store) return fail(store.error(), range.start);

  if (to_private) {
    if (const std::optional<PageIndex> busy =
            UnmapAndFindBusy(*inode_, range, revision.drains_in_stages, trail)) {
      return fail(Errno::kEAGAIN, *busy);
    }
  }

  // From here on nothing can fail.
  const GfnFilter other_kind = to_private ? GfnFilter::kShared : GfnFilter::kPrivate;
  inode_->BeginConversion(
      range, revision.conversion_zaps_other_kind ? other_kind : GfnFilter::kBoth, trail);
  if (!to_private) MakeShared(*vm_, inode_->page_cache(), range, trail);
  if (has_modes) ApplyContentMode(mode, range, trail);
  inode_->attributes().Commit(*std::move(store));
  inode_->EndConversion();
  inode_->attributes().Trim();
  trail.Effect("the range has its new attributes",
               {{"start", range.start}, {"end", range.end}, {"attributes", attributes}});
  trail.Answer(0);
  return {};
}

bool GuestMemfd::SupportsContentMode(std::uint64_t mode, bool to_private,
                                     const Trail& caller) const {
  const Trail trail = caller.In("kvm_gmem_supports_content_mode");
  if (trail.If("mode == UNSPECIFIED", mode == kSetMemoryAttributes2ModeUnspecified)) return true;
  if (trail.If("mode == ZERO, to private", mode == kSetMemoryAttributes2Zero && to_private)) {
    return false;
  }
  const std::uint64_t supported = vm_->host().arch().content_modes().supported(*vm_);
  return trail.If("kvm_arch_gmem_supported_content_modes(kvm) & mode", (supported & mode) != 0,
                  {{"supported", supported}, {"mode", mode}, {"vm type", vm_->type().number}});
}

void GuestMemfd::ApplyContentMode(std::uint64_t mode, PageRange range, const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_apply_content_mode");
  const ContentModeHooks& hooks = vm_->host().arch().content_modes();
  PageContents contents(inode_->page_cache(), random_);
  const auto hook = mode == kSetMemoryAttributes2Zero       ? hooks.apply_zero
                    : mode == kSetMemoryAttributes2Preserve ? hooks.apply_preserve
                                                            : hooks.apply_unspecified;
  const Result<> applied = hook(*vm_, contents, range, trail);
  if (!applied && applied.error() == Errno::kENOMEM) trail.Effect(kRoomForContentsIsShort);
  // The kernel warns and goes on: the conversion succeeds all the same.
  if (!applied) trail.Effect("WARN: the content mode was not applied to the whole range");
}

}  // namespace kvm_model
