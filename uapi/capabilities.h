// KVM's capability numbers and their names, by header version.
//
// A number's name depends on the header: 248, 249 and 250 are rfc-v4's in one branch and other
// architectures' in what was merged. One name has two numbers:
// KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES is 249 in rfc-v4 and 252 in next-20260923, so Cap() wants
// to be told which is meant.
//
// Cost: Cap() is computed by the compiler. CapabilityNameIn is a binary search, the others walk
// some 250 rows; none allocates.

#ifndef KVM_MODEL_UAPI_CAPABILITIES_H_
#define KVM_MODEL_UAPI_CAPABILITIES_H_

#include <optional>
#include <span>
#include <string_view>

#include "uapi/capability_table.h"
#include "uapi/header_version.h"

namespace kvm_model::uapi {

// The highest number that some header names.
inline constexpr int kMaxCapability = capability_table::kRows.back().number;

// Every number with each of its names, in order of number.
constexpr std::span<const CapabilityName> AllCapabilities() { return capability_table::kRows; }

// The numbers up to kMaxCapability that no header names, in order.
constexpr std::span<const int> CapabilityGaps() { return capability_table::kGaps; }

// "GUEST_MEMFD" for "KVM_CAP_GUEST_MEMFD"; a name without the prefix is returned as it is.
constexpr std::string_view CapabilityShortName(std::string_view name) {
  constexpr std::string_view kPrefix = "KVM_CAP_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  return name;
}

namespace capability_internal {

// Never defined: a call of one of them while compiling is the compiler's error message.
void NoHeaderHasThisCapability();
void ThisCapabilityHasTwoNumbersSayWhichHeaderIsMeant();

}  // namespace capability_internal

// The number of `name`, with its prefix: Cap("KVM_CAP_GUEST_MEMFD") is 234. Usable as a `case`. A
// name that no header has, or that two headers number differently, does not compile.
consteval int Cap(std::string_view name) {
  int number = -1;
  for (const CapabilityName& row : capability_table::kRows) {
    if (row.name != name) continue;
    if (number >= 0) capability_internal::ThisCapabilityHasTwoNumbersSayWhichHeaderIsMeant();
    number = row.number;
  }
  if (number < 0) capability_internal::NoHeaderHasThisCapability();
  return number;
}

// The number of `name` in one header; a name that it doesn't have does not compile.
consteval int Cap(std::string_view name, HeaderVersion header) {
  for (const CapabilityName& row : capability_table::kRows) {
    if (row.name == name && row.headers.Contains(header)) return row.number;
  }
  capability_internal::NoHeaderHasThisCapability();
  return -1;
}

// The number of `name`, with or without KVM_CAP_, in any header; nothing for an unknown name. The
// name with two numbers answers with the lower one, which is rfc-v4's.
std::optional<int> CapabilityNumber(std::string_view name);

// The number of `name`, with or without KVM_CAP_, in `header`; nothing where that header lacks it.
std::optional<int> CapabilityNumberIn(std::string_view name, HeaderVersion header);

// The name of `number` in `header`, with its prefix; "" where that header has no such number.
std::string_view CapabilityNameIn(int number, HeaderVersion header);

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_CAPABILITIES_H_
