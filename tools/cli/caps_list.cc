// kvmsim caps list: every capability of a host.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <vector>

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

struct ListOptions : CapsOptions {
  bool all = false;
};

// An answer that isn't known is listed: it may be other than 0.
bool IsZero(const CapabilityAnswer& answer) { return answer.known && answer.value == 0; }

struct Listing {
  std::vector<CapabilityAnswer> shown;
  std::size_t asked = 0;
  std::size_t zero = 0;
};

Listing AskAll(CapabilityAsker& asker, bool all) {
  Listing listing;
  for (const CapabilityName& name : CapabilitiesOf(asker.host())) {
    const CapabilityAnswer answer = asker.Ask(name);
    ++listing.asked;
    if (IsZero(answer)) ++listing.zero;
    if (all || !IsZero(answer)) listing.shown.push_back(answer);
  }
  return listing;
}

void PrintText(const CapabilityAsker& asker, const Listing& listing, std::ostream& out) {
  const Host& host = asker.host();
  out << absl::StrFormat("%s %s, asked of %s: %d of %d capabilities answer other than 0\n\n",
                         host.arch().traits().name, host.revision().name,
                         AskedText(asker.vm_type()), listing.asked - listing.zero, listing.asked);
  std::size_t width = 4;
  for (const CapabilityAnswer& answer : listing.shown) {
    width = std::max(width, answer.capability.name.size());
  }
  const int columns = static_cast<int>(width);
  out << absl::StrFormat("%6s  %-*s  %s\n", "number", columns, "name", "answer");
  for (const CapabilityAnswer& answer : listing.shown) {
    out << absl::StrFormat("%6d  %-*s  %s%s\n", answer.capability.number, columns,
                           answer.capability.name, ShortValueText(answer),
                           answer.inferred ? " [inferred]" : "");
  }
}

int List(const ListOptions& options, std::ostream& out, std::ostream& err) {
  const auto asked = ChooseAsked(options);
  if (!asked) return FailUsage(asked.error(), err);
  const auto asker = CapabilityAsker::Open(asked->host, asked->vm_type);
  if (!asker) return FailUsage(asker.error(), err);
  const Listing listing = AskAll(**asker, options.all);
  if (options.format == "json") {
    Json array = Json::array();
    for (const CapabilityAnswer& answer : listing.shown) {
      array.push_back(ToJson(*asked->host, answer));
    }
    out << Dump(array, 1) << "\n";
  } else if (options.format == "csv") {
    out << CsvHeader();
    for (const CapabilityAnswer& answer : listing.shown) out << CsvRow(*asked->host, answer);
  } else {
    PrintText(**asker, listing, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsList(CLI::App& caps, std::ostream& out, std::ostream& err, std::function<int()>& run) {
  CLI::App& list = AddCommand(caps, "list", "Every capability that answers other than 0.");
  const auto options = std::make_shared<ListOptions>();
  AddOption(list, "--all", options->all, "Those that answer 0 too.");
  AddCapsOptions(list, *options);
  SetAction(list, run, [options, &out, &err] { return List(*options, out, err); });
}

}  // namespace kvm_model::cli
