// What the rows of the table behind uapi/capability_facts.h are made of. Include that, not this.

#ifndef KVM_MODEL_UAPI_CAPABILITY_FACTS_TYPES_H_
#define KVM_MODEL_UAPI_CAPABILITY_FACTS_TYPES_H_

#include <cstdint>
#include <string_view>

namespace kvm_model::uapi {

// The subjects that capabilities are sorted by, in the order to show them.
enum class CapabilityGroup : std::uint8_t {
  kApi,
  kLimits,
  kMemory,
  kGuestMemfd,
  kDirtyLogging,
  kInterrupts,
  kIo,
  kTime,
  kCpuFeatures,
  kVcpuState,
  kExits,
  kDebugging,
  kNested,
  kConfidential,
  kHyperVAndXen,
  kPowerpc,
  kS390,
};

struct CapabilityGroupInfo {
  CapabilityGroup group;
  std::string_view slug;   // "guest-memfd": lower case and hyphens, fit for a file's name.
  std::string_view title;  // Without a period.
  std::string_view about;  // One or two sentences.
};

// What a value other than 0 is.
enum class CapabilityValueKind : std::uint8_t {
  kBoolean,  // 1: yes.
  kNumber,   // A number of `unit`; with no unit, `meaning` says what each number means.
  kFlags,    // A set of bits; CapabilityValueFlags has their names.
  kVmTypes,  // A set of bits, of which bit n stands for type n of VM.
  kBytes,    // A number of bytes.
  kBits,     // The width of something, in bits.
  kNothing,  // No kernel described here answers anything but 0.
};

// What one name of a capability means. Texts are plain ASCII without line breaks.
struct CapabilityFacts {
  std::string_view name;  // With its KVM_CAP_ prefix.
  CapabilityGroup group;
  // On the architectures that have the capability; CapabilityValueKindOn tells them apart.
  CapabilityValueKind value;
  std::string_view unit = {};  // Of a kNumber: "vCPUs"; empty where the number counts nothing.
  // One sentence, with a period: what a program can do, or knows, when the answer is not 0.
  std::string_view meaning;
  // The sections of the kernel's API document that are about it, each with the fd where
  // KVM_ENABLE_CAP takes it and the architectures: "7.21 (VM; x86), 8.26 (x86)". Empty for none.
  std::string_view documented = {};
  // The ioctls that the API document says need it, each with its fds, architectures (left out where
  // the document names none) and section: "KVM_GET_IRQCHIP (VM; x86; 4.26)". Empty for none.
  std::string_view gates = {};
  // Whether KVM_ENABLE_CAP can enable it there, on some architecture in linux-7.0 or, for a later
  // name, in the first kernel that has it.
  bool enable_on_vm = false;
  bool enable_on_vcpu = false;
};

namespace capability_facts_table {

using enum CapabilityGroup;
using enum CapabilityValueKind;

}  // namespace capability_facts_table
}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_UAPI_CAPABILITY_FACTS_TYPES_H_
