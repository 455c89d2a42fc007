// What is said of an errno of a call, of a term and of a rule, gathered from the texts, from what
// the suite's scenarios show and from the model: what text and JSON are written from.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_FACTS_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_FACTS_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/capability_answers.h"
#include "tools/cli/explain_topics.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"

namespace kvm_model::cli {

// Architecture by architecture, the revisions of the scenarios, oldest first.
using ShownOn = std::map<std::string, std::vector<std::string>>;

struct ErrnoFacts {
  const explain::ErrnoText* text = nullptr;  // null where nobody wrote one
  std::set<rules::Decision> checks;          // that give it
  explain::Example example;
  ShownOn shown_on;
  std::vector<const rules::Rule*> changes;  // between revisions
};

struct TermFacts {
  explain::Example example;
  ShownOn shown_on;
  std::vector<const rules::Rule*> changes;
  std::vector<CapabilityAnswers> answers;
};

struct RuleFacts {
  rules::Rule rule;  // with what its scenarios show
  std::vector<ErrnoTopic> errnos;
};

// What is pointed to belongs to `all`.
ErrnoFacts FactsOf(const Explanations& all, const ErrnoTopic& topic);
TermFacts FactsOf(const Explanations& all, const explain::TermText& term);
RuleFacts FactsOf(const Explanations& all, const rules::Rule& rule);

// The rules with scenarios whose host line sets it.
std::vector<std::string> RulesThatSet(const Explanations& all, std::string_view setting);

// What an errno means; empty where nobody wrote one.
std::string_view MeaningOf(const Explanations& all, const ErrnoTopic& topic);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_FACTS_H_
