// kvmsim caps get CAP: one capability's answer.
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_command.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

struct GetOptions : CapsOptions {
  std::string capability;
};

void PrintText(const Host& host, const CapabilityAnswer& answer, std::ostream& out) {
  out << absl::StrFormat("%s (%d), asked of %s, %s %s: %s%s\n",
                         answer.capability.name.empty() ? "no name" : answer.capability.name,
                         answer.capability.number, AskedText(answer.vm_type),
                         host.arch().traits().name, host.revision().name, ValueText(answer),
                         answer.inferred ? " [inferred]" : "");
  if (const std::string note = OtherMeaning(answer.capability, host); !note.empty()) {
    out << "note: " << note << "\n";
  }
}

int Get(const GetOptions& options, std::ostream& out, std::ostream& err) {
  const auto asked = ChooseAsked(options);
  if (!asked) return FailUsage(asked.error(), err);
  const Host& host = *asked->host;
  const auto capability = FindCapability(options.capability, host);
  if (!capability) return FailUsage(capability.error(), err);
  const auto answer = AskCapability(asked->host, asked->vm_type, *capability);
  if (!answer) return FailUsage(answer.error(), err);
  if (options.format == "json") {
    out << Dump(ToJson(host, *answer)) << "\n";
  } else if (options.format == "csv") {
    out << CsvHeader() << CsvRow(host, *answer);
  } else {
    PrintText(host, *answer, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsGet(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App& get = AddCommand(caps, "get", "One capability's answer.");
  const auto options = std::make_shared<GetOptions>();
  AddOption(get, "CAP", options->capability,
            "A capability: KVM_CAP_GUEST_MEMFD, GUEST_MEMFD or 234.")
      .Required();
  AddCapsOptions(get, *options);
  SetAction(get, run, [options, &out, &err] { return Get(*options, out, err); });
}

}  // namespace kvm_model::cli
