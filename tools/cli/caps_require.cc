// kvmsim caps require LIST: whether a host gives a program what it asks KVM for.
#include <algorithm>
#include <cstddef>
#include <expected>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_command.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/host_options.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/options.h"
#include "tools/cli/requirements.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kDefaultVmType = "DEFAULT";

using Verdict = RequirementVerdict;
using Scope = RequirementScope;

struct RequireOptions {
  std::string list;
  bool show_lists = false;
  HostOptions host;
  std::string format = "text";
};

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMet:
      return "met";
    case Verdict::kMissing:
      return "missing";
    case Verdict::kUnknown:
      break;
  }
  return "unknown";
}

// The text of the built-in list of that name, or of the file; otherwise an error.
std::expected<std::string, std::string> ReadList(const std::string& name) {
  std::vector<std::string_view> known;
  for (const EmbeddedFile& each : BuiltInRequirementLists()) {
    if (each.name == name) return std::string(each.text);
    known.push_back(each.name);
  }
  const std::ifstream file(name, std::ios::binary);
  std::ostringstream text;
  if (file.is_open()) text << file.rdbuf();
  // A folder can be opened and not read.
  if (file.is_open() && !text.bad()) return std::move(text).str();
  return std::unexpected(
      absl::StrFormat("'%s' is neither a file that can be read nor a built-in "
                      "list%s",
                      name, Suggestion(name, known)));
}

std::expected<RequirementList, std::string> Load(const std::string& name) {
  const auto text = ReadList(name);
  if (!text) return std::unexpected(text.error());
  auto list = ParseRequirements(*text, name);
  if (!list) return std::unexpected(absl::StrJoin(list.error(), "\nkvmsim: "));
  return *std::move(list);
}

// Answers from the host's /dev/kvm and from one VM.
class HostAnswers {
 public:
  static std::expected<HostAnswers, std::string> Open(const AskedHost& host) {
    auto system = CapabilityAsker::Open(host.host, std::nullopt);
    if (!system) return std::unexpected(system.error());
    auto vm = CapabilityAsker::Open(host.host, host.vm_type);
    if (!vm) return std::unexpected(vm.error());
    return HostAnswers(*std::move(system), *std::move(vm));
  }

  RequirementAnswer operator()(std::string_view capability, Scope scope) {
    const CapabilityAnswer answer = (scope == Scope::kVm ? vm_ : system_)->AskByName(capability);
    if (!answer.known) return RequirementAnswer::Unknown();
    if (answer.error.has_value()) return RequirementAnswer::Error(*answer.error);
    return RequirementAnswer::Value(*answer.value);
  }

 private:
  HostAnswers(std::unique_ptr<CapabilityAsker> system, std::unique_ptr<CapabilityAsker> vm)
      : system_(std::move(system)), vm_(std::move(vm)) {}

  std::unique_ptr<CapabilityAsker> system_;
  std::unique_ptr<CapabilityAsker> vm_;
};

// What is told of a program on a host.
struct Told {
  const AskedHost& host;
  const std::string& list_name;
  const RequirementList& list;
  const RequirementReport& report;

  std::string Program() const { return list.program.empty() ? list_name : list.program; }
  std::size_t Count(Verdict verdict, bool optional) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(report.results, [&](const RequirementResult& result) {
          return result.verdict == verdict && result.requirement.optional == optional;
        }));
  }
};

Json ToJson(const RequirementResult& result) {
  using Kind = RequirementAnswer::Kind;
  const Requirement& requirement = result.requirement;
  Json json;
  json["capability"] = requirement.capability;
  json["requirement"] = ToString(requirement);
  json["scope"] = requirement.scope == Scope::kVm ? "vm" : "system";
  json["optional"] = requirement.optional;
  json["line"] = requirement.line;
  json["verdict"] = Name(result.verdict);
  json["value"] = result.answer.kind == Kind::kValue ? Json(result.answer.value) : Json(nullptr);
  json["errno"] = result.answer.kind == Kind::kErrno ? Json(uapi::ErrnoName(result.answer.error))
                                                     : Json(nullptr);
  json["reason"] = result.reason;
  return json;
}

void PrintJson(const Told& told, std::ostream& out) {
  const Verdict overall = told.report.Overall();
  Json json;
  json["list"] = told.list_name;
  json["program"] = OrNull(told.list.program);
  json["source"] = OrNull(told.list.source);
  json["arch"] = told.host.spec.arch->traits().name;
  json["revision"] = told.host.spec.revision->name;
  json["vm_type"] = told.host.spec.vm_type;
  json["starts"] = overall == Verdict::kUnknown ? Json(nullptr) : Json(overall == Verdict::kMet);
  json["architecture_supported"] = told.report.architecture_supported;
  json["requirements"] = Json::array();
  for (const RequirementResult& result : told.report.results) {
    json["requirements"].push_back(ToJson(result));
  }
  for (const Verdict verdict : {Verdict::kMet, Verdict::kMissing, Verdict::kUnknown}) {
    json[std::string(Name(verdict))] = told.Count(verdict, false) + told.Count(verdict, true);
  }
  out << Dump(json, 1) << "\n";
}

void PrintCsv(const Told& told, std::ostream& out) {
  out << "capability,requirement,scope,optional,verdict,reason\n";
  for (const RequirementResult& result : told.report.results) {
    const Requirement& requirement = result.requirement;
    const std::string fields[] = {requirement.capability,
                                  ToString(requirement),
                                  requirement.scope == Scope::kVm ? "vm" : "system",
                                  requirement.optional ? "true" : "false",
                                  std::string(Name(result.verdict)),
                                  result.reason};
    out << CsvLine(fields);
  }
}

std::string Conclusion(const Told& told) {
  if (!told.report.architecture_supported) {
    return absl::StrFormat("It would not start: it does not run on %s.\n",
                           told.host.spec.arch->traits().name);
  }
  const std::size_t met = told.Count(Verdict::kMet, false);
  if (told.report.results.empty()) {
    return absl::StrFormat("It would start: it requires nothing on %s.\n",
                           told.host.spec.arch->traits().name);
  }
  const std::size_t missing = told.Count(Verdict::kMissing, false);
  const std::size_t unknown = told.Count(Verdict::kUnknown, false);
  std::string text;
  switch (told.report.Overall()) {
    case Verdict::kMet:
      text = absl::StrFormat("It would start: %d of %d requirements met", met, met);
      break;
    case Verdict::kMissing:
      text = absl::StrFormat("It would not start: %d of %d requirements not met", missing,
                             met + missing + unknown);
      break;
    case Verdict::kUnknown:
      text = absl::StrFormat("Whether it would start isn't known: %d of %d answers aren't", unknown,
                             met + missing + unknown);
      break;
  }
  const std::size_t optional_met = told.Count(Verdict::kMet, true);
  const std::size_t optional =
      optional_met + told.Count(Verdict::kMissing, true) + told.Count(Verdict::kUnknown, true);
  if (optional == 0) return text + ".\n";
  return absl::StrFormat("%s. Optional: %d of %d met.\n", text, optional_met, optional);
}

void PrintText(const Told& told, std::ostream& out) {
  out << absl::StrFormat("%s on %s\n\n", told.Program(), ToText(told.host.spec));
  std::size_t width = 0;
  for (const RequirementResult& result : told.report.results) {
    width = std::max(width, ToString(result.requirement).size());
  }
  for (const RequirementResult& result : told.report.results) {
    out << absl::StrFormat("  %-8s %-*s  %s%s\n", Name(result.verdict), static_cast<int>(width),
                           ToString(result.requirement), result.reason,
                           result.requirement.optional ? " (optional)" : "");
  }
  if (!told.report.results.empty()) out << "\n";
  out << Conclusion(told);
}

int ShowLists(const std::string& format, std::ostream& out, std::ostream& err) {
  Json array = Json::array();
  std::string csv = "name,program,architectures,source\n";
  std::string text;
  for (const EmbeddedFile& each : BuiltInRequirementLists()) {
    const auto list = Load(std::string(each.name));
    if (!list) return FailUsage(list.error(), err);
    const std::string architectures =
        list->architectures.empty() ? "all" : absl::StrJoin(list->architectures, " ");
    array.push_back({{"name", each.name},
                     {"program", OrNull(list->program)},
                     {"architectures", list->architectures},
                     {"source", OrNull(list->source)}});
    const std::string fields[] = {std::string(each.name), list->program, architectures,
                                  list->source};
    csv += CsvLine(fields);
    text += absl::StrFormat("%-17s %s (%s)\n%-17s from %s\n", each.name, list->program,
                            architectures, "", list->source);
  }
  out << (format == "json" ? Dump(array, 1) + "\n" : format == "csv" ? csv : text);
  return kAllAsExpected;
}

int Require(const RequireOptions& options, std::ostream& out, std::ostream& err) {
  if (options.show_lists) return ShowLists(options.format, out, err);
  if (options.list.empty()) return FailUsage("caps require takes a file or a list's name", err);
  const auto list = Load(options.list);
  if (!list) return FailUsage(list.error(), err);
  auto spec = ChosenHost(options.host);
  if (!spec) return FailUsage(spec.error(), err);
  const bool list_chooses = !list->vm_type.empty() && spec->vm_type == kDefaultVmType;
  if (list_chooses) {
    const auto type = FindVmTypeNamed(*spec->arch, list->vm_type);
    if (!type) return FailUsage(options.list + ": " + type.error(), err);
    spec->vm_type = type->name;
  }
  const auto host = BootAsked(*spec, "vm");
  if (!host) return FailUsage(host.error(), err);
  auto answers = HostAnswers::Open(*host);
  if (!answers && list_chooses) {
    out << absl::StrFormat("%s on %s\n\nIt would not start: %s.\n", list->program, ToText(*spec),
                           answers.error());
    return kSomethingDiffers;
  }
  if (!answers) return FailUsage(answers.error(), err);
  const RequirementReport report =
      CheckRequirements(*list, spec->arch->traits().name, std::ref(*answers));
  const Told told{*host, options.list, *list, report};
  if (options.format == "json") {
    PrintJson(told, out);
  } else if (options.format == "csv") {
    PrintCsv(told, out);
  } else {
    PrintText(told, out);
  }
  return report.Overall() == Verdict::kMet ? kAllAsExpected : kSomethingDiffers;
}

}  // namespace

void AddCapsRequire(CLI::App& caps, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App& require = AddCommand(caps, "require", "Whether a program would start on a host.");
  const auto options = std::make_shared<RequireOptions>();
  AddOption(require, "LIST", options->list, "A requirement list: a file, or a built-in's name.");
  AddOption(require, "--list", options->show_lists, "Lists the built-in requirement lists.");
  AddHostOptions(require, options->host);
  AddFormatOption(require, options->format);
  SetAction(require, run, [options, &out, &err] { return Require(*options, out, err); });
}

}  // namespace kvm_model::cli
