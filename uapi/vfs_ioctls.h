// The ioctls that the virtual file system answers itself, before a file's own handler is asked.
// They never reach KVM, whichever of its fds they are called on.
//
// Four of the numbers are packed like KVM's own; the five FIO ones are older than that and
// each architecture numbers them. The numbers are those of Linux 6.1's user headers as Debian
// packages them for amd64, arm64, riscv64, s390x, powerpc and mips; loongarch takes asm-generic's.
//
// Cost: FindVfsIoctl walks nine numbers, and none for a request of KVM's type; nothing allocates.

#ifndef KVM_MODEL_UAPI_VFS_IOCTLS_H_
#define KVM_MODEL_UAPI_VFS_IOCTLS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "uapi/constants.h"
#include "uapi/ioctl_table.h"
#include "uapi/ioctls.h"

namespace kvm_model::uapi {

enum class VfsIoctl : std::uint8_t {
  kFioclex,
  kFionclex,
  kFionbio,
  kFioasync,
  kFioqsize,
  kFigetbsz,
  kFiemap,
  kFifreeze,
  kFiclone,
};

// Whose numbers: kGeneric is x86's, arm64's, riscv's and loongarch's.
enum class VfsNumbering : std::uint8_t { kGeneric, kS390, kPowerpc, kMips };

struct VfsIoctlDef {
  VfsIoctl id;
  std::string_view name;
  std::array<std::uint32_t, 4> requests;  // Indexed by VfsNumbering.
};

namespace vfs_ioctl_table {

// The same request on every architecture, in the architecture's packing.
constexpr std::array<std::uint32_t, 4> Packed(Direction direction, std::uint8_t type,
                                              std::uint8_t nr, std::uint32_t size) {
  const std::uint32_t generic = Encode(direction, type, nr, size, Encoding::kGeneric);
  const std::uint32_t other = Encode(direction, type, nr, size, Encoding::kPowerpcMips);
  return {generic, generic, other, other};
}

constexpr std::uint32_t Powerpc(Direction direction, std::uint8_t nr, std::uint32_t size) {
  return Encode(direction, 'f', nr, size, Encoding::kPowerpcMips);
}

inline constexpr std::uint32_t kIntSize = 4;      // In bytes.
inline constexpr std::uint32_t kLoffTSize = 8;    // In bytes.
inline constexpr std::uint32_t kFiemapSize = 32;  // In bytes, without its extents.

// In the order of VfsIoctl.
inline constexpr auto kRows = std::to_array<VfsIoctlDef>({
    {VfsIoctl::kFioclex, "FIOCLEX", {0x5451, 0x5451, Powerpc(Direction::kNone, 1, 0), 0x6601}},
    {VfsIoctl::kFionclex, "FIONCLEX", {0x5450, 0x5450, Powerpc(Direction::kNone, 2, 0), 0x6602}},
    {VfsIoctl::kFionbio,
     "FIONBIO",
     {0x5421, 0x5421, Powerpc(Direction::kWrite, 126, kIntSize), 0x667e}},
    {VfsIoctl::kFioasync,
     "FIOASYNC",
     {0x5452, 0x5452, Powerpc(Direction::kWrite, 125, kIntSize), 0x667d}},
    {VfsIoctl::kFioqsize,
     "FIOQSIZE",
     {0x5460, 0x545e, Powerpc(Direction::kRead, 128, kLoffTSize), 0x667f}},
    {VfsIoctl::kFigetbsz, "FIGETBSZ", Packed(Direction::kNone, 0x00, 2, 0)},
    {VfsIoctl::kFiemap, "FS_IOC_FIEMAP", Packed(Direction::kReadWrite, 'f', 11, kFiemapSize)},
    {VfsIoctl::kFifreeze, "FIFREEZE", Packed(Direction::kReadWrite, 'X', 119, kIntSize)},
    {VfsIoctl::kFiclone, "FICLONE", Packed(Direction::kWrite, 0x94, 9, kIntSize)},
});

static_assert(std::ranges::none_of(kRows, [](const VfsIoctlDef& ioctl) {
  return std::ranges::any_of(ioctl.requests,
                             [](std::uint32_t request) { return TypeOf(request) == kKvmio; });
}));

}  // namespace vfs_ioctl_table

constexpr const VfsIoctlDef& GetVfsIoctl(VfsIoctl id) {
  return vfs_ioctl_table::kRows[static_cast<std::size_t>(id)];
}

constexpr std::uint32_t VfsRequest(VfsIoctl id, VfsNumbering numbering) {
  return GetVfsIoctl(id).requests[static_cast<std::size_t>(numbering)];
}

// The ioctl of that request number; nothing for a number that is left to the file's own handler.
constexpr std::optional<VfsIoctl> FindVfsIoctl(std::uint32_t request,
                                               VfsNumbering numbering) noexcept {
  if (TypeOf(request) == kKvmio) return std::nullopt;
  for (const VfsIoctlDef& ioctl : vfs_ioctl_table::kRows) {
    if (VfsRequest(ioctl.id, numbering) == request) return ioctl.id;
  }
  return std::nullopt;
}

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_VFS_IOCTLS_H_
