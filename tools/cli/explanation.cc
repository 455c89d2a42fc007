#include "tools/cli/explanation.h"

#include <expected>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tools/cli/answer_changes.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/trail_words.h"
#include "uapi/capability_facts.h"

namespace kvm_model::cli {

std::expected<Explanation, std::string> Explain(const AskedHost& asked,
                                                const CapabilityName& capability) {
  const auto asker = CapabilityAsker::Open(asked.host, asked.vm_type);
  if (!asker) return std::unexpected(asker.error());
  Explanation explanation{asked, (*asker)->Ask(capability), nullptr, {}};
  explanation.facts =
      uapi::FindCapabilityFacts(static_cast<int>(capability.number), capability.name);
  explanation.changes = FindChanges(asked, explanation.answer);
  return explanation;
}

std::string ValueKindText(const Explanation& explanation) {
  using Kind = uapi::CapabilityValueKind;
  const uapi::CapabilityFacts* facts = explanation.facts;
  if (facts == nullptr) return {};
  switch (uapi::CapabilityValueKindOn(*facts, explanation.asked.spec.arch->traits().name)) {
    case Kind::kBoolean:
      return "1 for yes or 0 for no";
    case Kind::kNumber:
      return facts->unit.empty() ? "a number" : absl::StrFormat("a number of %s", facts->unit);
    case Kind::kFlags:
      return "a set of flags, one bit each";
    case Kind::kVmTypes:
      return "a set of VM types, one bit each";
    case Kind::kBytes:
      return "a number of bytes";
    case Kind::kBits:
      return "a width in bits";
    case Kind::kNothing:
      break;
  }
  return "0 on every kernel";
}

Json ToJson(const Explanation& explanation) {
  const uapi::CapabilityFacts* facts = explanation.facts;
  Json json = ToJson(*explanation.asked.host, explanation.answer);
  json["meaning"] = facts == nullptr ? Json(nullptr) : Json(facts->meaning);
  json["value_kind"] = OrNull(ValueKindText(explanation));
  json["documented"] = facts == nullptr ? Json(nullptr) : OrNull(facts->documented);
  json["gates"] = facts == nullptr ? Json(nullptr) : OrNull(facts->gates);
  json["note"] = OrNull(OtherMeaning(explanation.answer.capability, *explanation.asked.host));
  json["trail"] = Json::array();
  for (const TrailStep& step : explanation.answer.trail) json["trail"].push_back(StepToJson(step));
  json["changes"] = Json::array();
  for (const AnswerChange& change : explanation.changes.changing) {
    Json one;
    one["kind"] = ChangeKindName(change.kind);
    one["change"] = change.change;
    AddAnswer(change.answer, one);
    const TrailStep* step = DecidingStep(explanation.answer.trail, change.answer.trail);
    one["as"] = step == nullptr ? Json(nullptr) : Json(StepInWords(*step));
    json["changes"].push_back(std::move(one));
  }
  json["without_effect"] = Json::array();
  for (const auto& [kind, change] : explanation.changes.without_effect) {
    json["without_effect"].push_back({{"kind", ChangeKindName(kind)}, {"change", change}});
  }
  return json;
}

void PrintExplanationJson(const Explanation& explanation, std::ostream& out) {
  out << Dump(ToJson(explanation), 1) << "\n";
}

void PrintExplanationCsv(const Explanation& explanation, std::ostream& out) {
  out << "kind,change,answer\n";
  const std::string first[] = {"asked", ToText(explanation.asked.spec),
                               ShortValueText(explanation.answer)};
  out << CsvLine(first);
  for (const AnswerChange& change : explanation.changes.changing) {
    const std::string fields[] = {std::string(ChangeKindName(change.kind)), change.change,
                                  ShortValueText(change.answer)};
    out << CsvLine(fields);
  }
}

}  // namespace kvm_model::cli
