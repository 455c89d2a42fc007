#include "tools/cli/rule_suite.h"

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/embedded_file.h"
#include "tools/cli/revision_report.h"
#include "tools/cli/suite.h"
#include "tools/revisions/sentences.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/cells.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/parser.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kAreas = "tests/conformance/areas.tsv";
constexpr std::string_view kCells = "tests/data/arch_caps.tsv";
constexpr std::string_view kExercises = "tests/data/arch_caps_exercises.tsv";

std::string_view Table(std::string_view name) { return TextOf(BuiltInRuleTables(), name); }

}  // namespace

std::expected<RuleSuite, std::vector<std::string>> LoadRuleSuite() {
  auto scenarios = LoadBuiltInSuite();
  if (!scenarios) return std::unexpected(std::move(scenarios).error());
  RuleSuite suite{*std::move(scenarios), {}};
  std::vector<std::string> errors;
  for (const auto& [name, text] : rules::CellScenarios(Table(kCells), Table(kExercises))) {
    auto parsed = scenario::Parse(name, text);
    if (parsed) {
      suite.scenarios.push_back(*std::move(parsed));
      continue;
    }
    for (const scenario::Diagnostic& diagnostic : parsed.error()) {
      errors.push_back(diagnostic.ToString());
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  suite.catalogue = rules::ListRules(suite.scenarios, rules::ParseAreas(Table(kAreas)),
                                     SentenceTables(), rules::ParseCells(Table(kCells)));
  return suite;
}

}  // namespace kvm_model::cli
