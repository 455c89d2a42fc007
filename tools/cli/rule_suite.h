// The conformance suite with its rules: the built-in scenarios, one for each cell of the tables of
// capabilities, and what both show.
#ifndef KVM_MODEL_TOOLS_CLI_RULE_SUITE_H_
#define KVM_MODEL_TOOLS_CLI_RULE_SUITE_H_

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "tools/cli/embedded_file.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// The tables of rules' areas and of capabilities, as they were when the command was built, by path.
std::span<const EmbeddedFile> BuiltInRuleTables();

struct RuleSuite {
  std::vector<scenario::Scenario> scenarios;
  rules::Catalogue catalogue;
};

// Rules as rules::ListRules() leaves them. In words, what is wrong with what was built in.
std::expected<RuleSuite, std::vector<std::string>> LoadRuleSuite();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_RULE_SUITE_H_
