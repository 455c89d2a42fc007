#include "tools/cli/caps_command.h"

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/host_options.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

struct CapsOptions {
  std::string capability;
  HostOptions host;
  std::string scope = "vm";
  std::string vm_type = "DEFAULT";
  std::string format = "text";
};

using Json = nlohmann::ordered_json;

Json ToJson(const Host& host, const CapabilityAnswer& answer) {
  Json json;
  json["arch"] = host.arch().traits().name;
  json["revision"] = host.revision().name;
  json["scope"] = answer.vm_type.has_value() ? "vm" : "system";
  json["vm_type"] = answer.vm_type.has_value() ? Json(*answer.vm_type) : Json(nullptr);
  json["number"] = answer.capability.number;
  json["name"] = answer.capability.name.empty() ? Json(nullptr) : Json(answer.capability.name);
  json["value"] = answer.value.has_value() ? Json(*answer.value) : Json(nullptr);
  json["flags"] = answer.flags.has_value() ? Json(*answer.flags) : Json(nullptr);
  json["errno"] = answer.error.has_value() ? Json(uapi::ErrnoName(*answer.error)) : Json(nullptr);
  json["known"] = answer.known;
  json["inferred"] = answer.inferred;
  return json;
}

std::string ValueText(const CapabilityAnswer& answer) {
  if (!answer.known) return "not known: the model doesn't have this answer";
  if (answer.error.has_value()) return std::string(uapi::ErrnoName(*answer.error));
  std::string text = absl::StrFormat("%d", *answer.value);
  if (answer.flags.has_value() && !answer.flags->empty()) {
    text += absl::StrFormat(" (%s)", absl::StrJoin(*answer.flags, "|"));
  }
  return text;
}

void PrintText(const Host& host, const CapabilityAnswer& answer, std::ostream& out) {
  const std::string asked = answer.vm_type.has_value()
                                ? absl::StrFormat("a VM of type %s", *answer.vm_type)
                                : std::string("/dev/kvm");
  out << absl::StrFormat("%s (%d), asked of %s, %s %s: %s%s\n",
                         answer.capability.name.empty() ? "no name" : answer.capability.name,
                         answer.capability.number, asked, host.arch().traits().name,
                         host.revision().name, ValueText(answer),
                         answer.inferred ? " [inferred]" : "");
  if (const std::string note = OtherMeaning(answer.capability.number, host); !note.empty()) {
    out << "note: " << note << "\n";
  }
}

void PrintCsv(const Host& host, const CapabilityAnswer& answer, std::ostream& out) {
  out << "arch,revision,scope,vm_type,number,name,value,flags,errno,known,inferred\n";
  out << absl::StrFormat("%s,%s,%s,%s,%d,%s,%s,%s,%s,%s,%s\n", host.arch().traits().name,
                         host.revision().name, answer.vm_type.has_value() ? "vm" : "system",
                         answer.vm_type.value_or(""), answer.capability.number,
                         answer.capability.name,
                         answer.value.has_value() ? absl::StrFormat("%d", *answer.value) : "",
                         answer.flags.has_value() ? absl::StrJoin(*answer.flags, "|") : "",
                         answer.error.has_value() ? uapi::ErrnoName(*answer.error) : "",
                         answer.known ? "true" : "false", answer.inferred ? "true" : "false");
}

int Fail(const std::string& message, std::ostream& err) {
  err << "kvmsim: " << message << "\n";
  return kUsage;
}

int Get(const CapsOptions& options, std::ostream& out, std::ostream& err) {
  const auto host = MakeHost(options.host);
  if (!host) return Fail(host.error(), err);
  const auto capability = FindCapability(options.capability, **host);
  if (!capability) return Fail(capability.error(), err);
  std::optional<std::string> vm_type;
  if (options.scope == "vm") vm_type = options.vm_type;
  const auto answer = AskCapability(*host, vm_type, *capability);
  if (!answer) return Fail(answer.error(), err);
  if (options.format == "json") {
    out << ToJson(**host, *answer).dump() << "\n";
  } else if (options.format == "csv") {
    PrintCsv(**host, *answer, out);
  } else {
    PrintText(**host, *answer, out);
  }
  return kAllAsExpected;
}

}  // namespace

void AddCapsCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App* caps = app.add_subcommand("caps", "What KVM_CHECK_EXTENSION answers.");
  caps->require_subcommand(1);
  CLI::App* get = caps->add_subcommand("get", "One capability's answer.");
  const auto options = std::make_shared<CapsOptions>();
  get->add_option("CAP", options->capability,
                  "A capability: KVM_CAP_GUEST_MEMFD, GUEST_MEMFD or 234.")
      ->required();
  get->add_option("--arch", options->host.arch, "The architecture.")->capture_default_str();
  get->add_option("--revision", options->host.revision, "The kernel's revision.")
      ->capture_default_str();
  get->add_option("--scope", options->scope, "Who is asked: a VM, or /dev/kvm.")
      ->check(CLI::IsMember({"vm", "system"}))
      ->capture_default_str();
  get->add_option("--vm-type", options->vm_type, "The VM's type, by the architecture's name.")
      ->capture_default_str();
  get->add_option("--set", options->host.settings,
                  "NAME=VALUE: a Kconfig symbol, a module parameter or a hardware feature.")
      ->allow_extra_args(false);
  get->add_option("--format", options->format, "How it is printed.")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  get->callback([options, &out, &err, &run] {
    run = [options, &out, &err] { return Get(*options, out, err); };
  });
}

}  // namespace kvm_model::cli
