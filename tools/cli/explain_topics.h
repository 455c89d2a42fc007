// What can be explained, looked up by what people write.
#ifndef KVM_MODEL_TOOLS_CLI_EXPLAIN_TOPICS_H_
#define KVM_MODEL_TOOLS_CLI_EXPLAIN_TOPICS_H_

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/cli/capability_query.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/step_glossary.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"

namespace kvm_model::cli {

// The tables of texts, as they were when the command was built, by path.
std::span<const EmbeddedFile> BuiltInExplanations();

// All that explanations are made of.
struct Explanations {
  RuleSuite suite;
  explain::Outcomes outcomes;
  std::vector<explain::ErrnoText> errnos;
  std::vector<explain::TermText> terms;
};

// In words, what is wrong with what was built in. Made by the first call, which runs the suite, and
// kept for as long as the process lives; from several threads it may be called at once.
const std::expected<Explanations, std::vector<std::string>>& LoadExplanations();

struct RuleTopic {
  const rules::Rule* rule = nullptr;
};
// A call with an errno, signal or exit that some scenario shows.
struct ErrnoTopic {
  std::string call;
  std::string error;
};
// A call, or an errno: what there is to say is which errnos, or which calls.
struct ListTopic {
  std::vector<ErrnoTopic> topics;
  const explain::TermText* term = nullptr;  // which has it among its other names; null for none
};
struct TermTopic {
  const explain::TermText* term = nullptr;
  ListTopic errnos;  // where the term is a call's or an errno's name too
};
struct CapabilityTopic {
  CapabilityName capability;
};
// A Kconfig symbol, a module parameter or a feature of the hardware, of one architecture or
// several.
struct SettingTopic {
  std::string name;
};
// A condition or a quantity of decision trails.
struct ConditionTopic {
  const StepAbout* about = nullptr;
};
using Topic = std::variant<RuleTopic, TermTopic, ErrnoTopic, ListTopic, CapabilityTopic,
                           SettingTopic, ConditionTopic>;

// A rule's id, a term by any of its names, a call and an errno, a call, an errno, a capability by
// name or number, a setting (also as NAME=VALUE), or a condition of trails; letters' case doesn't
// count, and a call goes by the kernel's name or the scenario language's. In words, why it is none,
// with what is near.
std::expected<Topic, std::string> FindTopic(const Explanations& all, std::string_view words);

// The name of every topic but numbers and lists; what can be written on a command line.
std::vector<std::string> TopicNames(const Explanations& all);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EXPLAIN_TOPICS_H_
