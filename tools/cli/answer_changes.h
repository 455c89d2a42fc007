// What would change a capability's answer: found by trying, one change at a time.
//
// Cost: a host and a VM for each thing that is tried, some hundred of them: tens of milliseconds.
#ifndef KVM_MODEL_TOOLS_CLI_ANSWER_CHANGES_H_
#define KVM_MODEL_TOOLS_CLI_ANSWER_CHANGES_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"

namespace kvm_model::cli {

// What kind of thing is changed, in the order to tell them.
enum class ChangeKind : std::uint8_t { kScope, kCall, kVmType, kRevision, kSetting, kTogether };
inline constexpr std::array kChangeKinds = {ChangeKind::kScope,   ChangeKind::kCall,
                                            ChangeKind::kVmType,  ChangeKind::kRevision,
                                            ChangeKind::kSetting, ChangeKind::kTogether};

// "scope", "call", "vm_type", "revision", "setting", "together".
std::string_view ChangeKindName(ChangeKind kind);
// "Asking somebody else": what stands above such changes.
std::string_view ChangeKindHeading(ChangeKind kind);

struct AnswerChange {
  ChangeKind kind = ChangeKind::kSetting;
  // "/dev/kvm", "KVM_CREATE_IRQCHIP", "SNP", "linux-6.18", "hw.vendor=pvm".
  std::string change;
  CapabilityAnswer answer;
};

struct AnswerChanges {
  std::vector<AnswerChange> changing;  // in order of kind; settings in the table's order
  // What was tried and gives the same answer. A setting stands here once, by name, when none of its
  // values that were tried changes the answer.
  std::vector<std::pair<ChangeKind, std::string>> without_effect;
};

// Tries the other scope; calls on the VM before the question; each other VM type; each other
// revision; and each setting that the host has, alone: the other value of a switch, every other
// word or listed number, and for plain numbers 0, half, one less, one more and double. What the
// host refuses is skipped. Where nothing of that but another scope changes the answer, two changes
// are tried together: each other VM type with each setting, and the presets of the architecture.
AnswerChanges FindChanges(const AskedHost& asked, const CapabilityAnswer& answer);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_ANSWER_CHANGES_H_
