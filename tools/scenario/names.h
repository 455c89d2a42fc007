// Names as a scenario writes them, and the numbers that they stand for.
//
// What a name means depends on the argument that it stands in (its NameDomain) and on the host:
// each architecture has its own VM types and packs ioctls its own way, and each revision has its
// own capabilities. All numbers come from uapi/.
#ifndef KVM_MODEL_TOOLS_SCENARIO_NAMES_H_
#define KVM_MODEL_TOOLS_SCENARIO_NAMES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenario/call_table.h"

namespace kvm_model::scenario {

// What a host line may name.
inline constexpr auto kArchitectures = std::to_array<std::string_view>(
    {"x86", "arm64", "riscv", "s390", "loongarch", "powerpc", "mips"});
std::vector<std::string_view> RevisionNames();
// Those of them that the model has; the others are for a machine's kernel.
inline constexpr auto kModelledRevisions = std::to_array<std::string_view>(
    {"linux-6.12", "linux-6.18", "linux-7.0", "rfc-v4", "next-20260923"});

struct NameContext {
  std::string_view arch;
  std::string_view revision;
};

// The number that `name` stands for, with or without the prefix that the kernel gives it.
std::optional<std::uint64_t> ResolveName(NameDomain domain, std::string_view name,
                                         const NameContext& context);

// All names of the domain, for suggestions.
std::vector<std::string_view> NamesIn(NameDomain domain, const NameContext& context);

// "ZERO|PRESERVE": a number in the domain's names. Bits and values without a name are numbers.
std::string FormatNumber(NameDomain domain, std::uint64_t number, const NameContext& context);

// A name of the domain as a C program writes it, with the kernel's prefix: PRIVATE is
// KVM_MEMORY_ATTRIBUTE_PRIVATE, rw is "PROT_READ | PROT_WRITE". A name that no header has is the
// number that it stands for.
std::string SpelledInC(NameDomain domain, std::string_view name, const NameContext& context);

// What the number that answers this capability consists of; kNone for one that is only a number.
NameDomain CapabilityAnswerDomain(std::uint64_t capability, const NameContext& context);

// "a VM type of arm64", for error messages.
std::string DescribeDomain(NameDomain domain, const NameContext& context);

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_SCENARIO_NAMES_H_
