// What the guest does: accesses, pre-faults, and the initial image.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

// More pages than this at once are more than the twin is for.
constexpr std::uint64_t kMostPages = 65536;

bool IsAligned(std::uint64_t number) { return number % kPageSize == 0; }

}  // namespace

// Tracked in files, no slot and no file mean shared.
bool Twin::IsPrivate(Vm& vm, std::uint64_t gfn) const {
  if (host_.tracked_in_vms()) return (vm.attributes.At(gfn) & uapi::kMemoryAttributePrivate) != 0;
  if (!host_.tracked_in_files()) return false;
  const Slot* slot = vm.SlotOf(gfn);
  if (slot == nullptr || slot->file == nullptr) return false;
  return slot->file->is_private(gfn - slot->gfn + slot->file_page);
}

// Privacy is compared before anybody looks for a slot, where there is a difference.
GuestAccess Twin::GuestFault(Vm& vm, std::uint64_t gfn, bool write, bool is_private) {
  const MemoryFaultExit mismatch{gfn * kPageSize, is_private, kEFAULT};
  if (host_.arch.tells_accesses_apart && is_private != IsPrivate(vm, gfn)) return mismatch;
  Slot* slot = vm.SlotOf(gfn);
  if (slot == nullptr && is_private) return mismatch;
  if (slot == nullptr) return MmioExit{};
  const bool from_file = is_private || slot->gmem_only;
  const GuestAccess found =
      from_file ? FaultInFile(*slot, gfn, is_private) : FaultInUserMemory(vm, *slot, gfn, write);
  if (std::holds_alternative<Place>(found)) vm.Map(gfn, is_private);
  return found;
}

// kvm_gmem_get_pfn(): private and shared pages alike.
GuestAccess Twin::FaultInFile(const Slot& slot, std::uint64_t gfn, bool is_private) {
  const std::uint64_t page = gfn - slot.gfn + slot.file_page;
  MemoryFaultExit fault{gfn * kPageSize, is_private, kEFAULT};
  if (slot.file == nullptr) return fault;            // Never had one, or it was closed.
  if (page >= slot.file->pages_end()) return fault;  // Bind() allows that.
  if (slot.file->IsPoisoned(page)) {
    fault.error = kEHWPOISON;
    return fault;
  }
  const std::shared_ptr<Page> used = slot.file->Use(page);
  if (slot.file->AssignsPages() && slot.file->is_private(page)) used->assigned = true;
  return Place{used, 0};
}

GuestAccess Twin::FaultInUserMemory(Vm& vm, Slot& slot, std::uint64_t gfn, bool write) {
  const std::uint64_t page = gfn - slot.gfn;
  if (write && (slot.flags & uapi::kMemReadonly) != 0) return MmioExit{};
  const auto place = HostAccess(vm.owner, slot.hva + page * kPageSize, write);
  if (!place) return kEFAULT;  // Without a memory-fault exit.
  if (write && slot.dirty) slot.dirty->Set(page, page + 1, 1);
  return *place;
}

GuestAccess Twin::AccessGuest(ProcessId process, int fd, std::uint64_t gpa, bool write,
                              Addressing addressing) {
  const auto vm = VmOf(process, fd);
  if (!vm) return vm.error();
  const std::uint64_t gfn = gpa / kPageSize;
  bool is_private = host_.arch.tells_accesses_apart && addressing == Addressing::kPrivate;
  if (addressing == Addressing::kAuto) {
    const bool as_it_is = (*vm)->type == uapi::kX86SwProtectedVm;
    is_private = as_it_is ? IsPrivate(**vm, gfn) : (*vm)->has_launch_flow();
  }
  GuestAccess found = GuestFault(**vm, gfn, write, is_private);
  if (auto* place = std::get_if<Place>(&found)) place->offset = gpa % kPageSize;
  return found;
}

// ---- KVM_PRE_FAULT_MEMORY ----

Result<> Twin::PreFault(ProcessId process, int fd, uapi::kvm_pre_fault_memory& range) {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto vcpu = std::dynamic_pointer_cast<VcpuFile>(*file);
  const bool is_known = host_.arch.has_pre_fault && vcpu != nullptr && vcpu->vm->owner == process;
  if (!is_known) return Failure(UnknownIoctl(process, **file));
  if (range.flags != 0) return Failure(kEINVAL);
  if (!IsAligned(range.gpa) || !IsAligned(range.size)) return Failure(kEINVAL);
  if (range.gpa + range.size <= range.gpa) return Failure(kEINVAL);
  std::uint64_t done = 0;
  while (range.size > 0) {
    if (done == kMostPages) return Failure(kENOSYS);
    const Result<> page =
        SignalIsPending() ? Failure(kEINTR) : PreFaultPage(*vcpu->vm, range.gpa / kPageSize);
    if (!page) return done > 0 ? Result<>() : page;
    range.gpa += kPageSize;
    range.size -= kPageSize;
    ++done;
  }
  return {};
}

Result<> Twin::PreFaultPage(Vm& vm, std::uint64_t gfn) {
  if (vm.has_launch_flow()) return Failure(kEOPNOTSUPP);  // The launch never ends here.
  // Shadow page tables have their first pages from the first memslot on.
  if (!host_.tdp) return Failure(vm.had_slots ? kEOPNOTSUPP : kENOSPC);
  const bool is_private = vm.has_private_memory() && IsPrivate(vm, gfn);
  const GuestAccess found = GuestFault(vm, gfn, false, is_private);
  if (std::holds_alternative<MmioExit>(found)) return Failure(kENOENT);
  if (const auto* fault = std::get_if<MemoryFaultExit>(&found)) return Failure(fault->error);
  if (const auto* error = std::get_if<uapi::Errno>(&found)) return Failure(*error);
  return {};
}

// ---- kvm_gmem_populate() ----

Result<std::uint64_t> Twin::Populate(ProcessId process, int fd, std::uint64_t gpa,
                                     std::uint64_t pages, std::optional<std::uint8_t> byte) {
  const auto vm = VmOf(process, fd);
  if (!vm) return Failure(vm.error());
  const std::uint64_t gfn = gpa / kPageSize;
  if (!IsAligned(gpa)) return Failure(kEINVAL);
  if (!(*vm)->has_launch_flow()) return Failure(kEINVAL);
  if (static_cast<std::int64_t>(pages) <= 0) return Failure(kEINVAL);
  const Slot* slot = (*vm)->SlotOf(gfn);
  if (!byte && !host_.populates_in_place) return Failure(kEINVAL);
  if (slot == nullptr || !slot->has_guest_memfd()) return Failure(kEINVAL);
  if (slot->file == nullptr) return Failure(kEFAULT);
  const std::uint64_t slot_left = slot->pages - (gfn - slot->gfn);
  const std::uint64_t wanted = std::min(pages, slot_left);
  for (std::uint64_t done = 0; done < wanted; ++done) {
    if (done == kMostPages) return Failure(kENOSYS);
    const Result<> page =
        SignalIsPending() ? Failure(kEINTR) : PopulatePage(**vm, *slot, gfn + done, byte);
    if (!page && done > 0) return done;
    if (!page) return Failure(page.error());
  }
  return wanted;
}

Result<> Twin::PopulatePage(Vm& vm, const Slot& slot, std::uint64_t gfn,
                            std::optional<std::uint8_t> byte) const {
  const std::uint64_t number = gfn - slot.gfn + slot.file_page;
  if (number >= slot.file->pages_end()) return Failure(kEFAULT);
  if (slot.file->IsPoisoned(number)) return Failure(kEHWPOISON);
  // Stays, whatever comes now. Whether it is cleared already shows only where a byte may be left
  // out.
  const std::shared_ptr<Page> page =
      host_.populates_in_place ? slot.file->Use(number) : slot.file->Get(number);
  if (page->up_to_date && host_.rules.files_are_private) return Failure(kEEXIST);
  if (!IsPrivate(vm, gfn)) return Failure(kEINVAL);
  if (page->assigned) return Failure(kEEXIST);
  page->assigned = slot.file->AssignsPages();
  if (byte) page->Fill(*byte);
  page->up_to_date = true;
  return {};
}

Result<Pages> Twin::GuestMapped(ProcessId process, int fd) const {
  const auto vm = VmOf(process, fd);
  if (!vm) return Failure(vm.error());
  return RunsOf((*vm)->guest_mapped);
}

}  // namespace kvm_model::twin
