// Explanations in words.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_

#include <ostream>

#include "tools/cli/explain_topics.h"
#include "tools/cli/explanation.h"
#include "tools/cli/step_glossary.h"

namespace kvm_model::cli {

// Everything that can be asked: terms, calls with their errnos, areas of rules.
void PrintTopics(const Explanations& all, std::ostream& out);

void PrintRule(const Explanations& all, const RuleTopic& topic, std::ostream& out);
void PrintTerm(const Explanations& all, const TermTopic& topic, std::ostream& out);
void PrintErrno(const Explanations& all, const ErrnoTopic& topic, std::ostream& out);
void PrintList(const Explanations& all, const ListTopic& topic, std::ostream& out);
void PrintCondition(const StepAbout& about, std::ostream& out);

// What it answers everywhere, and `caps explain` on one host.
void PrintCapability(const Explanation& explanation, std::ostream& out);
// The setting on each of its architectures, and the rules whose scenarios set it.
void PrintSetting(const Explanations& all, const SettingTopic& topic, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_
