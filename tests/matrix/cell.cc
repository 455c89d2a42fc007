#include "tests/matrix/cell.h"

#include <algorithm>
#include <expected>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/matrix/judge.h"
#include "tests/matrix/world.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/conformance.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::matrix {
namespace {

using scenario::Scenario;
using scenario::Verdict;

// Those that can be in the world, each kind of calls once; of the others, why not.
std::vector<Judgement> JudgeAll(const std::vector<Scenario>& scenarios, const World& world,
                                std::uint64_t seed) {
  std::vector<Judgement> judged;
  std::vector<std::vector<scenario::Statement>> made;
  for (const Scenario& written : scenarios) {
    const auto moved = InWorld(written, world);
    if (!moved) {
      judged.push_back({written, {}});
      judged.back().verdict.outcome = Verdict::Outcome::kSkip;
      judged.back().verdict.reason = moved.error();
      continue;
    }
    std::vector<scenario::Statement> calls = Unrolled(*moved).statements;
    if (std::ranges::find(made, calls) != made.end()) continue;
    made.push_back(std::move(calls));
    judged.push_back(Compared(*moved, seed));
  }
  return judged;
}

}  // namespace

bool RunCell(const std::vector<Scenario>& scenarios, const Tables& tables,
             const CellOptions& options, std::ostream& out) {
  std::vector<Judgement> judged;
  if (options.world.has_value()) {
    judged = JudgeAll(scenarios, *options.world, options.seed);
  } else {
    for (const Scenario& one : scenarios) judged.push_back(AsWritten(one, options.seed));
  }
  cli::RuleSuite suite;
  cli::ConformanceRun run;
  for (Judgement& one : judged) {
    run.results.push_back(
        {suite.scenarios.size(),
         {one.shown.file, one.shown.rule, options.backend, std::move(one.verdict)},
         std::nullopt});
    suite.scenarios.push_back(std::move(one.shown));
  }
  suite.catalogue = rules::ListRules(suite.scenarios, tables.areas, tables.sentences, tables.cells);
  const cli::ConformReport report = cli::MakeConformReport(suite, run, {}, "of a matrix");
  cli::PrintJson(suite, report, out);
  return report.scenarios.failed == 0;
}

}  // namespace kvm_model::matrix
