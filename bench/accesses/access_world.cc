#include "bench/accesses/access_world.h"

#include <linux/falloc.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <unordered_set>
#include <variant>
#include <vector>

#include "bench/model/guest_memfd_vm.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t kSeed = 4242;
constexpr std::uint64_t kFileBytes = AccessWorld::kPages << GuestMemfdVm::kPageShift;
constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

const Trail kNobodyListens(nullptr);

Outcome OutcomeOf(const GuestAccessResult& result, std::uint64_t gpa, GuestAddressing addressing) {
  if (const auto* byte = std::get_if<std::byte>(&result)) return std::to_integer<Outcome>(*byte);
  const auto* fault = std::get_if<MemoryFaultExit>(&result);
  if (fault == nullptr) return kOtherwise;
  const std::uint64_t flags =
      addressing == GuestAddressing::kPrivate ? uapi::kMemoryExitFlagPrivate : 0;
  const bool is_told = fault->gpa == gpa && fault->size == GuestMemfdVm::kPageBytes &&
                       fault->flags == flags && fault->error == uapi::Errno::kEFAULT;
  return is_told ? kMemoryFault : kOtherwise;
}

}  // namespace

AccessWorld::AccessWorld(std::uint64_t runs) : guest_(kPages, kSeed), random_(kSeed) {
  if (!guest_.error().empty()) return;
  std::set<PageIndex> starts = {0};
  while (starts.size() < runs) starts.insert(random_() % kPages);
  starts.insert(kPages);
  bool is_private = false;
  PageIndex start = 0;
  for (const PageIndex end : starts) {
    if (end == 0) continue;
    if (is_private) guest_.Set({start, end}, kPrivate);
    is_private = !is_private;
    start = end;
  }
}

std::vector<PageIndex> AccessWorld::DrawPages(std::size_t count, Attributes attributes) {
  std::vector<PageIndex> pages;
  std::unordered_set<PageIndex> drawn;
  while (pages.size() < count) {
    const PageIndex page = random_() % kPages;
    if (guest_.RangeHas({page, page + 1}, attributes) && drawn.insert(page).second) {
      pages.push_back(page);
    }
  }
  return pages;
}

Outcome AccessWorld::GuestRead(PageIndex page, GuestAddressing addressing) {
  const std::uint64_t gpa = guest_.GuestAddress(page);
  return OutcomeOf(kvm_model::GuestRead(guest_.vm(), gpa, addressing, kNobodyListens), gpa,
                   addressing);
}

Outcome AccessWorld::GuestWrite(PageIndex page, std::byte value, GuestAddressing addressing) {
  const std::uint64_t gpa = guest_.GuestAddress(page);
  return OutcomeOf(kvm_model::GuestWrite(guest_.vm(), gpa, value, addressing, kNobodyListens), gpa,
                   addressing);
}

Outcome AccessWorld::HostRead(PageIndex page) {
  const auto byte = guest_.task().HostRead(guest_.HostAddress(page));
  if (byte) return std::to_integer<Outcome>(*byte);
  return byte.error() == Signal::kSIGBUS ? kSigbus : kOtherwise;
}

Outcome AccessWorld::PreFault(PageIndex page) {
  uapi::kvm_pre_fault_memory range{};
  range.gpa = guest_.GuestAddress(page);
  range.size = GuestMemfdVm::kPageBytes;
  const bool done = PreFaultMemory(guest_.vm(), range, kNobodyListens).has_value();
  return done && range.size == 0 ? 0 : kOtherwise;
}

bool AccessWorld::PunchHole() {
  return guest_.task()
      .Fallocate(guest_.fd(), FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, kFileBytes)
      .has_value();
}

bool AccessWorld::ForgetHostMappings() {
  return guest_.task()
      .Madvise(guest_.HostAddress(0), kFileBytes, MemoryAdvice::kDontNeed)
      .has_value();
}

}  // namespace kvm_model::bench
