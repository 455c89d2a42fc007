#include "kvm_model/mm.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "kvm_model/mapping.h"
#include "kvm_model/mmu_notifier.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

// Model addresses end here: room for many of the largest mappings, and below every architecture's
// limit of user addresses.
constexpr std::uint64_t kEndOfAddresses = std::uint64_t{1} << 45;
// Bytes that stay unmapped behind every mapping, so that running off its end is seen. A multiple of
// every page size.
constexpr std::uint64_t kGap = std::uint64_t{1} << 20;

// Compared with itself a byte further on: as fast as memory is read.
bool AreZero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// Private zero-filled memory; pages appear when they are written.
class AnonymousMapping : public Mapping {
 public:
  // The standard's map: Abseil's hash maps are broken, and copies of its trees leak, where an
  // allocation throws halfway.
  using Pages = std::map<PageIndex, std::vector<std::byte>>;

  explicit AnonymousMapping(unsigned page_shift, Pages pages = {})
      : page_shift_(page_shift), pages_(std::move(pages)) {}

  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail&) override {
    const ReaderLock lock(lock_);
    const auto page = pages_.find(offset >> page_shift_);
    if (page == pages_.end()) {
      std::ranges::fill(bytes, std::byte{0});
    } else {
      std::ranges::copy_n(page->second.begin() + InPage(offset), std::ssize(bytes), bytes.begin());
    }
    return {};
  }

  Access Write(std::uint64_t offset, std::span<const std::byte> bytes, const Trail&) override {
    const WriterLock lock(lock_);
    auto page = pages_.find(offset >> page_shift_);
    if (page == pages_.end()) {
      // It reads so already: a long run of zeros, such as a dirty bitmap's, takes no memory.
      if (AreZero(bytes)) return {};
      std::vector<std::byte> zeroes(std::size_t{1} << page_shift_);
      page = pages_.emplace(offset >> page_shift_, std::move(zeroes)).first;
    }
    std::ranges::copy(bytes, page->second.begin() + InPage(offset));
    return {};
  }

  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t, const Trail&) override {
    return std::make_unique<PagePin>();
  }

  void Unmap(PageRange pages) override {
    const WriterLock lock(lock_);
    pages_.erase(pages_.lower_bound(pages.start), pages_.lower_bound(pages.end));
  }

  void Remove(PageRange pages, const Trail& trail) override {
    std::vector<std::pair<std::shared_ptr<MmuNotifiers>, std::uint64_t>> places;
    {
      const ReaderLock lock(lock_);
      for (const auto& [notifiers, address] : places_) {
        if (auto alive = notifiers.lock()) places.emplace_back(std::move(alive), address);
      }
    }
    Unmap(pages);
    for (const auto& [notifiers, address] : places) {
      notifiers->Unmapped(address + (pages.start << page_shift_),
                          address + (pages.end << page_shift_), trail);
    }
  }

  // Who has let go of it stays on the list: addresses are used once, so that nothing of a guest's
  // lies there any longer.
  bool Place(std::shared_ptr<MmuNotifiers> notifiers, std::uint64_t address, PageRange) override {
    const WriterLock lock(lock_);
    std::erase_if(places_, [](const auto& place) { return place.first.expired(); });
    for (const auto& [known, known_address] : places_) {
      if (known.lock() == notifiers && known_address == address) return true;
    }
    try {
      places_.emplace_back(notifiers, address);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  std::shared_ptr<Mapping> Fork() const override {
    const ReaderLock lock(lock_);
    return std::make_shared<AnonymousMapping>(page_shift_, pages_);
  }

 private:
  std::ptrdiff_t InPage(std::uint64_t offset) const {
    return static_cast<std::ptrdiff_t>(offset & ((std::uint64_t{1} << page_shift_) - 1));
  }

  const unsigned page_shift_;
  mutable SharedMutex lock_{LockRank::kAnonymousMemory};
  Pages pages_ ABSL_GUARDED_BY(lock_);
  // The processes that share it, and where each has its first page.
  std::vector<std::pair<std::weak_ptr<MmuNotifiers>, std::uint64_t>> places_ ABSL_GUARDED_BY(lock_);
};

// Memory without a file that children see too: it keeps its contents as long as anyone maps it.
bool IsSharedMemory(const MappedFile& file) { return file.file == nullptr && file.shared; }

}  // namespace

Mm::Mm(unsigned page_shift, UserMemory* elsewhere)
    : page_shift_(page_shift),
      elsewhere_(elsewhere),
      notifiers_(std::make_shared<MmuNotifiers>()) {}

Mm::~Mm() { UnmapAll(); }

Mm::Mm(unsigned page_shift, UserMemory* elsewhere, Areas areas, std::uint64_t next_address)
    : page_shift_(page_shift),
      elsewhere_(elsewhere),
      notifiers_(std::make_shared<MmuNotifiers>()),
      areas_(std::move(areas)),
      next_address_(next_address) {}

Result<std::uint64_t> Mm::Map(std::shared_ptr<Mapping> mapping, std::uint64_t length, int prot,
                              MappedFile file, const Trail& trail) {
  const std::uint64_t page_size = std::uint64_t{1} << page_shift_;
  const std::uint64_t rounded = (length + page_size - 1) & ~(page_size - 1);
  const WriterLock lock(lock_);
  const std::uint64_t room = kEndOfAddresses - next_address_;
  if (trail.If("the model has not so many addresses left",
               length > room || room - length < kGap + page_size,
               {{"length", length}, {"left", room}}))
    return trail.Fail(uapi::Errno::kENOMEM);
  const std::uint64_t address = next_address_;
  // Before anybody finds it: what is taken away from then on is told.
  if (trail.If(kProgramsMemoryIsShort,
               !mapping->Place(notifiers_, address, {0, rounded >> page_shift_})))
    return trail.Fail(uapi::Errno::kENOMEM);
  areas_[address] = Vma{address + rounded, 0, prot, std::move(mapping), std::move(file), false};
  next_address_ += rounded + kGap;
  return address;
}

Result<std::uint64_t> Mm::MapAnonymous(std::uint64_t length, int prot, bool shared,
                                       const Trail& trail) {
  return Map(std::make_shared<AnonymousMapping>(page_shift_), length, prot, {nullptr, 0, shared},
             trail);
}

void Mm::SplitAt(std::uint64_t address) {
  auto area = areas_.upper_bound(address);
  if (area == areas_.begin()) return;
  --area;
  if (area->first == address || area->second.end <= address) return;
  const std::uint64_t start = area->first;
  Vma upper = area->second;
  upper.offset += address - start;
  // What can run out of memory comes first, so that no part is lost.
  areas_.emplace(address, std::move(upper));
  areas_.find(start)->second.end = address;
}

Result<> Mm::Unmap(std::uint64_t address, std::uint64_t length, const Trail& caller) {
  const Trail trail = caller.In("do_vmi_munmap");
  const std::uint64_t page_size = std::uint64_t{1} << page_shift_;
  const std::uint64_t rounded = (length + page_size - 1) & ~(page_size - 1);
  if (trail.If("address is not page aligned", address % page_size != 0, {{"address", address}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("length == 0, in whole pages", rounded == 0, {{"length", length}}))
    return trail.Fail(uapi::Errno::kEINVAL);
  if (trail.If("address + length wraps", address + rounded < address))
    return trail.Fail(uapi::Errno::kEINVAL);
  // Released after the lock: the last mapping of a closed file releases the file.
  std::vector<Vma> unmapped;
  const WriterLock lock(lock_);
  SplitAt(address);
  SplitAt(address + rounded);
  auto area = areas_.lower_bound(address);
  const auto behind = areas_.lower_bound(address + rounded);
  unmapped.reserve(static_cast<std::size_t>(std::distance(area, behind)));
  while (area != areas_.end() && area->first < address + rounded) {
    const std::uint64_t first = area->second.offset >> page_shift_;
    const std::uint64_t pages = (area->second.end - area->first) >> page_shift_;
    area->second.mapping->Displace({first, first + pages});
    if (!IsSharedMemory(area->second.file)) area->second.mapping->Unmap({first, first + pages});
    unmapped.push_back(std::move(area->second));
    area = areas_.erase(area);
  }
  if (!unmapped.empty()) notifiers_->Unmapped(address, address + rounded, trail);
  return {};
}

std::vector<Mm::Area> Mm::AreasIn(std::uint64_t start, std::uint64_t end) const {
  std::vector<Area> found;
  const ReaderLock lock(lock_);
  auto area = areas_.upper_bound(start);
  if (area != areas_.begin()) --area;
  for (; area != areas_.end() && area->first < end; ++area) {
    const Vma& vma = area->second;
    if (vma.end <= start) continue;
    const std::uint64_t first = std::max(start, area->first);
    const std::uint64_t last = std::min(end, vma.end);
    const std::uint64_t offset = vma.offset + (first - area->first);
    const std::uint64_t page = offset >> page_shift_;
    MappedFile file = vma.file;
    file.offset += offset;
    found.push_back({first,
                     last,
                     vma.prot,
                     vma.locked,
                     vma.mapping,
                     {page, page + ((last - first) >> page_shift_)},
                     std::move(file)});
  }
  return found;
}

void Mm::Lock(std::uint64_t start, std::uint64_t end) {
  const WriterLock lock(lock_);
  SplitAt(start);
  SplitAt(end);
  for (auto area = areas_.lower_bound(start); area != areas_.end() && area->first < end; ++area) {
    area->second.locked = true;
  }
}

void Mm::UnmapAll() {
  {
    Areas unmapped;  // released after the lock
    const WriterLock lock(lock_);
    unmapped.swap(areas_);
  }
  notifiers_->Release();
}

void Mm::Zap(const Area& area, const Trail& trail) {
  if (!IsSharedMemory(area.file)) area.mapping->Unmap(area.pages);
  notifiers_->Unmapped(area.start, area.end, trail);
}

std::optional<Mm::Place> Mm::Find(std::uint64_t address) const {
  auto area = areas_.upper_bound(address);
  if (area == areas_.begin()) return std::nullopt;
  --area;
  if (address >= area->second.end) return std::nullopt;
  return Place{area->second.mapping.get(), area->second.offset + (address - area->first),
               area->second.prot};
}

bool Mm::IsElsewhere(std::uint64_t address) const {
  return elsewhere_ != nullptr && (address < kFirstAddress || address >= kEndOfAddresses);
}

template <typename Visit>
Access Mm::EachPage(std::uint64_t address, std::size_t bytes, Visit visit) {
  const std::uint64_t page_size = std::uint64_t{1} << page_shift_;
  std::size_t done = 0;
  while (done < bytes) {
    const std::uint64_t at = address + done;
    const std::size_t left_in_page = static_cast<std::size_t>(page_size - at % page_size);
    const std::size_t count = std::min(bytes - done, left_in_page);
    const Access accessed = visit(Find(at), at, done, count);
    if (!accessed) return accessed;
    done += count;
  }
  return {};
}

Access Mm::Read(std::uint64_t address, std::span<std::byte> bytes, const Trail& trail) {
  const ReaderLock lock(lock_);
  return EachPage(address, bytes.size(),
                  [&](const std::optional<Place>& place, std::uint64_t at, std::size_t done,
                      std::size_t count) -> Access {
                    const std::span<std::byte> part = bytes.subspan(done, count);
                    const bool mapped = place.has_value();
                    if (!mapped && IsElsewhere(at) && elsewhere_->Read(at, part)) return {};
                    if (trail.If("nothing is mapped there", !mapped, {{"address", at}}))
                      return Raise(Signal::kSIGSEGV, trail);
                    if (trail.If("the mapping can't be read", place->prot == PROT_NONE))
                      return Raise(Signal::kSIGSEGV, trail);
                    return place->mapping->Read(place->offset, part, trail);
                  });
}

Access Mm::Write(std::uint64_t address, std::span<const std::byte> bytes, const Trail& trail) {
  const ReaderLock lock(lock_);
  return EachPage(address, bytes.size(),
                  [&](const std::optional<Place>& place, std::uint64_t at, std::size_t done,
                      std::size_t count) -> Access {
                    const std::span<const std::byte> part = bytes.subspan(done, count);
                    const bool mapped = place.has_value();
                    if (!mapped && IsElsewhere(at) && elsewhere_->Write(at, part)) return {};
                    if (trail.If("nothing is mapped there", !mapped, {{"address", at}}))
                      return Raise(Signal::kSIGSEGV, trail);
                    if (trail.If("the mapping can't be written", (place->prot & PROT_WRITE) == 0))
                      return Raise(Signal::kSIGSEGV, trail);
                    return place->mapping->Write(place->offset, part, trail);
                  });
}

std::expected<std::unique_ptr<PagePin>, Signal> Mm::Pin(std::uint64_t address, const Trail& trail) {
  const ReaderLock lock(lock_);
  const std::optional<Place> place = Find(address);
  if (trail.If("nothing is mapped there", !place.has_value(), {{"address", address}}))
    return Raise(Signal::kSIGSEGV, trail);
  if (trail.If("the mapping can't be read", place->prot == PROT_NONE))
    return Raise(Signal::kSIGSEGV, trail);
  return place->mapping->Pin(place->offset, trail);
}

Result<> Mm::CopyFromUser(std::uint64_t address, std::span<std::byte> bytes) {
  if (!Read(address, bytes)) return Failure(uapi::Errno::kEFAULT);
  return {};
}

Result<> Mm::CopyToUser(std::uint64_t address, std::span<const std::byte> bytes) {
  if (!Write(address, bytes)) return Failure(uapi::Errno::kEFAULT);
  return {};
}

std::unique_ptr<Mm> Mm::Fork() const {
  // Outlives the lock: unwinding may destroy it, and it takes its own lock to unmap.
  std::unique_ptr<Mm> child;
  // Exclusive: no thread of this process writes meanwhile.
  const WriterLock lock(lock_);
  Areas child_areas;
  // Pieces of one mapping stay pieces of one mapping in the child.
  std::map<const Mapping*, std::shared_ptr<Mapping>> copies;
  for (const auto& [address, area] : areas_) {
    std::shared_ptr<Mapping>& copy = copies[area.mapping.get()];
    if (copy == nullptr) copy = IsSharedMemory(area.file) ? area.mapping : area.mapping->Fork();
    child_areas[address] = Vma{area.end, area.offset, area.prot, copy, area.file, false};
  }
  child.reset(new Mm(page_shift_, elsewhere_, std::move(child_areas), next_address_));
  for (const auto& [address, area] : areas_) {
    const std::uint64_t first = area.offset >> page_shift_;
    Mapping& mapping = *copies.at(area.mapping.get());
    if (!mapping.Place(child->notifiers_, address - area.offset,
                       {first, first + ((area.end - address) >> page_shift_)})) {
      throw std::bad_alloc();
    }
  }
  return child;
}

}  // namespace kvm_model
