// KVM's ioctls: names, numbers, which fds take them, and the two ways that architectures pack them.
//
// A request is a 32-bit number made of a direction, the argument's size, a type (KVM's is 0xAE) and
// a number. x86, arm64, riscv, s390 and loongarch pack it one way, powerpc and mips another. The
// number alone does not name an ioctl: 0xd2 with 32 bytes is KVM_SET_MEMORY_ATTRIBUTES and with 128
// bytes KVM_SET_MEMORY_ATTRIBUTES2.
//
// Cost: FindIoctl compares with the one or two ioctls that share a number; GetIoctl and
// Request are array look-ups, Ioctl and RequestOf are computed by the compiler. Nothing allocates.
//
// Caveat: registers and other structs that each architecture defines (ArgumentSize::kPerArch) are
// listed with x86-64's size. Another architecture's request for them is not found.

#ifndef KVM_MODEL_UAPI_IOCTLS_H_
#define KVM_MODEL_UAPI_IOCTLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "uapi/constants.h"
#include "uapi/ioctl_table.h"

namespace kvm_model::uapi {

// kGeneric: two bits of direction, 14 of size. kPowerpcMips: three bits and 13, other codes.
enum class Encoding : std::uint8_t { kGeneric, kPowerpcMips };

// The request number. `size` is in bytes and must fit: below 16384, or 8192 for kPowerpcMips.
constexpr std::uint32_t Encode(Direction direction, std::uint8_t type, std::uint8_t nr,
                               std::uint32_t size, Encoding encoding) {
  struct Packing {
    std::uint32_t direction_shift;
    std::uint32_t codes[4];  // Indexed by Direction.
  };
  constexpr Packing kGenericPacking = {.direction_shift = 30, .codes = {0, 2, 1, 3}};
  constexpr Packing kPowerpcMipsPacking = {.direction_shift = 29, .codes = {1, 2, 4, 6}};
  const Packing& packing = encoding == Encoding::kGeneric ? kGenericPacking : kPowerpcMipsPacking;
  return packing.codes[static_cast<std::size_t>(direction)] << packing.direction_shift |
         size << 16 | std::uint32_t{type} << 8 | nr;
}

// Whose ioctl a request is: KVM's are kKvmio. Both encodings have the type in the same place.
constexpr std::uint8_t TypeOf(std::uint32_t request) {
  return static_cast<std::uint8_t>(request >> 8);
}

// Names one row of the table of ioctls. Usable as a `case`.
enum class IoctlId : std::uint8_t {};

// Every ioctl; an IoctlId is an index into it.
constexpr std::span<const IoctlDef> AllIoctls() { return ioctl_table::kRows; }

constexpr const IoctlDef& GetIoctl(IoctlId id) {
  return ioctl_table::kRows[static_cast<std::size_t>(id)];
}

namespace ioctl_internal {

// Never defined: a call of it while compiling is the compiler's error message.
void NoSuchIoctl();

}  // namespace ioctl_internal

// The ioctl of that name; a name that the table lacks does not compile.
consteval IoctlId Ioctl(std::string_view name) {
  for (std::size_t i = 0; i < ioctl_table::kRows.size(); ++i) {
    if (ioctl_table::kRows[i].name == name) return IoctlId{static_cast<std::uint8_t>(i)};
  }
  ioctl_internal::NoSuchIoctl();
  return {};
}

// Whether architectures with this encoding have the ioctl and the table knows its number there. On
// powerpc and mips that leaves out what other architectures own and what each of them sizes itself.
constexpr bool HasRequest(IoctlId id, Encoding encoding) {
  const IoctlDef& ioctl = GetIoctl(id);
  return encoding == Encoding::kGeneric ||
         (ioctl.arch == IoctlArch::kAll && ioctl.argument_size == ArgumentSize::kFixed);
}

// The request number; 0, which is no request of KVM's, where HasRequest is false.
constexpr std::uint32_t Request(IoctlId id, Encoding encoding) {
  if (!HasRequest(id, encoding)) return 0;
  const IoctlDef& ioctl = GetIoctl(id);
  return Encode(ioctl.direction, kKvmio, ioctl.nr, ioctl.size, encoding);
}

// The generic request number: RequestOf("KVM_CREATE_VM") is 0xae01. An unknown name does not
// compile.
consteval std::uint32_t RequestOf(std::string_view name) {
  return Request(Ioctl(name), Encoding::kGeneric);
}

// The ioctl of that request number; nothing if no ioctl in the table has exactly that number.
std::optional<IoctlId> FindIoctl(std::uint32_t request, Encoding encoding) noexcept;

// The ioctl of that name; nothing for a name that the table lacks.
std::optional<IoctlId> IoctlByName(std::string_view name);

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_IOCTLS_H_
