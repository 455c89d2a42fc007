// Random worlds on the model and its twin, as an action of the build: a host of tests/lockstep, a
// seed and a number of operations say all.
//
// Writes a report in the form of `kvmsim conform --format json`, in which a host is a rule, and
// exits with 0 also where the two differ. 2: the arguments are wrong, or the file can't be written.
#include "tools/lockstep/campaign.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "tests/lockstep/worlds.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/conformance.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::matrix {
namespace {

constexpr int kWrong = 2;

struct Arguments {
  std::string host;
  std::uint64_t seed = 1;
  std::uint64_t operations = 0;
  std::string out;
};

// The campaign as a scenario of a rule of its own, and how it went.
void Report(const lockstep::TwinHost& host, const Arguments& arguments,
            const lockstep::CampaignResult& result, std::ostream& out) {
  cli::RuleSuite suite;
  scenario::Scenario shown;
  scenario::Verdict verdict;
  if (result.finding.has_value()) {
    const lockstep::Finding& finding = *result.finding;
    auto parsed = scenario::Parse("random", finding.scenario);
    if (parsed) shown = *std::move(parsed);
    verdict.outcome = scenario::Verdict::Outcome::kFail;
    verdict.call = finding.difference.call;
    verdict.expected = finding.difference.reference;
    verdict.actual = finding.difference.model;
    verdict.reason = absl::StrFormat("the twin answers otherwise in world %d", finding.world);
    verdict.trail = finding.difference.trail;
  } else if (result.broken_off.has_value()) {
    verdict.outcome = scenario::Verdict::Outcome::kSkip;
    verdict.reason = *result.broken_off;
  }
  shown.file = absl::StrFormat("random/%s/%d", host.name, arguments.seed);
  shown.rule = absl::StrFormat("RANDOM-%s", host.name);
  shown.description =
      absl::StrFormat("Random operations: %s, VMs of type %s.", host.line.substr(5), host.vm_type);
  suite.scenarios.push_back(shown);
  suite.catalogue = rules::ListRules(
      suite.scenarios, {{"RANDOM-", "random worlds", "the twin, tests/twin"}}, {}, {});
  cli::ConformanceRun run;
  run.results.push_back({0, {shown.file, shown.rule, "model", std::move(verdict)}, std::nullopt});
  cli::PrintJson(suite, cli::MakeConformReport(suite, run, {}, "of a campaign"), out);
}

int Run(const Arguments& arguments) {
  const auto hosts = lockstep::TwinHosts();
  const auto host = std::ranges::find(hosts, arguments.host, &lockstep::TwinHost::name);
  if (host == hosts.end()) {
    std::cerr << "campaign: no host " << arguments.host << "\n";
    return kWrong;
  }
  const lockstep::TwinLockstep both(*host, lockstep::RandomAlphabet());
  const lockstep::CampaignOptions options{.seed = arguments.seed, .steps = arguments.operations};
  const lockstep::CampaignResult result = lockstep::RunCampaign(
      both.world(), options, [](const lockstep::CampaignState&) { return true; });
  std::ofstream out(arguments.out);
  Report(*host, arguments, result, out);
  if (out.flush()) return EXIT_SUCCESS;
  std::cerr << "campaign: " << arguments.out << " can't be written\n";
  return kWrong;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Random worlds on the model and its twin.");
  app.add_option("--host", arguments.host)->required();
  app.add_option("--seed", arguments.seed)->required();
  app.add_option("--operations", arguments.operations)->required()->check(CLI::PositiveNumber);
  app.add_option("--out", arguments.out)->required();
  CLI11_PARSE(app, argc, argv);
  return Run(arguments);
}

}  // namespace
}  // namespace kvm_model::matrix

int main(int argc, char** argv) { return kvm_model::matrix::Main(argc, argv); }
