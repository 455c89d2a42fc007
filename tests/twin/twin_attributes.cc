// Setting memory attributes: those that a VM tracks, and those that a guest_memfd tracks.
#include <cstdint>
#include <memory>
#include <optional>

#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;
using uapi::kvm_memory_attributes;
using uapi::kvm_memory_attributes2;

constexpr std::uint64_t kZero = uapi::kSetMemoryAttributes2Zero;
constexpr std::uint64_t kPreserve = uapi::kSetMemoryAttributes2Preserve;
constexpr std::uint64_t kPrivate = uapi::kMemoryAttributePrivate;

bool IsAligned(std::uint64_t number) { return number % kPageSize == 0; }

// What a range that becomes so loses: how it was before.
Kinds OtherKind(std::uint64_t attributes) {
  return (attributes & kPrivate) != 0 ? Kinds::kShared : Kinds::kPrivate;
}

bool HasReserved(const kvm_memory_attributes2& argument) {
  for (const std::uint64_t word : argument.reserved) {
    if (word != 0) return true;
  }
  return false;
}

// Zeroing on the way to private is between the guest and its firmware.
bool IsModeSupported(const Vm& vm, std::uint64_t mode, bool to_private) {
  if (mode == 0) return true;
  if (mode == kZero && to_private) return false;
  return (vm.content_modes() & mode) != 0;
}

// Without the references that a drain of the LRU's batches takes away: a conversion drains once.
bool IsInUse(const Page& page) { return page.pins > 0 || page.poisoned; }

// What is shared isn't an SNP guest's.
void TakeFromFirmware(const GuestMemfd& file, std::uint64_t start, std::uint64_t end) {
  for (auto page = file.pages.lower_bound(start); page != file.pages.lower_bound(end); ++page) {
    page->second->assigned = false;
  }
}

// The first page of the range that is in use. Holes never are.
std::optional<std::uint64_t> FirstPageInUse(const GuestMemfd& file, std::uint64_t start,
                                            std::uint64_t end) {
  for (auto page = file.pages.lower_bound(start); page != file.pages.lower_bound(end); ++page) {
    if (IsInUse(*page->second)) return page->first;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t Twin::SupportedAttributes(const Vm* vm) const {
  const bool has_private = vm != nullptr ? vm->has_private_memory() : host_.has_private_memory;
  return has_private ? kPrivate : 0;
}

// ---- On a VM ----
//
// Steps: 0 whose VM it is; 1 and 2 whether VMs take attributes; 3 copying in; 4 flags; 5
// attributes, of which a VM that tracks none has none; 6 an empty range or one that wraps; 7
// alignment; 8 error_offset; 9 reserved words; 11 a range that is all so already needs nothing, any
// other is zapped and stored.

Result<> Twin::SetMemoryAttributes(ProcessId process, int fd,
                                   const kvm_memory_attributes& argument) {
  const auto vm = VmForIoctl(process, fd);  // 0
  if (!vm) return Failure(vm.error());
  if (!host_.vms_take_attributes) return Failure(host_.arch.unknown_vm_ioctl);  // 1, 2
  kvm_memory_attributes2 wide{};
  wide.address = argument.address;
  wide.size = argument.size;
  wide.attributes = argument.attributes;
  wide.flags = argument.flags;
  return SetOnVm(**vm, wide);
}

Result<> Twin::SetOnVm(Vm& vm, const kvm_memory_attributes2& argument) const {
  const std::uint64_t supported = host_.tracked_in_vms() ? SupportedAttributes(&vm) : 0;
  const std::uint64_t end = argument.address + argument.size;            // May wrap.
  if (argument.flags != 0) return Failure(kEINVAL);                      // 4
  if ((argument.attributes & ~supported) != 0) return Failure(kEINVAL);  // 5
  if (argument.size == 0) return Failure(kEINVAL);                       // 6
  if (end < argument.address) return Failure(kEINVAL);                   // 6
  if (!IsAligned(argument.address)) return Failure(kEINVAL);             // 7
  if (!IsAligned(argument.size)) return Failure(kEINVAL);                // 7
  if (argument.error_offset != 0) return Failure(kEINVAL);               // 8
  if (HasReserved(argument)) return Failure(kEINVAL);                    // 9
  const std::uint64_t first = argument.address / kPageSize;
  const std::uint64_t last = end / kPageSize;
  if (vm.attributes.AllAre(first, last, argument.attributes)) return {};  // 11
  // What is as it shall be stays mapped.
  vm.Zap(first, last, OtherKind(argument.attributes));
  vm.attributes.Set(first, last, argument.attributes);
  return {};
}

// ---- The second form: on a VM, as above, or on a guest_memfd ----
//
// Steps on a guest_memfd: 1 and 2 whether files track attributes; 3 copying in; 4 unknown flags;
// 5 both modes; 6 error_offset, where it is an argument; 7 reserved words; 8 attributes, and where
// it counts the VM's type before them; 9 an empty range or one that wraps; 10 alignment; 11 within
// the file; 12 the content mode; 13 a range that is all so already; 14 memory for the store, which
// the twin always has; 15 towards private: unmapping, then pages in use; 16 the guests' page
// tables; 17 the firmware's; 18 the content mode; 19 the store.

bool Twin::VmsTakeAttributes2() const {
  return host_.rules.vms_take_attributes2 && host_.vms_take_attributes;
}

Result<> Twin::SetMemoryAttributes2(ProcessId process, int fd, kvm_memory_attributes2& argument) {
  const auto file = GuestMemfdOf(process, fd);
  if (!file) {
    const auto vm = VmForIoctl(process, fd);
    if (!vm) return Failure(vm.error());
    if (!VmsTakeAttributes2()) return Failure(host_.arch.unknown_vm_ioctl);
    return SetOnVm(**vm, argument);
  }
  if (!host_.tracked_in_files()) return Failure(kENOTTY);  // 1, 2
  const Result<> valid = CheckConversion(**file, argument);
  if (!valid) return valid;
  std::uint64_t error_page = 0;
  const Result<> done =
      Convert(**file, argument.offset / kPageSize, (argument.offset + argument.size) / kPageSize,
              argument.attributes, argument.flags, error_page);
  // Written only when the conversion itself failed.
  if (!done) argument.error_offset = error_page * kPageSize;
  return done;
}

Result<> Twin::CheckConversion(const GuestMemfd& file,
                               const kvm_memory_attributes2& argument) const {
  const Rules& rules = host_.rules;
  const std::uint64_t both = kZero | kPreserve;
  const std::uint64_t modes = rules.has_content_modes ? both : 0;
  const std::uint64_t supported = SupportedAttributes(file.vm.get());
  const std::uint64_t error_offset = rules.error_offset_must_be_0 ? argument.error_offset : 0;
  const bool is_refused = rules.conversions_need_private_memory && supported == 0;
  const std::uint64_t end = argument.offset + argument.size;                 // May wrap.
  if ((argument.flags & ~modes) != 0) return Failure(kEINVAL);               // 4
  if ((argument.flags & both) == both) return Failure(kEINVAL);              // 5
  if (error_offset != 0) return Failure(kEINVAL);                            // 6
  if (HasReserved(argument)) return Failure(kEINVAL);                        // 7
  if (is_refused) return Failure(kEINVAL);                                   // 8
  if ((argument.attributes & ~supported) != 0) return Failure(kEINVAL);      // 8
  if (argument.size == 0 || end < argument.offset) return Failure(kEINVAL);  // 9
  if (!IsAligned(argument.offset)) return Failure(kEINVAL);                  // 10
  if (!IsAligned(argument.size)) return Failure(kEINVAL);                    // 10
  if (argument.offset >= file.size) return Failure(kEINVAL);                 // 11
  if (end > file.size) return Failure(kEINVAL);                              // 11
  return {};
}

Result<> Twin::Convert(GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                       std::uint64_t attributes, std::uint64_t mode, std::uint64_t& error_page) {
  const bool to_private = (attributes & kPrivate) != 0;
  error_page = start;
  if (!IsModeSupported(*file.vm, mode, to_private)) return Failure(kEOPNOTSUPP);  // 12
  if (file.attributes.AllAre(start, end, attributes)) {                           // 13
    ApplyContentMode(file, start, end, mode);
    return {};
  }
  if (to_private) {  // 15; also when the call then fails.
    UnmapEverywhere(&file, start, end);
    const auto in_use = FirstPageInUse(file, start, end);
    error_page = in_use.value_or(start);
    if (in_use) return Failure(kEAGAIN);
  }
  const bool one_kind = host_.rules.conversions_zap_one_kind;
  ZapFilePages(file, start, end, one_kind ? OtherKind(attributes) : Kinds::kBoth);  // 16
  if (!to_private) TakeFromFirmware(file, start, end);                              // 17
  ApplyContentMode(file, start, end, mode);                                         // 18
  file.attributes.Set(start, end, attributes);                                      // 19
  return {};
}

// kvm_gmem_apply_content_mode(). Holes stay holes. The first poisoned page ends the walk, and
// nobody hears of it. Without modes nobody writes anything.
void Twin::ApplyContentMode(const GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                            std::uint64_t mode) const {
  if (!host_.rules.has_content_modes) return;
  const bool scrambles = mode == 0 && file.vm->type == uapi::kX86SwProtectedVm;
  if (mode != kZero && !scrambles) return;
  for (auto page = file.pages.lower_bound(start); page != file.pages.lower_bound(end); ++page) {
    if (page->second->poisoned) return;
    page->second->Fill(scrambles ? Byte() : Byte(0));
  }
}

}  // namespace kvm_model::twin
