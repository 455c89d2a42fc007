#include "tools/serve/questions.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "kvm_model/vm_type.h"
#include "nlohmann/json.hpp"
#include "tools/cli/answer_changes.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_difference.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/explanation.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/presets.h"
#include "tools/cli/step_picture.h"
#include "tools/serve/limits.h"
#include "tools/serve/scenario_run.h"
#include "tools/serve/starting_world.h"

namespace kvm_model::serve {
namespace {

using cli::Json;
using Text = std::expected<std::string, std::string>;

// A field that must be there.
Text Field(const Json& body, std::string_view name) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_string()) {
    return std::unexpected(absl::StrFormat("%s must be there, and be a text", name));
  }
  return found->get<std::string>();
}

// A host's text that reads none of the machine's files.
Text HostField(const Json& body, std::string_view name) {
  Text text = Field(body, name);
  if (!text) return text;
  const std::string_view preset = std::string_view(*text).substr(0, text->find_first_of("/,"));
  if (preset == "machine") return std::unexpected("the page doesn't look at the machine it is on");
  return text;
}

Text ScopeField(const Json& body) {
  if (!body.contains("scope")) return "vm";
  Text scope = Field(body, "scope");
  if (scope && *scope != "vm" && *scope != "system") {
    return std::unexpected("scope is vm or system");
  }
  return scope;
}

std::expected<cli::AskedHost, std::string> AskedIn(const Json& body) {
  const Text host = HostField(body, "host");
  if (!host) return std::unexpected(host.error());
  const Text scope = ScopeField(body);
  if (!scope) return std::unexpected(scope.error());
  const auto spec = cli::ParseHostSpec(*host);
  if (!spec) return std::unexpected(spec.error());
  return cli::BootAsked(*spec, *scope);
}

Answered World(const Json& body) {
  const Text host = HostField(body, "host");
  if (!host) return std::unexpected(host.error());
  const auto spec = cli::ParseHostSpec(*host);
  if (!spec) return std::unexpected(spec.error());
  const auto pages = body.find("pages");
  const bool fits = pages != body.end() && pages->is_number_unsigned() &&
                    pages->get<std::uint64_t>() >= 1 &&
                    pages->get<std::uint64_t>() <= kMostFilePages;
  if (!fits) return std::unexpected(absl::StrFormat("pages is 1 to %d", kMostFilePages));
  const Text text = StartingWorld(*spec, pages->get<std::uint64_t>());
  if (!text) return std::unexpected(text.error());
  return cli::Dump({{"text", *text}});
}

Answered Run(const Json& body) {
  const Text text = Field(body, "scenario");
  if (!text) return std::unexpected(text.error());
  return cli::Dump(RunText(*text));
}

Answered List(const Json& body) {
  const auto asked = AskedIn(body);
  if (!asked) return std::unexpected(asked.error());
  const auto asker = cli::CapabilityAsker::Open(asked->host, asked->vm_type);
  if (!asker) return std::unexpected(asker.error());
  Json rows = Json::array();
  for (const cli::CapabilityName& name : cli::CapabilitiesOf(*asked->host)) {
    const cli::CapabilityAnswer answer = (*asker)->Ask(name);
    Json row = {{"number", name.number}, {"name", name.name}};
    row["text"] = cli::ShortValueText(answer);
    cli::AddAnswer(answer, row);
    rows.push_back(std::move(row));
  }
  return cli::Dump({{"host", cli::ToText(asked->spec)}, {"rows", std::move(rows)}});
}

Answered Diff(const Json& body) {
  const Text from_text = HostField(body, "from");
  if (!from_text) return std::unexpected(from_text.error());
  const Text to_text = HostField(body, "to");
  if (!to_text) return std::unexpected(to_text.error());
  const Text scope = ScopeField(body);
  if (!scope) return std::unexpected(scope.error());
  const auto from = cli::OpenDiffSide("from", *from_text, *scope);
  if (!from) return std::unexpected(from.error());
  const auto to = cli::OpenDiffSide("to", *to_text, *scope);
  if (!to) return std::unexpected(to.error());
  std::ostringstream out;
  cli::PrintDifferencesJson(*from, *to, cli::FindDifferences(*from, *to), out);
  return out.str();
}

Answered Explain(const Json& body) {
  const auto asked = AskedIn(body);
  if (!asked) return std::unexpected(asked.error());
  const Text name = Field(body, "capability");
  if (!name) return std::unexpected(name.error());
  const auto capability = cli::FindCapability(*name, *asked->host);
  if (!capability) return std::unexpected(capability.error());
  const auto explanation = cli::Explain(*asked, *capability);
  if (!explanation) return std::unexpected(explanation.error());
  std::ostringstream out;
  cli::PrintExplanationJson(*explanation, out);
  return out.str();
}

struct NamedQuestion {
  std::string_view target;
  Question question;
};
constexpr auto kQuestions = std::to_array<NamedQuestion>({
    {"/api/world", World},
    {"/api/run", Run},
    {"/api/list", List},
    {"/api/diff", Diff},
    {"/api/explain", Explain},
});

std::string_view TypeName(Setting::Type type) {
  switch (type) {
    case Setting::Type::kBool:
      return "switch";
    case Setting::Type::kNumber:
      return "number";
    case Setting::Type::kWord:
      break;
  }
  return "word";
}

Json SettingToJson(const Setting& setting) {
  Json json;
  json["name"] = setting.name;
  json["type"] = TypeName(setting.type);
  json["words"] = setting.words;
  json["numbers"] = setting.numbers;
  json["meaning"] = setting.meaning;
  json["follows_from"] = cli::OrNull(setting.follows_from);
  return json;
}

Json ArchToJson(const Arch& arch) {
  Json types = {"DEFAULT"};
  for (const VmType& type : arch.named_vm_types()) {
    if (type.name != "DEFAULT") types.push_back(type.name);
  }
  Json settings = Json::array();
  for (const Setting& setting : arch.settings()) settings.push_back(SettingToJson(setting));
  return {{"name", arch.traits().name},
          {"vm_types", std::move(types)},
          {"settings", std::move(settings)}};
}

Json LimitsToJson() {
  return {{"body_bytes", kMostBodyBytes},
          {"lines", kMostLines},
          {"calls", kMostCalls},
          {"pages", kMostFilePages}};
}

}  // namespace

Question FindQuestion(std::string_view target) {
  const auto found = std::ranges::find(kQuestions, target, &NamedQuestion::target);
  return found == kQuestions.end() ? nullptr : found->question;
}

Json Choices() {
  Json json;
  json["architectures"] = Json::array();
  for (const Arch* arch : Architectures()) json["architectures"].push_back(ArchToJson(*arch));
  json["revisions"] = Json::array();
  for (const Revision& revision : Revisions()) json["revisions"].push_back(revision.name);
  json["default_revision"] = DefaultRevision().name;
  json["presets"] = Json::array();
  for (const cli::Preset& preset : cli::Presets()) {
    const auto spec = cli::ParseHostSpec(preset.name);
    if (!spec) continue;
    json["presets"].push_back(
        {{"name", preset.name}, {"description", preset.description}, {"host", cli::ToText(*spec)}});
  }
  json["meanings"] = Json::array();
  for (const cli::MarkMeaning& each : cli::MarkMeanings()) {
    json["meanings"].push_back({{"kind", cli::RowName(each.kind)},
                                {"mark", std::string(1, each.mark)},
                                {"meaning", each.meaning}});
  }
  for (const cli::ChangeKind kind : cli::kChangeKinds) {
    json["changes"][std::string(cli::ChangeKindName(kind))] = cli::ChangeKindHeading(kind);
  }
  json["limits"] = LimitsToJson();
  return json;
}

}  // namespace kvm_model::serve
