// Memslots and their dirty logs.
//
// Steps of KVM_SET_USER_MEMORY_REGION2: 1 copying in; 2 the first form's flags; 3 the slot's
// number; 4 flags; 5 to 7 size, guest address, user address; 8 the offset in the file; 9 the
// address space; 10 a guest range that wraps; 11 too many pages; 12 deletion; 13 the pages of all
// slots; 14 what of an existing slot may change; 15 gfns that another slot holds; 16 memory, which
// the twin always has; 17 the file; 18 the dirty bitmap and the architecture; 19 the binding, where
// that is committed by itself. The first that fails is the answer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;
using uapi::kMemGuestMemfd;
using uapi::kMemLogDirtyPages;
using uapi::kMemReadonly;
using uapi::kvm_userspace_memory_region2;

constexpr std::uint64_t kUserEnd = 0x7ffffffff000;

bool IsAligned(std::uint64_t number) { return number % kPageSize == 0; }

std::uint32_t AsIdOf(std::uint32_t slot) { return slot >> 16; }
std::uint32_t IdOf(std::uint32_t slot) { return slot & 0xffff; }

// Step 7: the end, in bytes, is one that a process may have. Such an address has no tag either.
bool IsUserRange(std::uint64_t address, std::uint64_t size) {
  return size <= kUserEnd && address <= kUserEnd - size;
}

// Step 4.
bool AreFlagsValid(const Vm& vm, std::uint32_t flags, bool files_are_private) {
  const bool guest_memfd = (flags & kMemGuestMemfd) != 0;
  std::uint32_t valid = files_are_private && !vm.has_private_memory() ? 0 : kMemGuestMemfd;
  if (!guest_memfd) valid |= kMemLogDirtyPages;
  if (!guest_memfd && !vm.has_protected_state()) valid |= kMemReadonly;
  return (flags & ~valid) == 0;
}

// Whether another slot has one of the slot's pages of its file.
bool IsBound(const Vm& vm, const Slot& slot) {
  for (const auto& [id, other] : vm.slots) {
    if (other.file != slot.file) continue;
    if (other.file_page < slot.file_page + slot.pages &&
        slot.file_page < other.file_page + other.pages) {
      return true;
    }
  }
  return false;
}

// Step 15: whether another slot of the address space holds one of the gfns.
bool Overlaps(const Vm& vm, std::uint32_t as_id, std::uint64_t gfn, std::uint64_t pages,
              const Slot* except) {
  for (const auto& [id, slot] : vm.slots) {
    if (&slot == except || slot.as_id != as_id) continue;
    if (slot.gfn < gfn + pages && gfn < slot.gfn + slot.pages) return true;
  }
  return false;
}

// The bitmap comes when the flag does, and goes with it; between the two nothing happens to it.
void SetDirtyBitmap(const Vm& vm, Slot& slot) {
  const bool logs = (slot.flags & kMemLogDirtyPages) != 0;
  const bool starts_set =
      vm.manual_dirty_log == (uapi::kDirtyLogManualProtectEnable | uapi::kDirtyLogInitiallySet);
  if (!logs) slot.dirty.reset();
  if (logs && !slot.dirty) slot.dirty.emplace(slot.pages, starts_set ? 1 : 0);
}

}  // namespace

// ---- Memslots ----

Result<> Twin::SetUserMemoryRegion(ProcessId process, int fd,
                                   const kvm_userspace_memory_region2& region) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  if ((region.flags & ~(kMemLogDirtyPages | kMemReadonly)) != 0) return Failure(kEINVAL);  // 2
  return SetRegion(process, **vm, region);
}

Result<> Twin::SetUserMemoryRegion2(ProcessId process, int fd,
                                    const kvm_userspace_memory_region2& region) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  return SetRegion(process, **vm, region);
}

std::uint32_t Twin::AddressSpaces(const Vm& vm) const {
  return host_.has_smm && !vm.has_private_memory() ? 2 : 1;
}

Result<> Twin::CheckRegion(const Vm& vm, const kvm_userspace_memory_region2& region) const {
  const std::uint64_t gpa = region.guest_phys_addr;
  const std::uint64_t size = region.memory_size;
  const std::uint64_t offset = region.guest_memfd_offset;
  const bool guest_memfd = (region.flags & kMemGuestMemfd) != 0;
  if (IdOf(region.slot) >= host_.arch.user_slots) return Failure(kEINVAL);  // 3
  if (!AreFlagsValid(vm, region.flags, host_.rules.files_are_private)) {
    return Failure(kEINVAL);  // 4
  }
  if (!IsAligned(size)) return Failure(kEINVAL);                           // 5
  if (!IsAligned(gpa)) return Failure(kEINVAL);                            // 6
  if (!IsAligned(region.userspace_addr)) return Failure(kEINVAL);          // 7
  if (!IsUserRange(region.userspace_addr, size)) return Failure(kEINVAL);  // 7
  if (guest_memfd && !IsAligned(offset)) return Failure(kEINVAL);          // 8
  if (guest_memfd && offset + size < offset) return Failure(kEINVAL);      // 8
  if (AsIdOf(region.slot) >= AddressSpaces(vm)) return Failure(kEINVAL);   // 9
  if (gpa + size < gpa) return Failure(kEINVAL);                           // 10
  if (size / kPageSize > uapi::kMemMaxNrPages) return Failure(kEINVAL);    // 11
  return {};
}

Result<> Twin::SetRegion(ProcessId process, Vm& vm, const kvm_userspace_memory_region2& region) {
  const Result<> valid = CheckRegion(vm, region);
  if (!valid) return valid;
  const auto slot = vm.slots.find({AsIdOf(region.slot), IdOf(region.slot)});
  const bool exists = slot != vm.slots.end();
  if (region.memory_size == 0) {  // 12: DELETE
    if (!exists) return Failure(kEINVAL);
    vm.Zap(slot->second);
    vm.slots.erase(slot);
    return {};
  }
  // 13: so many slots that the sum of their pages overflows there can't be.
  if (!exists) return CreateSlot(process, vm, region);
  return ChangeSlot(vm, slot->second, region);
}

Result<> Twin::CreateSlot(ProcessId process, Vm& vm, const kvm_userspace_memory_region2& region) {
  Slot slot;
  slot.as_id = AsIdOf(region.slot);
  slot.gfn = region.guest_phys_addr / kPageSize;
  slot.pages = region.memory_size / kPageSize;
  slot.hva = region.userspace_addr;
  slot.flags = region.flags;
  if (Overlaps(vm, slot.as_id, slot.gfn, slot.pages, nullptr)) return Failure(kEEXIST);  // 15
  if (slot.has_guest_memfd()) {                                                          // 17
    const Result<> taken = TakeFile(process, vm, region, slot);
    if (!taken) return taken;
  }
  const bool is_bound = slot.has_guest_memfd() && IsBound(vm, slot);
  if (is_bound && !host_.rules.bindings_are_committed) return Failure(kEINVAL);  // 17
  const Result<> prepared = PrepareSlot(vm, slot, slot.gfn);                     // 18
  if (!prepared) return prepared;
  if (is_bound) return Failure(kEEXIST);  // 19
  SetDirtyBitmap(vm, slot);
  vm.slots[{slot.as_id, IdOf(region.slot)}] = slot;
  vm.had_slots = true;
  return {};
}

// Step 14 and what follows from it: a slot moves, or its log is turned on or off.
Result<> Twin::ChangeSlot(Vm& vm, Slot& slot, const kvm_userspace_memory_region2& region) const {
  const std::uint64_t gfn = region.guest_phys_addr / kPageSize;
  const std::uint32_t toggled = slot.flags ^ region.flags;
  const bool moves = gfn != slot.gfn;
  if ((region.flags & kMemGuestMemfd) != 0) return Failure(kEINVAL);                       // 14
  if (region.userspace_addr != slot.hva) return Failure(kEINVAL);                          // 14
  if (region.memory_size / kPageSize != slot.pages) return Failure(kEINVAL);               // 14
  if ((toggled & (kMemReadonly | kMemGuestMemfd)) != 0) return Failure(kEINVAL);           // 14
  if (moves && Overlaps(vm, slot.as_id, gfn, slot.pages, &slot)) return Failure(kEEXIST);  // 15
  const Result<> prepared = moves ? PrepareSlot(vm, slot, gfn) : Result<>();               // 18
  if (!prepared) return prepared;
  if (moves) vm.Zap(slot);
  slot.gfn = gfn;
  slot.flags = region.flags;
  SetDirtyBitmap(vm, slot);
  return {};
}

// Step 17. Where the end is a signed number, it turns negative at 2^63, and passes.
Result<> Twin::TakeFile(ProcessId process, Vm& vm, const kvm_userspace_memory_region2& region,
                        Slot& slot) const {
  const std::uint64_t offset = region.guest_memfd_offset;
  const std::uint64_t end = offset + region.memory_size;
  const bool end_is_negative =
      host_.rules.bindings_end_signed && static_cast<std::int64_t>(end) < 0;
  const auto file = FileOf(process, static_cast<int>(region.guest_memfd));
  if (!file) return Failure(kEBADF);
  const auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(*file);
  if (guest_memfd == nullptr) return Failure(kEINVAL);
  if (guest_memfd->vm.get() != &vm) return Failure(kEINVAL);
  if (static_cast<std::int64_t>(offset) < 0) return Failure(kEINVAL);
  if (end > guest_memfd->size && !end_is_negative) return Failure(kEINVAL);
  slot.file = guest_memfd.get();
  slot.file_page = offset / kPageSize;
  const bool is_mappable = (guest_memfd->flags & uapi::kGuestMemfdFlagMmap) != 0;
  slot.gmem_only = is_mappable || host_.files_serve_all_faults;
  return {};
}

// Step 18, kvm_arch_prepare_memory_region().
Result<> Twin::PrepareSlot(const Vm& vm, const Slot& slot, std::uint64_t gfn) const {
  const Architecture& arch = host_.arch;
  const std::uint64_t highest = (std::uint64_t{1} << (vm.gpa_bits - 12)) - 1;
  const bool is_unmappable = slot.has_guest_memfd() && !slot.gmem_only;
  if (gfn + slot.pages - 1 > highest) return Failure(arch.beyond_guest_addresses);
  if (arch.binds_mappable_files_only && is_unmappable) return Failure(kEINVAL);
  return {};
}

// ---- Dirty logs ----

Result<Slot*> Twin::DirtySlot(Vm& vm, std::uint32_t number) const {
  const auto slot = vm.slots.find({AsIdOf(number), IdOf(number)});
  if (slot == vm.slots.end()) return Failure(kENOENT);
  if (!slot->second.dirty) return Failure(kENOENT);
  return &slot->second;
}

Result<Pages> Twin::GetDirtyLog(ProcessId process, int fd, std::uint32_t number,
                                std::uint64_t room) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  if (AsIdOf(number) >= AddressSpaces(**vm)) return Failure(kEINVAL);
  if (IdOf(number) >= host_.arch.user_slots) return Failure(kEINVAL);
  const Result<Slot*> slot = DirtySlot(**vm, number);
  if (!slot) return Failure(slot.error());
  const std::uint64_t pages = (*slot)->pages;
  Pages dirty;
  for (const Run& run : (*slot)->dirty->Runs()) {
    if (run.value != 0) dirty.push_back({run.start, run.end, 0});
  }
  const bool is_manual = (*vm)->manual_dirty_log != 0;
  if (!is_manual) (*slot)->dirty->Set(0, pages, 0);  // Cleared before it is copied out.
  if (pages > room) return Failure(kEFAULT);
  return dirty;
}

Result<> Twin::ClearDirtyLog(ProcessId process, int fd, std::uint32_t number, std::uint64_t first,
                             std::uint32_t pages, const std::vector<std::uint64_t>& bitmap,
                             std::uint64_t room) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  if (AsIdOf(number) >= AddressSpaces(**vm)) return Failure(kEINVAL);
  if (IdOf(number) >= host_.arch.user_slots) return Failure(kEINVAL);
  if (first % 64 != 0) return Failure(kEINVAL);
  const Result<Slot*> slot = DirtySlot(**vm, number);
  if (!slot) return Failure(slot.error());
  const std::uint64_t all = (*slot)->pages;
  if (first > all) return Failure(kEINVAL);
  if (pages > all - first) return Failure(kEINVAL);
  if (pages % 64 != 0 && pages != all - first) return Failure(kEINVAL);
  if (pages > room) return Failure(kEFAULT);
  for (std::size_t word = 0; word < bitmap.size(); ++word) {
    // The largest slots' bitmaps have millions of words with all bits set.
    const std::size_t begun = word;
    while (word < bitmap.size() && bitmap[word] == ~std::uint64_t{0}) ++word;
    const std::uint64_t cleared = std::min<std::uint64_t>(word * 64, pages);
    if (begun * 64 < cleared) (*slot)->dirty->Set(first + begun * 64, first + cleared, 0);
    if (word == bitmap.size()) break;
    for (std::uint64_t bit = 0; bit < 64; ++bit) {
      const std::uint64_t page = word * 64 + bit;
      const bool is_set = ((bitmap[word] >> bit) & 1) != 0;
      if (page < pages && is_set) (*slot)->dirty->Set(first + page, first + page + 1, 0);
    }
  }
  return {};
}

}  // namespace kvm_model::twin
