// Tables of named bits and named values, and how to print and read them.
//
// Cost: a walk over a short table; DecodeFlags builds a string, so keep it off fast paths.

#ifndef KVM_MODEL_UAPI_FLAGS_H_
#define KVM_MODEL_UAPI_FLAGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kvm_model::uapi {

// One flag. `bit` may hold several bits where the kernel gives a combination its own name; such a
// row stands before those of its parts.
struct FlagName {
  std::uint64_t bit;
  std::string_view name;        // As the kernel's header spells it.
  std::string_view short_name;  // Without the prefix that the table's names share.
};

// One value of a field that holds a number, not bits.
struct ValueName {
  std::uint64_t value;
  std::string_view name;
  std::string_view short_name;
};

namespace flags_internal {
// Has no definition: a consteval function that reaches it is an error, which names it.
void TheTableHasNoSuchFlag();
}  // namespace flags_internal

// The bit of the flag with this short name; a name that the table lacks does not compile.
template <std::size_t kSize>
consteval std::uint64_t FlagBit(const std::array<FlagName, kSize>& flags,
                                std::string_view short_name) {
  for (const FlagName& flag : flags) {
    if (flag.short_name == short_name) return flag.bit;
  }
  flags_internal::TheTableHasNoSuchFlag();
  return 0;
}

// All bits that have names.
template <std::size_t kSize>
consteval std::uint64_t AllFlagBits(const std::array<FlagName, kSize>& flags) {
  std::uint64_t bits = 0;
  for (const FlagName& flag : flags) bits |= flag.bit;
  return bits;
}

// "ZERO|PRESERVE": the short names of `value`'s flags in the table's order, then what has no name,
// in hexadecimal. 0 is "0".
std::string DecodeFlags(std::uint64_t value, std::span<const FlagName> flags);

// The inverse: names, short names and numbers (decimal, or hexadecimal after 0x) joined by '|'.
// Nothing for an empty text, an unknown name or a number that doesn't fit 64 bits.
std::optional<std::uint64_t> ParseFlags(std::string_view text, std::span<const FlagName> flags);

// The short name of `value`; "" if the table has none.
std::string_view ValueShortName(std::uint64_t value, std::span<const ValueName> values);

// The value of a name or short name; nothing if the table has none.
std::optional<std::uint64_t> ValueByName(std::string_view name, std::span<const ValueName> values);

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_FLAGS_H_
