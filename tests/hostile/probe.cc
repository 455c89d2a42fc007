#include "tests/hostile/probe.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/hostile/allowed.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {

Prober::Prober(World& world) : world_(world), first_fds_(world.task().fds().Open()) {}

std::string Prober::Probe(const Form& form, std::span<const std::byte> bytes) {
  if (!before_.has_value()) before_ = world_.Look();
  answer_ = CallWith(world_, form, bytes, world_.scratch());
  const std::string wrong =
      WhyNotAllowed(world_.host(), form.kind, RequestOf(world_, form), answer_);
  if (!wrong.empty()) return wrong;
  if (!answer_ && form.ioctl == "KVM_GET_DIRTY_LOG" && answer_.error() == uapi::Errno::kEFAULT) {
    return LosesTheLogAlone(*std::exchange(before_, std::nullopt));
  }
  if (!answer_) return Difference(*before_, world_.Look());
  CloseNewDescriptors();
  world_.WriteLoggedPages();
  if (form.ioctl.starts_with("KVM_SET_USER_MEMORY_REGION")) ForgetSlot(bytes);
  before_ = std::nullopt;
  return {};
}

std::string Prober::LosesTheLogAlone(Picture before) {
  Picture after = world_.Look();
  for (Picture* picture : {&before, &after}) {
    std::erase_if(*picture,
                  [](const auto& entry) { return entry.first.ends_with(" dirty pages"); });
  }
  world_.WriteLoggedPages();
  return Difference(before, after);
}

void Prober::CloseNewDescriptors() {
  for (const int fd : world_.task().fds().Open()) {
    if (!std::ranges::binary_search(first_fds_, fd)) (void)world_.task().Close(fd);
  }
}

void Prober::ForgetSlot(std::span<const std::byte> bytes) {
  uapi::kvm_userspace_memory_region2 gone{};
  std::memcpy(&gone.slot, bytes.data(), sizeof(gone.slot));
  if (gone.slot <= World::kLoggedSlot) return;
  (void)world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), gone);
}

std::vector<std::uint64_t> Corners(const World& world, FieldKind kind) {
  const std::uint64_t page = world.page();
  if (kind == FieldKind::kUnused || kind == FieldKind::kOutput) return FewCorners(world);
  std::vector<std::uint64_t> corners = {0, 1, 2, 3, 4, 7, 8, 0xffff, 0x10000, 0x7fffffff};
  for (const std::uint64_t limit :
       {page, 2 * page, 4 * page, 8 * page, 64 * page, World::kLoggedPages, std::uint64_t{4096},
        std::uint64_t{32764}, std::uint64_t{32767}, std::uint64_t{1} << 31, std::uint64_t{1} << 32,
        (std::uint64_t{1} << 31) * page, std::uint64_t{1} << 40, std::uint64_t{1} << 46,
        std::uint64_t{1} << 47, std::uint64_t{1} << 52, std::uint64_t{1} << 63, std::uint64_t{0}}) {
    for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, page}) {
      corners.push_back(limit - step);
      corners.push_back(limit + step);
    }
  }
  for (unsigned bit = 0; kind == FieldKind::kFlags && bit < 64; ++bit) {
    corners.push_back(std::uint64_t{1} << bit);
  }
  std::ranges::sort(corners);
  const auto repeated = std::ranges::unique(corners);
  corners.erase(repeated.begin(), repeated.end());
  return corners;
}

std::vector<std::uint64_t> FewCorners(const World& world) {
  const std::uint64_t page = world.page();
  return {0,
          1,
          4,
          page,
          page - 1,
          8 * page,
          std::uint64_t{1} << 43,
          std::uint64_t{1} << 63,
          (std::uint64_t{1} << 63) - page,
          ~std::uint64_t{0} - page + 1,
          ~std::uint64_t{0}};
}

}  // namespace kvm_model::hostile
