// Explanations as JSON: docs/command-line.md has the fields.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_JSON_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_JSON_H_

#include "nlohmann/json_fwd.hpp"
#include "tools/cli/explain_topics.h"
#include "tools/cli/explanation.h"
#include "tools/cli/step_glossary.h"

namespace kvm_model::cli {

// Everything that can be asked.
nlohmann::ordered_json TopicsToJson(const Explanations& all);

nlohmann::ordered_json ToJson(const Explanations& all, const RuleTopic& topic);
nlohmann::ordered_json ToJson(const Explanations& all, const TermTopic& topic);
nlohmann::ordered_json ToJson(const Explanations& all, const ErrnoTopic& topic);
nlohmann::ordered_json ToJson(const Explanations& all, const ListTopic& topic);
nlohmann::ordered_json ToJson(const Explanations& all, const SettingTopic& topic);
nlohmann::ordered_json ToJson(const StepAbout& about);
// What `caps explain` prints, and what the capability answers everywhere.
nlohmann::ordered_json CapabilityToJson(const Explanation& explanation);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_JSON_H_
