#include "uapi/ioctls.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "uapi/ioctl_table.h"

namespace kvm_model::uapi {
namespace {

struct NumberedIoctl {
  std::uint32_t request;
  IoctlId id;
};

constexpr IoctlId IdAt(std::size_t index) { return IoctlId{static_cast<std::uint8_t>(index)}; }

constexpr std::size_t CountRequests(Encoding encoding) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < AllIoctls().size(); ++i) {
    if (HasRequest(IdAt(i), encoding)) ++count;
  }
  return count;
}

// The ioctls that an encoding numbers, in order of number.
template <Encoding kEncoding>
constexpr auto ByRequest() {
  std::array<NumberedIoctl, CountRequests(kEncoding)> sorted{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < AllIoctls().size(); ++i) {
    if (!HasRequest(IdAt(i), kEncoding)) continue;
    sorted[count++] = {.request = Request(IdAt(i), kEncoding), .id = IdAt(i)};
  }
  std::ranges::sort(sorted, {}, &NumberedIoctl::request);
  return sorted;
}

constexpr auto kGenericRequests = ByRequest<Encoding::kGeneric>();
constexpr auto kPowerpcMipsRequests = ByRequest<Encoding::kPowerpcMips>();

template <std::size_t kSize>
constexpr bool AreUnique(const std::array<NumberedIoctl, kSize>& sorted) {
  return std::ranges::adjacent_find(sorted, {}, &NumberedIoctl::request) == sorted.end();
}
static_assert(AreUnique(kGenericRequests));
static_assert(AreUnique(kPowerpcMipsRequests));

constexpr bool SizesFit() {
  return std::ranges::all_of(AllIoctls(), [](const IoctlDef& ioctl) {
    return ioctl.size < (ioctl.argument_size == ArgumentSize::kFixed ? 1U << 13 : 1U << 14);
  });
}
static_assert(SizesFit());

template <std::size_t kSize>
std::optional<IoctlId> Find(const std::array<NumberedIoctl, kSize>& sorted,
                            std::uint32_t request) noexcept {
  const auto found = std::ranges::lower_bound(sorted, request, {}, &NumberedIoctl::request);
  if (found == sorted.end() || found->request != request) return std::nullopt;
  return found->id;
}

}  // namespace

std::optional<IoctlId> FindIoctl(std::uint32_t request, Encoding encoding) noexcept {
  return encoding == Encoding::kGeneric ? Find(kGenericRequests, request)
                                        : Find(kPowerpcMipsRequests, request);
}

std::optional<IoctlId> IoctlByName(std::string_view name) {
  const auto found = std::ranges::find(ioctl_table::kRows, name, &IoctlDef::name);
  if (found == ioctl_table::kRows.end()) return std::nullopt;
  return IdAt(static_cast<std::size_t>(found - ioctl_table::kRows.begin()));
}

}  // namespace kvm_model::uapi
