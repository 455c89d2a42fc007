#include "kvm_model/memory_attributes.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/supported.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

// The attributes of the file's page, where nothing keeps them as they are: callers revalidate.
Attributes LookUp(const GuestMemfdInode& inode, PageIndex page, bool under_rcu) {
  if (under_rcu) return inode.AttributesUnderRcu(page);
  const ReaderLock lock(inode.invalidate_lock());
  return inode.AttributesOf(page);
}

// kvm_gmem_get_memory_attributes() (rfc-v4, patch 05; next-20260923).
Attributes GuestMemfdAttributes(const Vm& vm, PageIndex gfn, const Trail& caller)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  const Trail trail = caller.In("kvm_gmem_get_memory_attributes");
  const std::shared_ptr<const Memslot> slot = vm.slots().Containing(0, gfn);
  if (trail.If("the gfn has no memslot", slot == nullptr, {{"gfn", gfn}})) return 0;
  const std::shared_ptr<GuestMemfd> file = slot->guest_memfd.lock();
  if (trail.If("the memslot has no open guest_memfd", file == nullptr)) return 0;
  const Attributes attributes =
      LookUp(file->inode(), slot->GmemIndex(gfn), vm.host().revision().gfn_lookup_under_rcu);
  return static_cast<Attributes>(trail.Answer(static_cast<std::int64_t>(attributes)));
}

}  // namespace

Attributes GfnAttributes(const Vm& vm, PageIndex gfn, const Trail& caller) {
  const Trail trail = caller.In("kvm_get_memory_attributes");
  const Host& host = vm.host();
  if (InPlaceConversion(host, trail)) {
    if (!trail.If("CONFIG_KVM_GUEST_MEMFD", host.facts().guest_memfd)) return 0;
    return GuestMemfdAttributes(vm, gfn, trail);
  }
  if (!trail.If(host.revision().vm_attributes_symbol, host.facts().vm_memory_attributes_config)) {
    return 0;
  }
  return vm.gfn_attributes().Get(gfn);
}

bool GfnIsPrivate(const Vm& vm, PageIndex gfn, const Trail& trail) {
  return (GfnAttributes(vm, gfn, trail) & uapi::kMemoryAttributePrivate) != 0;
}

Result<> SetVmMemoryAttributes(Vm& vm, const uapi::kvm_memory_attributes2& args,
                               const Trail& caller) {
  const Trail trail = caller.In("kvm_vm_ioctl_set_mem_attributes");
  const Host& host = vm.host();
  const std::uint64_t page_mask = host.page_size() - 1;
  const std::uint64_t end = args.address + args.size;

  if (trail.If("flags != 0", args.flags != 0, {{"flags", args.flags}}))
    return trail.Fail(Errno::kEINVAL);
  const bool others_track =
      !host.revision().vm_ioctl_follows_the_switch && InPlaceConversion(host, trail);
  const Attributes supported = others_track ? 0 : SupportedMemAttributes(host, &vm, trail);
  if (trail.If("attributes & ~supported", (args.attributes & ~supported) != 0,
               {{"attributes", args.attributes}, {"supported", supported}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("size == 0", args.size == 0)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("address + size wraps", end < args.address,
               {{"address", args.address}, {"size", args.size}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("address is not page aligned", (args.address & page_mask) != 0,
               {{"address", args.address}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("size is not page aligned", (args.size & page_mask) != 0, {{"size", args.size}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("error_offset != 0", args.error_offset != 0)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("any of reserved[] != 0", AnyReservedSet(args))) return trail.Fail(Errno::kEINVAL);

  const unsigned shift = host.facts().page_shift;
  const PageRange gfns{args.address >> shift, end >> shift};
  const WriterLock lock(vm.slots_lock());
  AttributeMap& attributes = vm.mutable_gfn_attributes();
  if (trail.If("the whole range has these attributes already",
               attributes.RangeHas(gfns, args.attributes))) {
    return {};
  }
  const bool reserves = host.revision().clearing_needs_memory || args.attributes != 0;
  if (reserves &&
      trail.If("memory for the entries is short", !vm.kernel().allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  Result<AttributeMap::PreparedStore> store = attributes.Prepare(gfns, args.attributes);
  if (!store) return trail.Fail(store.error());
  // kvm_arch_pre_set_memory_attributes(): what is as it shall be stays mapped.
  const bool to_private = (args.attributes & uapi::kMemoryAttributePrivate) != 0;
  const GfnFilter filter = to_private ? GfnFilter::kShared : GfnFilter::kPrivate;
  vm.slots().ForEachIn(gfns, [&](const Memslot&, PageRange zapped) {
    vm.ZapStage2(zapped, filter, InvalidationCause::kAttributesChanged, trail);
  });
  attributes.Commit(*std::move(store));
  attributes.Trim();
  trail.Effect("the gfns have their new attributes",
               {{"start", gfns.start}, {"end", gfns.end}, {"attributes", args.attributes}});
  return {};
}

}  // namespace kvm_model
