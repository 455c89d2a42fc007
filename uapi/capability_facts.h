// What each KVM capability means: its subject, what its value is, what a program can do with it,
// where the kernel's API document (Documentation/virt/kvm/api.rst) speaks of it, which ioctls need
// it and where it can be enabled. Which kernel answers what is not here: that is the model's.
//
// Facts belong to a name. A number that changed hands has one row for each of its names; the one
// name with two numbers has a row for each number, which differ in the ioctls that need it only.
//
// Cost: the tables are constants; a search walks some 250 rows. Nothing allocates.
//
// Caveat: section numbers are those of linux-7.0's document, of rfc-v4's for a name that only
// rfc-v4 has, and of the kernel's own for a later name.

#ifndef KVM_MODEL_UAPI_CAPABILITY_FACTS_H_
#define KVM_MODEL_UAPI_CAPABILITY_FACTS_H_

#include <span>
#include <string_view>

#include "uapi/capability_facts_types.h"  // IWYU pragma: export
#include "uapi/flags.h"                   // IWYU pragma: export

namespace kvm_model::uapi {

// Every group, in the order to show them.
std::span<const CapabilityGroupInfo> CapabilityGroups();
const CapabilityGroupInfo& GroupInfo(CapabilityGroup group);

// Row i is about row i of AllCapabilities() (uapi/capabilities.h), so in order of number.
std::span<const CapabilityFacts> AllCapabilityFacts();

// The facts about a full name; null for an unknown one. The name with two numbers answers with the
// lower number's row.
const CapabilityFacts* FindCapabilityFacts(std::string_view name);

// The facts about a number under one of its full names; null where no header names it so.
const CapabilityFacts* FindCapabilityFacts(int number, std::string_view name);

// The names of the bits of the capability's value on `arch` ("x86", "arm64", ...), for DecodeFlags.
// Empty where the value there is no set of bits, and for unknown names.
std::span<const FlagName> CapabilityValueFlags(std::string_view name, std::string_view arch);

// What the value is on `arch`: `facts.value`, but kBoolean for a kFlags or kVmTypes whose value
// there is no set of bits: 1 or nothing but 0.
CapabilityValueKind CapabilityValueKindOn(const CapabilityFacts& facts, std::string_view arch);

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_CAPABILITY_FACTS_H_
