// One capability's answer explained: all that `kvmsim caps explain` tells, and its forms.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLANATION_H_
#define KVM_MODEL_TOOLS_CLI_EXPLANATION_H_

#include <expected>
#include <ostream>
#include <string>

#include "nlohmann/json_fwd.hpp"
#include "tools/cli/answer_changes.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_options.h"
#include "uapi/capability_facts.h"

namespace kvm_model::cli {

struct Explanation {
  AskedHost asked;
  CapabilityAnswer answer;
  const uapi::CapabilityFacts* facts = nullptr;  // null for a number without a name
  AnswerChanges changes;
};

// Asks, and tries what would change the answer. An error in words when the host can't make the VM.
std::expected<Explanation, std::string> Explain(const AskedHost& asked,
                                                const CapabilityName& capability);

// "a set of flags", "a number of vCPUs": what kind of value the answer is on the host asked; empty
// for a number without a name.
std::string ValueKindText(const Explanation& explanation);

void PrintExplanation(const Explanation& explanation, std::ostream& out);
// The object that PrintExplanationJson prints.
nlohmann::ordered_json ToJson(const Explanation& explanation);
void PrintExplanationJson(const Explanation& explanation, std::ostream& out);
// The answer and what would change it, a row each.
void PrintExplanationCsv(const Explanation& explanation, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLANATION_H_
