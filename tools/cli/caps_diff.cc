// kvmsim caps diff --from HOST --to HOST: what differs between two hosts, and why.
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli/caps_command.h"
#include "tools/cli/caps_difference.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

struct DiffOptions {
  std::string from;
  std::string to;
  std::string scope = "vm";
  std::string format = "text";
};

int Diff(const DiffOptions& options, std::ostream& out, std::ostream& err) {
  const auto from = OpenDiffSide("--from", options.from, options.scope);
  if (!from) return FailUsage(from.error(), err);
  const auto to = OpenDiffSide("--to", options.to, options.scope);
  if (!to) return FailUsage(to.error(), err);
  const std::vector<CapabilityDifference> differences = FindDifferences(*from, *to);
  if (options.format == "json") {
    PrintDifferencesJson(*from, *to, differences, out);
  } else if (options.format == "csv") {
    PrintDifferencesCsv(differences, out);
  } else {
    PrintDifferences(*from, *to, differences, options.scope, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsDiff(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App& diff = AddCommand(caps, "diff", "What differs between two hosts, and why.");
  const auto options = std::make_shared<DiffOptions>();
  constexpr auto kHost = "A preset of `kvmsim caps hosts`, or ARCH/REVISION/VM_TYPE,NAME=VALUE...";
  AddOption(diff, "--from", options->from, kHost).ValueName("HOST").Required();
  AddOption(diff, "--to", options->to, kHost).ValueName("HOST").Required();
  AddScopeOption(diff, options->scope);
  AddFormatOption(diff, options->format);
  SetAction(diff, run, [options, &out, &err] { return Diff(*options, out, err); });
}

}  // namespace kvm_model::cli
