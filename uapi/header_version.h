// Which version of <linux/kvm.h> a name belongs to.
//
// KVM never reuses a number that a release has given out, but numbers that a patch series proposes
// do change hands: 248, 249 and 250 mean one thing in rfc-v4 and another in what was merged. A
// number alone therefore has no name; a number in a header has.
//
// Cost: everything here is constexpr; a set is one word.

#ifndef KVM_MODEL_UAPI_HEADER_VERSION_H_
#define KVM_MODEL_UAPI_HEADER_VERSION_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace kvm_model::uapi {

// In order of age. kRfcV4 and kNext20260923 are two branches from kLinux70, not successors.
enum class HeaderVersion : std::uint8_t { kLinux612, kLinux618, kLinux70, kRfcV4, kNext20260923 };

inline constexpr auto kHeaderVersions = std::to_array<HeaderVersion>({
    HeaderVersion::kLinux612,
    HeaderVersion::kLinux618,
    HeaderVersion::kLinux70,
    HeaderVersion::kRfcV4,
    HeaderVersion::kNext20260923,
});

// "linux-6.12", "linux-6.18", "linux-7.0", "rfc-v4" or "next-20260923".
constexpr std::string_view HeaderVersionName(HeaderVersion version) {
  switch (version) {
    case HeaderVersion::kLinux612:
      return "linux-6.12";
    case HeaderVersion::kLinux618:
      return "linux-6.18";
    case HeaderVersion::kLinux70:
      return "linux-7.0";
    case HeaderVersion::kRfcV4:
      return "rfc-v4";
    case HeaderVersion::kNext20260923:
      return "next-20260923";
  }
  return "";
}

constexpr std::optional<HeaderVersion> HeaderVersionByName(std::string_view name) {
  for (const HeaderVersion version : kHeaderVersions) {
    if (HeaderVersionName(version) == name) return version;
  }
  return std::nullopt;
}

// A set of header versions.
class HeaderVersionSet {
 public:
  constexpr HeaderVersionSet() = default;
  constexpr HeaderVersionSet(std::initializer_list<HeaderVersion> versions) {
    for (const HeaderVersion version : versions) bits_ |= Bit(version);
  }

  constexpr bool Contains(HeaderVersion version) const { return (bits_ & Bit(version)) != 0; }
  constexpr bool Empty() const { return bits_ == 0; }

  // Whether some version is in both sets.
  constexpr bool Intersects(HeaderVersionSet other) const { return (bits_ & other.bits_) != 0; }

  friend constexpr bool operator==(HeaderVersionSet, HeaderVersionSet) = default;

 private:
  static constexpr unsigned Bit(HeaderVersion version) {
    return 1U << static_cast<unsigned>(version);
  }

  unsigned bits_ = 0;
};

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_HEADER_VERSION_H_
