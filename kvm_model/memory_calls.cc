#include "kvm_model/memory_calls.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kvm_model/file.h"
#include "kvm_model/mm.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vfs.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Errno;

Result<> DontNeed(Mm& mm, const Mm::Area& area, const Trail& caller) {
  const Trail trail = caller.In("madvise_dontneed_free");
  if (trail.If("the memory is locked", area.locked)) return trail.Fail(Errno::kEINVAL);
  mm.Zap(area, trail);
  return {};
}

Result<> Remove(Caller& caller, const Mm::Area& area, const Trail& outer) {
  constexpr auto kPunchHole = static_cast<int>(uapi::kFallocKeepSize | uapi::kFallocPunchHole);
  const Trail trail = outer.In("madvise_remove");
  if (trail.If("the memory is locked", area.locked)) return trail.Fail(Errno::kEINVAL);
  const bool own = area.file.file == nullptr;
  if (trail.If("no file is mapped", own && !area.file.shared)) return trail.Fail(Errno::kEINVAL);
  if (trail.If("the mapping is private", !area.file.shared)) return trail.Fail(Errno::kEACCES);
  if (own) {
    area.mapping->Remove(area.pages, trail);
    return {};
  }
  File& file = *area.file.file;
  const std::uint64_t length = area.end - area.start;
  if (const Result<> checked = CheckFallocate(file, kPunchHole, area.file.offset, length, trail);
      !checked) {
    return checked;
  }
  return file.Fallocate(caller, kPunchHole, area.file.offset, length);
}

Result<> Advise(Caller& caller, const Mm::Area& area, MemoryAdvice advice, const Trail& trail) {
  switch (advice) {
    case MemoryAdvice::kDontNeed:
      return DontNeed(caller.mm, area, trail);
    case MemoryAdvice::kRemove:
      return Remove(caller, area, trail);
    case MemoryAdvice::kHugePage:
      break;
  }
  return {};
}

// Where the areas, lowest first, leave the first address between the two unmapped; `end` if none.
std::uint64_t FirstHole(const std::vector<Mm::Area>& areas, std::uint64_t start,
                        std::uint64_t end) {
  std::uint64_t at = start;
  for (const Mm::Area& area : areas) {
    if (area.start > at) break;
    at = area.end;
  }
  return at < end ? at : end;
}

Result<> FaultIn(Mm& mm, const Mm::Area& area, std::uint64_t page_size, const Trail& trail) {
  if (trail.If("the mapping takes no access", area.prot == PROT_NONE))
    return trail.Fail(Errno::kENOMEM);
  if (area.file.file == nullptr) return {};
  // By address: another thread may be unmapping.
  for (std::uint64_t i = 0; i < area.pages.pages(); ++i) {
    std::byte byte{};
    const bool faulted =
        mm.Read(area.start + i * page_size, std::span(&byte, 1), trail).has_value();
    if (trail.If("the page can't be faulted in", !faulted,
                 {{"page of the mapping", area.pages.start + i}}))
      return trail.Fail(Errno::kENOMEM);
  }
  return {};
}

}  // namespace

Result<> Madvise(Caller& caller, std::uint64_t page_size, std::uint64_t address,
                 std::uint64_t length, MemoryAdvice advice) {
  const Trail trail = caller.trail.In("do_madvise");
  const std::uint64_t rounded = (length + page_size - 1) & ~(page_size - 1);
  const std::uint64_t end = address + rounded;
  if (trail.If("address is not page aligned", address % page_size != 0, {{"address", address}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the length wraps around", length != 0 && rounded == 0, {{"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("the end wraps around", end < address, {{"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("no page", end == address)) return {};
  const std::vector<Mm::Area> areas = caller.mm.AreasIn(address, end);
  for (const Mm::Area& area : areas) {
    if (const Result<> advised = Advise(caller, area, advice, trail); !advised) return advised;
  }
  if (trail.If("part of it is not mapped", FirstHole(areas, address, end) != end))
    return trail.Fail(Errno::kENOMEM);
  return {};
}

Result<> Mlock(Caller& caller, std::uint64_t page_size, std::uint64_t address,
               std::uint64_t length) {
  const Trail trail = caller.trail.In("do_mlock");
  const std::uint64_t start = address & ~(page_size - 1);
  const std::uint64_t rounded = (length + (address - start) + page_size - 1) & ~(page_size - 1);
  const std::uint64_t end = start + rounded;
  if (trail.If("the end wraps around", end < start, {{"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("no page", end == start)) return {};
  const std::vector<Mm::Area> areas = caller.mm.AreasIn(start, end);
  const std::uint64_t hole = FirstHole(areas, start, end);
  caller.mm.Lock(start, hole);
  if (trail.If("part of it is not mapped", hole != end)) return trail.Fail(Errno::kENOMEM);
  for (const Mm::Area& area : areas) {
    if (const Result<> faulted = FaultIn(caller.mm, area, page_size, trail); !faulted)
      return faulted;
  }
  return {};
}

}  // namespace kvm_model
