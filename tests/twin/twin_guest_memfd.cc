// guest_memfd as a file: pages that come and go.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

constexpr std::uint64_t kLargestOffset = (std::uint64_t{1} << 63) - 1;
// More pages than this at once are more than the twin is for.
constexpr std::uint64_t kMostPages = 65536;

// A mode that some file may know; which one does is its own business.
bool VfsKnowsMode(std::uint64_t mode) {
  const bool keeps_size = (mode & uapi::kFallocKeepSize) != 0;
  switch (mode & ~uapi::kFallocKeepSize) {
    case 0:
    case uapi::kFallocZeroRange:
    case uapi::kFallocUnshareRange:
      return true;
    case uapi::kFallocPunchHole:
      return keeps_size;
    case uapi::kFallocCollapseRange:
    case uapi::kFallocInsertRange:
      return !keeps_size;
    default:
      return false;
  }
}

}  // namespace

// fallocate(2): what every file checks, then what a guest_memfd does.
Result<> Twin::Fallocate(ProcessId process, int fd, int mode_bits, std::uint64_t offset,
                         std::uint64_t size) {
  const std::uint64_t mode = static_cast<std::uint32_t>(mode_bits);
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  if (static_cast<std::int64_t>(offset) < 0) return Failure(kEINVAL);
  if (static_cast<std::int64_t>(size) <= 0) return Failure(kEINVAL);
  if (!VfsKnowsMode(mode)) return Failure(kEOPNOTSUPP);
  const auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(*file);
  if (guest_memfd == nullptr) return Failure(kENODEV);
  if (size > kLargestOffset - offset) return Failure(kEFBIG);

  if ((mode & uapi::kFallocKeepSize) == 0) return Failure(kEOPNOTSUPP);
  if ((mode & ~(uapi::kFallocKeepSize | uapi::kFallocPunchHole)) != 0) return Failure(kEOPNOTSUPP);
  if (offset % kPageSize != 0) return Failure(kEINVAL);
  if (size % kPageSize != 0) return Failure(kEINVAL);
  const std::uint64_t start = offset / kPageSize;
  const std::uint64_t end = (offset + size) / kPageSize;
  if ((mode & uapi::kFallocPunchHole) == 0) return Allocate(*guest_memfd, start, end);
  PunchHole(*guest_memfd, start, end);
  return {};
}

Result<> Twin::Allocate(GuestMemfd& file, std::uint64_t start, std::uint64_t end) {
  if (end > file.pages_end()) return Failure(kEINVAL);
  if (end - start > kMostPages) return Failure(kENOSYS);
  for (std::uint64_t page = start; page < end; ++page) {
    if (SignalIsPending()) return Failure(kEINTR);  // What was allocated stays.
    file.Get(page);
  }
  return {};
}

// Attributes stay, and who holds a page keeps the old one.
void Twin::PunchHole(GuestMemfd& file, std::uint64_t start, std::uint64_t end) {
  ZapFilePages(file, start, end, file.ZappedKinds());
  UnmapEverywhere(&file, start, end);
  file.pages.erase(file.pages.lower_bound(start), file.pages.lower_bound(end));
}

void Twin::ZapFilePages(const GuestMemfd& file, std::uint64_t start, std::uint64_t end,
                        Kinds kinds) {
  for (const auto& [id, slot] : file.vm->slots) {
    const std::uint64_t first = std::max(start, slot.file_page);
    const std::uint64_t last = std::min(end, slot.file_page + slot.pages);
    if (slot.file != &file || slot.as_id != 0 || first >= last) continue;
    file.vm->Zap(slot.gfn + (first - slot.file_page), slot.gfn + (last - slot.file_page), kinds);
  }
}

// kvm_gmem_error_folio(): the page stays, and the guest loses it.
Result<> Twin::Poison(ProcessId process, int fd, std::uint64_t offset) {
  const auto file = GuestMemfdOf(process, fd);
  if (!file) return Failure(file.error());
  const std::uint64_t number = offset / kPageSize;
  const auto page = (*file)->pages.find(number);
  if (page == (*file)->pages.end()) return Failure(kENOENT);
  page->second->poisoned = true;
  ZapFilePages(**file, number, number + 1, (*file)->ZappedKinds());
  return {};
}

Result<Pages> Twin::Resident(ProcessId process, int fd) const {
  const auto file = GuestMemfdOf(process, fd);
  if (!file) return Failure(file.error());
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, page] : (*file)->pages) numbers.push_back(number);
  return RunsOf(numbers);
}

Result<std::optional<Place>> Twin::Peek(ProcessId process, int fd, std::uint64_t offset) const {
  const auto file = GuestMemfdOf(process, fd);
  if (!file) return Failure(file.error());
  if (offset >= (*file)->size) return Failure(kEINVAL);
  const auto page = (*file)->pages.find(offset / kPageSize);
  if (page == (*file)->pages.end() || !page->second->up_to_date) return std::nullopt;
  return Place{page->second, offset % kPageSize};
}

Result<std::vector<Run>> Twin::Attributes(ProcessId process, int fd) const {
  if (const auto vm = VmOf(process, fd)) return (*vm)->attributes.Runs();
  const auto file = GuestMemfdOf(process, fd);
  if (!file) return Failure(file.error());
  return (*file)->attributes.Runs();
}

}  // namespace kvm_model::twin
