#include "kvm_model/guest_fault.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <variant>

#include "kvm_model/arch.h"
#include "kvm_model/dirty_log.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/memory_attributes.h"
#include "kvm_model/memslot.h"
#include "kvm_model/mm.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/result.h"
#include "kvm_model/reverse_map.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

using uapi::Errno;

// A bound of the model's own, so that a hostile range ends: the call says how far it came.
constexpr std::uint64_t kMostPreFaultedPages = std::uint64_t{1} << 22;

// One fault, as it goes from function to function.
struct Fault {
  std::uint64_t gpa = 0;
  PageIndex gfn = 0;
  bool is_private = false;
  bool is_write = false;
  // What is written, or where the byte that was read goes. Null: the page is only brought in.
  std::byte* value = nullptr;
  // Vm::invalidate_seq() from before anything was looked at.
  std::uint64_t seq = 0;
};

// RET_PF_RETRY: an invalidation came between, nothing was done yet.
struct Retry {};

// Done, or how it ended otherwise.
using FaultResult = std::variant<std::monostate, MmioExit, MemoryFaultExit, Errno, Retry>;

FaultResult MemoryFault(const Vm& vm, const Fault& fault, Errno error, const Trail& trail) {
  const std::uint64_t flags = fault.is_private ? uapi::kMemoryExitFlagPrivate : 0;
  trail.Effect("exit KVM_EXIT_MEMORY_FAULT", {{"gpa", fault.gfn << vm.host().facts().page_shift},
                                              {"size", vm.host().page_size()},
                                              {"flags", flags}});
  (void)trail.Fail(error);
  return MemoryFaultExit{fault.gfn << vm.host().facts().page_shift, vm.host().page_size(), flags,
                         error};
}

bool MeansPrivate(const Vm& vm, PageIndex gfn, GuestAddressing addressing, const Trail& trail)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  if (!vm.host().arch().traits().guest_fault_checks_privacy) return false;
  switch (addressing) {
    case GuestAddressing::kShared:
      return false;
    case GuestAddressing::kPrivate:
      return true;
    case GuestAddressing::kAuto:
      break;
  }
  if (vm.type().privacy_follows_attributes) return GfnIsPrivate(vm, gfn, trail);
  return vm.type().guest_addresses_privately;
}

// kvm_mmu_faultin_pfn_gmem() with kvm_gmem_get_pfn(): the page comes from the guest_memfd, whatever
// its attributes.
FaultResult FaultFromGuestMemfd(Vm& vm, const Memslot& slot, const Fault& fault,
                                const Trail& caller) {
  const Trail trail = caller.In("kvm_gmem_get_pfn");
  const std::shared_ptr<GuestMemfd> file = slot.guest_memfd.lock();
  if (trail.If("the slot has no open guest_memfd", file == nullptr))
    return MemoryFault(vm, fault, Errno::kEFAULT, trail);
  GuestMemfdInode& inode = file->inode();
  const PageIndex page = slot.GmemIndex(fault.gfn);
  // While it is held nobody takes the page, or its attributes, away.
  const ReaderLock lock(inode.invalidate_lock());
  if (vm.InvalidatedSince(fault.seq)) return Retry{};
  if (trail.If("the file doesn't know of the memslot", !slot.is_bound)) {
    trail.Note(Certainty::kInferred, "what a memslot that the file didn't store comes to");
    return MemoryFault(vm, fault, Errno::kEIO, trail);
  }
  if (trail.If("the page lies past the end of the file", page >= inode.pages())) {
    trail.Note(Certainty::kInferred, "a slot that reaches past its file has no page there");
    return MemoryFault(vm, fault, Errno::kEFAULT, trail);
  }
  if (trail.If("the page is poisoned", inode.page_cache().poisoned(page), {{"page", page}}))
    return MemoryFault(vm, fault, Errno::kEHWPOISON, trail);
  const Result<> used = inode.page_cache().Use(page);
  if (trail.If("memory for the page is short", !used, {{"page", page}}))
    return MemoryFault(vm, fault, used.error(), trail);
  if (vm.type().has_reverse_map && inode.IsPrivate(page)) {
    const Result<> prepared = MakePrivate(vm, inode.page_cache(), page, trail);
    if (!prepared) return MemoryFault(vm, fault, prepared.error(), trail);
  }
  if (!vm.MapStage2(fault.gfn, fault.is_private, fault.seq)) return Retry{};
  if (fault.value != nullptr) {
    const std::size_t in_page = fault.gpa & (vm.host().page_size() - 1);
    const std::span<std::byte> byte(fault.value, 1);
    if (!fault.is_write) {
      inode.page_cache().Read(page, in_page, byte);
    } else {
      const Result<> written = inode.page_cache().Write(page, in_page, byte);
      if (trail.If(kRoomForContentsIsShort, !written))
        return MemoryFault(vm, fault, written.error(), trail);
    }
  }
  return {};
}

FaultResult AccessUserMemory(Vm& vm, const Memslot& slot, const Fault& fault, const Trail& caller) {
  const Trail trail = caller.In("kvm_faultin_pfn");
  if (trail.If("a write to a read-only slot",
               fault.is_write && (slot.flags & uapi::kMemReadonly) != 0)) {
    return MmioExit{fault.gpa, true};
  }
  const std::uint64_t offset = fault.gpa - (slot.gfns.start << vm.host().facts().page_shift);
  const std::uint64_t address = slot.userspace_addr + offset;
  if (fault.is_write) PrepareToMarkPageDirty(slot, fault.gfn);
  std::byte ignored{};
  const std::span<std::byte> byte(fault.value != nullptr ? fault.value : &ignored, 1);
  const Trail user = trail.In("hva_to_pfn");
  const bool accessible = fault.is_write && fault.value != nullptr
                              ? vm.mm().Write(address, byte, user).has_value()
                              : vm.mm().Read(address, byte, user).has_value();
  if (trail.If("the user page can't be had", !accessible, {{"hva", address}})) {
    (void)trail.Fail(Errno::kEFAULT);
    return Errno::kEFAULT;
  }
  if (fault.is_write) MarkPageDirty(vm, slot, fault.gfn);
  // The access is made already: a page that an invalidation took away meanwhile stays unmapped.
  (void)vm.MapStage2(fault.gfn, fault.is_private, fault.seq);
  return {};
}

// The page comes from the memory that the VM's process has at the slot's userspace_addr.
FaultResult FaultFromUserMemory(Vm& vm, const Memslot& slot, const Fault& fault,
                                const Trail& trail) {
  const std::shared_ptr<GuestMemfd> file = slot.guest_memfd.lock();
  if (file == nullptr) return AccessUserMemory(vm, slot, fault, trail);
  const ReaderLock lock(file->inode().outside_access_lock());
  if (vm.InvalidatedSince(fault.seq)) return Retry{};
  return AccessUserMemory(vm, slot, fault, trail);
}

FaultResult HandleFault(Vm& vm, const Fault& fault, const Trail& caller)
    ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  const Trail trail = caller.In("kvm_mmu_faultin_pfn");
  if (vm.host().arch().traits().guest_fault_checks_privacy &&
      trail.If("the access is private, the attributes are not, or the other way round",
               fault.is_private != GfnIsPrivate(vm, fault.gfn, trail),
               {{"private access", fault.is_private ? 1u : 0u}}))
    return MemoryFault(vm, fault, Errno::kEFAULT, trail);
  const std::shared_ptr<const Memslot> slot = vm.slots().Containing(0, fault.gfn);
  if (trail.If("the gfn has no memslot", slot == nullptr, {{"gfn", fault.gfn}})) {
    if (trail.If("the access is private", fault.is_private))
      return MemoryFault(vm, fault, Errno::kEFAULT, trail);
    trail.Effect("exit KVM_EXIT_MMIO", {{"gpa", fault.gpa}});
    return MmioExit{fault.gpa, fault.is_write};
  }
  if (trail.If("the access is private, or all faults of the slot are guest_memfd's",
               fault.is_private || slot->gmem_only))
    return FaultFromGuestMemfd(vm, *slot, fault, trail);
  return FaultFromUserMemory(vm, *slot, fault, trail);
}

// Whether a fault that ended like this starts over.
bool MustRetry(const Vm& vm, const Fault& fault, const FaultResult& result, const Trail& trail) {
  // What failed is looked at again, too: it may have been chosen by what is no longer so.
  const bool retry =
      std::holds_alternative<Retry>(result) ||
      (!std::holds_alternative<std::monostate>(result) && vm.InvalidatedSince(fault.seq));
  if (retry) trail.Effect("RET_PF_RETRY: an invalidation came between, the fault starts over");
  return retry;
}

// The fault, again and again until no invalidation comes between; each time another call, which
// made the invalidation, got on. Without `addressing` the page is only brought in, as its
// attributes say.
FaultResult FaultUntilStable(Vm& vm, Fault fault, std::optional<GuestAddressing> addressing,
                             const Trail& trail) ABSL_SHARED_LOCKS_REQUIRED(vm.slots_lock()) {
  while (true) {
    fault.seq = vm.invalidate_seq();
    fault.is_private = addressing.has_value()
                           ? MeansPrivate(vm, fault.gfn, *addressing, trail)
                           : vm.has_private_mem() && GfnIsPrivate(vm, fault.gfn, trail);
    FaultResult result = HandleFault(vm, fault, trail);
    if (!MustRetry(vm, fault, result, trail)) return result;
  }
}

GuestAccessResult MakeAccess(Vm& vm, std::uint64_t gpa, bool is_write, std::byte value,
                             GuestAddressing addressing, const Trail& trail) try {
  const PageIndex gfn = gpa >> vm.host().facts().page_shift;
  const ReaderLock lock(vm.slots_lock());
  vm.NoteRun();
  const Fault fault{.gpa = gpa, .gfn = gfn, .is_write = is_write, .value = &value};
  const FaultResult result = FaultUntilStable(vm, fault, addressing, trail);
  if (const auto* mmio = std::get_if<MmioExit>(&result)) return *mmio;
  if (const auto* memory_fault = std::get_if<MemoryFaultExit>(&result)) return *memory_fault;
  if (const auto* error = std::get_if<Errno>(&result)) return *error;
  return value;
} catch (const std::bad_alloc&) {
  trail.Effect(kProgramsMemoryIsShort);
  (void)trail.Fail(Errno::kENOMEM);
  return Errno::kENOMEM;
}

// What a fault failed with, none for one that brought its page in or found no memslot.
std::optional<Errno> ErrorOf(const FaultResult& result) {
  if (const auto* fault = std::get_if<MemoryFaultExit>(&result)) return fault->error;
  if (const auto* error = std::get_if<Errno>(&result)) return *error;
  return std::nullopt;
}

// The errno of one page's pre-fault, or none: what kvm_arch_vcpu_pre_fault_memory() does of it.
Result<> PreFaultPage(Vm& vm, std::uint64_t gpa, const Trail& caller) {
  const Trail trail = caller.In("kvm_arch_vcpu_pre_fault_memory");
  const Arch& arch = vm.host().arch();
  if (const Result<> prepared = arch.PreparePreFault(vm, trail); !prepared) return prepared;
  const PageIndex gfn = gpa >> vm.host().facts().page_shift;
  const ReaderLock lock(vm.slots_lock());
  const FaultResult result = FaultUntilStable(vm, {.gpa = gpa, .gfn = gfn}, std::nullopt, trail);
  if (const std::optional<Errno> error = ErrorOf(result)) {
    return trail.Fail(arch.traits().pre_faults_whole_ranges ? Errno::kEIO : *error);
  }
  if (trail.If("no memslot has the page", std::holds_alternative<MmioExit>(result)))
    return trail.Fail(Errno::kENOENT);
  return {};
}

}  // namespace

GuestAccessResult GuestRead(Vm& vm, std::uint64_t gpa, GuestAddressing addressing,
                            const Trail& trail) {
  return MakeAccess(vm, gpa, false, std::byte{0}, addressing, trail);
}

GuestAccessResult GuestWrite(Vm& vm, std::uint64_t gpa, std::byte value, GuestAddressing addressing,
                             const Trail& trail) {
  return MakeAccess(vm, gpa, true, value, addressing, trail);
}

Result<> PreFaultMemory(Vm& vm, uapi::kvm_pre_fault_memory& range, const Trail& caller) {
  const Trail trail = caller.In("kvm_vcpu_pre_fault_memory");
  const std::uint64_t page_size = vm.host().page_size();
  if (trail.If("flags != 0", range.flags != 0, {{"flags", range.flags}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("gpa is not page aligned", (range.gpa & (page_size - 1)) != 0, {{"gpa", range.gpa}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("size is not page aligned", (range.size & (page_size - 1)) != 0,
               {{"size", range.size}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("gpa + size <= gpa", range.gpa + range.size <= range.gpa,
               {{"gpa", range.gpa}, {"size", range.size}}))
    return trail.Fail(Errno::kEINVAL);
  const uapi::kvm_pre_fault_memory asked = range;
  const bool whole = vm.host().arch().traits().pre_faults_whole_ranges;
  std::uint64_t pages = 0;
  while (range.size != 0 && pages < kMostPreFaultedPages) {
    if (trail.If("a signal is pending", vm.kernel().signals().Hit(), {{"gpa", range.gpa}})) {
      if (pages > 0) return {};
      return trail.Fail(Errno::kEINTR);
    }
    if (const Result<> done = PreFaultPage(vm, range.gpa, trail); !done) {
      if (pages > 0 && !(whole && done.error() == Errno::kEIO)) return {};
      range = asked;
      return done;
    }
    ++pages;
    range.gpa += page_size;
    range.size -= page_size;
  }
  return {};
}

}  // namespace kvm_model
