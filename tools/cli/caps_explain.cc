// kvmsim caps explain CAP: the decisions behind one capability's answer.
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tools/cli/capability_query.h"
#include "tools/cli/caps_command.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/explanation.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

struct ExplainOptions : CapsOptions {
  std::string capability;
};

int ExplainOne(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const auto asked = ChooseAsked(options);
  if (!asked) return FailUsage(asked.error(), err);
  const auto capability = FindCapability(options.capability, *asked->host);
  if (!capability) return FailUsage(capability.error(), err);
  const auto explanation = Explain(*asked, *capability);
  if (!explanation) return FailUsage(explanation.error(), err);
  if (options.format == "json") {
    PrintExplanationJson(*explanation, out);
  } else if (options.format == "csv") {
    PrintExplanationCsv(*explanation, out);
  } else {
    PrintExplanation(*explanation, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsExplain(CLI::App& caps, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App& explain = AddCommand(
      caps, "explain", "Why a capability answers what it does, and what would change it.");
  const auto options = std::make_shared<ExplainOptions>();
  AddOption(explain, "CAP", options->capability,
            "A capability: KVM_CAP_X2APIC_API, X2APIC_API or 129.")
      .Required();
  AddCapsOptions(explain, *options);
  SetAction(explain, run, [options, &out, &err] { return ExplainOne(*options, out, err); });
}

}  // namespace kvm_model::cli
