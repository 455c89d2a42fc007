// A process's memory: mappings, accesses, pins, and what KVM hears when addresses change.
#include <algorithm>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model::twin {
namespace {

// Bytes that stay unmapped behind a mapping, so that running off its end is seen.
constexpr std::uint64_t kGap = std::uint64_t{1} << 20;

using enum uapi::Errno;

constexpr std::uint64_t kUserEnd = 0x7ffffffff000;  // Of a process's addresses.
constexpr std::uint64_t kLargestOffset = (std::uint64_t{1} << 63) - 1;
constexpr std::uint64_t kKnownFlags =
    uapi::kMapTypeMask | uapi::kMapAnonymous | uapi::kMapNoreserve;

bool IsAligned(std::uint64_t number) { return number % kPageSize == 0; }

// Whole pages; 0 when there is no such number.
std::uint64_t RoundUp(std::uint64_t size) { return (size + kPageSize - 1) / kPageSize * kPageSize; }

bool IsShared(std::uint64_t type) {
  return type == uapi::kMapShared || type == uapi::kMapSharedValidate;
}

}  // namespace

// ---- mmap ----

Result<std::uint64_t> Twin::Mmap(ProcessId process, std::uint64_t size, std::uint64_t prot,
                                 std::uint64_t flags, int fd, std::uint64_t offset) {
  const std::uint64_t type = flags & uapi::kMapTypeMask;
  const bool is_anonymous = (flags & uapi::kMapAnonymous) != 0;
  const auto file = FileOf(process, fd);
  if ((flags & ~kKnownFlags) != 0) return Failure(kENOSYS);
  if (!IsAligned(offset)) return Failure(kEINVAL);
  if (!is_anonymous && !file) return Failure(kEBADF);
  if (size == 0) return Failure(kEINVAL);
  // No room is told before anything else of the file.
  const std::uint64_t bytes = RoundUp(size);
  Process& maker = processes_.at(process);
  if (bytes == 0 || bytes > kUserEnd - maker.next_address) return Failure(kENOMEM);
  Area area{.prot = prot, .file = nullptr, .memory = nullptr};
  const Result<> mapped =
      is_anonymous ? MapAnonymous(type, area) : MapFile(*file, bytes, prot, type, offset, area);
  if (!mapped) return Failure(mapped.error());
  area.start = maker.next_address;
  area.end = area.start + bytes;
  area.origin = area.start;
  // A page that stays unmapped lies between two mappings; addresses are used once.
  maker.next_address = std::min(area.end + kGap, kUserEnd);
  maker.areas[area.start] = area;
  return area.start;
}

Result<> Twin::MapAnonymous(std::uint64_t type, Area& area) {
  if (type != uapi::kMapShared && type != uapi::kMapPrivate) return Failure(kEINVAL);
  area.memory = std::make_shared<Anonymous>();
  area.memory->shared = type == uapi::kMapShared;
  return {};
}

// What do_mmap() and kvm_gmem_mmap() look at.
Result<> Twin::MapFile(const std::shared_ptr<OpenFile>& file, std::uint64_t bytes,
                       std::uint64_t prot, std::uint64_t type, std::uint64_t offset,
                       Area& area) const {
  if (std::dynamic_pointer_cast<VcpuFile>(file) != nullptr) return Failure(kENOSYS);
  const auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(file);
  const bool is_device = std::dynamic_pointer_cast<Device>(file) != nullptr;
  const bool executes = (prot & uapi::kProtExec) != 0;
  // Only regular files end at 2^63-1.
  const std::uint64_t largest = guest_memfd != nullptr ? kLargestOffset : ~std::uint64_t{0};
  if (offset > largest || bytes > largest - offset) return Failure(kEOVERFLOW);
  if (!IsShared(type) && type != uapi::kMapPrivate) return Failure(kEINVAL);
  if (executes && is_device) return Failure(kENOSYS);  // It depends on how /dev is mounted.
  if (executes && !host_.rules.files_may_execute) return Failure(kEPERM);
  if (guest_memfd == nullptr) return Failure(kENODEV);
  if ((guest_memfd->flags & uapi::kGuestMemfdFlagMmap) == 0) return Failure(kENODEV);
  if (!IsShared(type)) return Failure(kEINVAL);
  area.file = guest_memfd;
  area.file_page = offset / kPageSize;
  return {};
}

// ---- Unmapping ----

// Only memory that comes from user addresses goes: a slot whose faults all come from its file
// doesn't look at them.
void Twin::UserAddressesChanged(ProcessId process, std::uint64_t start, std::uint64_t end) {
  for (const std::weak_ptr<Vm>& weak : vms_) {
    const std::shared_ptr<Vm> vm = weak.lock();
    if (vm == nullptr || vm->owner != process) continue;
    for (const auto& [id, slot] : vm->slots) {
      const std::uint64_t first = std::max(start, slot.hva);
      const std::uint64_t last = std::min(end, slot.hva + slot.pages * kPageSize);
      if (slot.as_id != 0 || first >= last) continue;
      vm->Zap(slot.gfn + (first - slot.hva) / kPageSize, slot.gfn + (last - slot.hva) / kPageSize,
              Kinds::kShared);
    }
  }
}

void Twin::UnmapAddresses(ProcessId process, std::uint64_t start, std::uint64_t end) {
  std::set<std::uint64_t>& mapped = processes_.at(process).mapped;
  mapped.erase(mapped.lower_bound(start), mapped.lower_bound(end));
  UserAddressesChanged(process, start, end);
}

void Twin::UnmapEverywhere(const void* backing, std::uint64_t start, std::uint64_t end) {
  for (const auto& [id, process] : processes_) {
    for (const auto& [address, area] : process.areas) {
      if (area.file.get() != backing && area.memory.get() != backing) continue;
      const std::uint64_t area_start = area.BackingPage(area.start);
      const std::uint64_t first = std::max(start, area_start);
      const std::uint64_t last = std::min(end, area.BackingPage(area.end));
      if (first >= last) continue;
      UnmapAddresses(id, area.start + (first - area_start) * kPageSize,
                     area.start + (last - area_start) * kPageSize);
    }
  }
}

Result<> Twin::Munmap(ProcessId process, std::uint64_t address, std::uint64_t size) {
  if (!IsAligned(address)) return Failure(kEINVAL);
  if (size == 0) return Failure(kEINVAL);
  if (address > kUserEnd || size > kUserEnd - address) return Failure(kEINVAL);
  const std::uint64_t end = address + RoundUp(size);
  std::map<std::uint64_t, Area>& areas = processes_.at(process).areas;
  std::map<std::uint64_t, Area> left;
  for (const auto& [start, area] : areas) {
    const std::uint64_t first = std::max(address, area.start);
    const std::uint64_t last = std::min(end, area.end);
    if (first >= last) {  // Not touched.
      left[start] = area;
      continue;
    }
    UnmapAddresses(process, first, last);
    Area before = area;
    Area after = area;
    before.end = first;
    after.start = last;
    if (before.start < before.end) left[before.start] = before;
    if (after.start < after.end) left[after.start] = after;
  }
  areas = left;
  return {};
}

// ---- madvise ----

Result<> Twin::Madvise(ProcessId process, std::uint64_t address, std::uint64_t size,
                       std::uint64_t advice) {
  if (advice != uapi::kMadviseDontNeed && advice != uapi::kMadviseRemove &&
      advice != uapi::kMadviseHugePage) {
    return Failure(kENOSYS);
  }
  const std::uint64_t end = address + RoundUp(size);
  if (!IsAligned(address)) return Failure(kEINVAL);
  if (size != 0 && RoundUp(size) == 0) return Failure(kEINVAL);
  if (end < address) return Failure(kEINVAL);
  std::uint64_t advised = address;  // How far the mapped pieces reach without a gap.
  bool has_gap = false;
  const std::map<std::uint64_t, Area> areas = processes_.at(process).areas;
  for (const auto& [start, area] : areas) {
    const std::uint64_t first = std::max(address, area.start);
    const std::uint64_t last = std::min(end, area.end);
    if (first >= last) continue;
    has_gap = has_gap || first != advised;
    advised = last;
    const Result<> done = Advise(process, area, first, last, advice);
    if (!done) return done;
  }
  // What isn't mapped is told at the end; the rest is done.
  if (has_gap || advised != end) return Failure(kENOMEM);
  return {};
}

Result<> Twin::Advise(ProcessId process, const Area& area, std::uint64_t start, std::uint64_t end,
                      std::uint64_t advice) {
  if (advice == uapi::kMadviseHugePage) return {};
  if (advice == uapi::kMadviseRemove) return RemovePages(area, start, end);
  UnmapAddresses(process, start, end);
  if (area.memory != nullptr && !area.memory->shared) {  // Its own memory is forgotten.
    auto& pages = area.memory->pages;
    pages.erase(pages.lower_bound(area.BackingPage(start)),
                pages.lower_bound(area.BackingPage(end)));
  }
  return {};
}

Result<> Twin::RemovePages(const Area& area, std::uint64_t start, std::uint64_t end) {
  const std::uint64_t first = area.BackingPage(start);
  const std::uint64_t last = area.BackingPage(end);
  if (area.file != nullptr) {
    PunchHole(*area.file, first, last);
    return {};
  }
  if (!area.memory->shared) return Failure(kEINVAL);  // There is no file behind it.
  auto& pages = area.memory->pages;
  pages.erase(pages.lower_bound(first), pages.lower_bound(last));
  UnmapEverywhere(area.memory.get(), first, last);
  return {};
}

// ---- Accesses ----

// For files kvm_gmem_fault_user_mapping(): it is the page's own state that counts. Where files
// track nothing that state is INIT_SHARED's for good.
std::expected<Place, Signal> Twin::HostAccess(ProcessId process, std::uint64_t address,
                                              bool write) {
  const Area* area = processes_.at(process).AreaOf(address);
  if (area == nullptr) return std::unexpected(Signal::kSigsegv);
  if (area->prot == uapi::kProtNone) return std::unexpected(Signal::kSigsegv);
  if (write && (area->prot & uapi::kProtWrite) == 0) return std::unexpected(Signal::kSigsegv);
  const std::uint64_t page = area->BackingPage(address);
  const std::uint64_t offset = address % kPageSize;
  if (area->file == nullptr) {
    std::shared_ptr<Page>& memory = area->memory->pages[page];
    if (memory == nullptr) memory = std::make_shared<Page>();
    return Place{memory, offset};
  }
  if (page >= area->file->pages_end()) return std::unexpected(Signal::kSigbus);
  if (area->file->is_private(page)) return std::unexpected(Signal::kSigbus);
  if (area->file->IsPoisoned(page)) return std::unexpected(Signal::kSigbus);
  processes_.at(process).mapped.insert(address - offset);
  return Place{area->file->Use(page), offset};
}

std::expected<std::uint64_t, Signal> Twin::Pin(ProcessId process, std::uint64_t address) {
  const auto place = HostAccess(process, address, false);
  if (!place) return std::unexpected(place.error());
  ++place->page->pins;
  Process& owner = processes_.at(process);
  owner.pins[++owner.last_pin] = place->page;
  return owner.last_pin;
}

Result<> Twin::Unpin(ProcessId process, std::uint64_t pin) {
  std::map<std::uint64_t, std::shared_ptr<Page>>& pins = processes_.at(process).pins;
  const auto found = pins.find(pin);
  if (found == pins.end()) return Failure(kEINVAL);
  --found->second->pins;
  pins.erase(found);
  return {};
}

bool Twin::IsMapped(ProcessId process, std::uint64_t address) const {
  return processes_.at(process).AreaOf(address) != nullptr;
}

Result<Pages> Twin::Mapped(ProcessId process, std::uint64_t address) const {
  const Area* area = processes_.at(process).AreaOf(address);
  if (area == nullptr) return Failure(kEFAULT);
  std::vector<std::uint64_t> pages;
  for (const std::uint64_t at : processes_.at(process).mapped) {
    const Area* other = processes_.at(process).AreaOf(at);
    if (other != nullptr && other->origin == area->origin) {
      pages.push_back((at - area->origin) / kPageSize);
    }
  }
  return RunsOf(pages);
}

}  // namespace kvm_model::twin
