// Explanations in words.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_

#include <ostream>

#include "tools/cli/explain_topics.h"
#include "tools/explain/why_not.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// Everything that can be asked: terms, calls with their errnos, areas of rules.
void PrintTopics(const Explanations& all, std::ostream& out);

void PrintTopic(const Explanations& all, const Topic& topic, std::ostream& out);

// Why the call failed, and each single change that would let it succeed.
void PrintWhyNot(const scenario::Scenario& scenario, const explain::WhyNot& why, std::ostream& out);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_TEXT_H_
