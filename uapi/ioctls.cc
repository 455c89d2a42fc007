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

constexpr std::uint8_t NumberOf(std::uint32_t request) {
  return static_cast<std::uint8_t>(request);
}

// The ioctls that an encoding knows, by number (the request's last byte) and then by request.
template <std::size_t kSize>
struct IoctlIndex {
  std::array<NumberedIoctl, kSize> sorted{};
  // Those of number n are [starts[n], starts[n + 1]) of these.
  std::array<std::uint8_t, 257> starts{};
};

template <Encoding kEncoding>
constexpr auto MakeIndex() {
  IoctlIndex<CountRequests(kEncoding)> index;
  std::size_t count = 0;
  for (std::size_t i = 0; i < AllIoctls().size(); ++i) {
    if (!HasRequest(IdAt(i), kEncoding)) continue;
    index.sorted[count++] = {.request = Request(IdAt(i), kEncoding), .id = IdAt(i)};
  }
  std::ranges::sort(index.sorted, {}, [](const NumberedIoctl& ioctl) {
    return std::uint64_t{NumberOf(ioctl.request)} << 32 | ioctl.request;
  });
  for (const NumberedIoctl& ioctl : index.sorted) ++index.starts[NumberOf(ioctl.request) + 1U];
  for (std::size_t n = 1; n < index.starts.size(); ++n) {
    index.starts[n] = static_cast<std::uint8_t>(index.starts[n] + index.starts[n - 1]);
  }
  return index;
}

constexpr auto kGenericIndex = MakeIndex<Encoding::kGeneric>();
constexpr auto kPowerpcMipsIndex = MakeIndex<Encoding::kPowerpcMips>();

template <std::size_t kSize>
constexpr bool AreUnique(const IoctlIndex<kSize>& index) {
  return std::ranges::adjacent_find(index.sorted, {}, &NumberedIoctl::request) ==
         index.sorted.end();
}
static_assert(AreUnique(kGenericIndex));
static_assert(AreUnique(kPowerpcMipsIndex));

constexpr bool SizesFit() {
  return std::ranges::all_of(AllIoctls(), [](const IoctlDef& ioctl) {
    return ioctl.size < (ioctl.argument_size == ArgumentSize::kFixed ? 1U << 13 : 1U << 14);
  });
}
static_assert(SizesFit());

template <std::size_t kSize>
std::optional<IoctlId> Find(const IoctlIndex<kSize>& index, std::uint32_t request) noexcept {
  const std::size_t number = NumberOf(request);
  for (std::size_t i = index.starts[number]; i < index.starts[number + 1]; ++i) {
    if (index.sorted[i].request == request) return index.sorted[i].id;
  }
  return std::nullopt;
}

}  // namespace

std::optional<IoctlId> FindIoctl(std::uint32_t request, Encoding encoding) noexcept {
  return encoding == Encoding::kGeneric ? Find(kGenericIndex, request)
                                        : Find(kPowerpcMipsIndex, request);
}

std::optional<IoctlId> IoctlByName(std::string_view name) {
  const auto found = std::ranges::find(ioctl_table::kRows, name, &IoctlDef::name);
  if (found == ioctl_table::kRows.end()) return std::nullopt;
  return IdAt(static_cast<std::size_t>(found - ioctl_table::kRows.begin()));
}

}  // namespace kvm_model::uapi
