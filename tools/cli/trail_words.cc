#include "tools/cli/trail_words.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tools/cli/step_glossary.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

using Json = nlohmann::ordered_json;
using Kind = TrailStep::Kind;

// A condition as the kernel writes it, like "kvm == NULL" and "irqchip_split(kvm)", in contrast to
// one in words.
bool IsCode(std::string_view text) {
  if (text.find(' ') == std::string_view::npos) return true;
  constexpr std::string_view kOperators[] = {" == ", " != ", " < ", " > ", " & ", " && ", " || "};
  return std::ranges::any_of(kOperators, [text](std::string_view each) {
    return text.find(each) != std::string_view::npos;
  });
}

std::string Values(const TrailStep& step) {
  std::string text;
  for (const TrailValue& value : step.values) {
    text += text.empty() ? " (" : ", ";
    text += absl::StrFormat("%s is %d", value.name, value.value);
    if (value.value > 9) text += absl::StrFormat(" = %#x", value.value);
  }
  return text.empty() ? text : text + ")";
}

std::string Condition(const TrailStep& step) {
  return absl::StrFormat("%s%s %s", step.text, IsCode(step.text) ? " is" : ":", StepOutcome(step));
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kEnter:
      return "enter";
    case Kind::kPredicate:
      return "predicate";
    case Kind::kNumber:
      return "number";
    case Kind::kEffect:
      return "effect";
    case Kind::kValue:
      return "value";
    case Kind::kErrno:
      return "errno";
    case Kind::kNote:
      break;
  }
  return "note";
}

std::string_view CertaintyName(Certainty certainty) {
  switch (certainty) {
    case Certainty::kKnown:
      return "known";
    case Certainty::kInferred:
      return "inferred";
    case Certainty::kNotModelled:
      break;
  }
  return "not modelled";
}

// The next step at or after `at` that decides something; notes don't.
std::size_t NextDeciding(const std::vector<TrailStep>& steps, std::size_t at) {
  while (at < steps.size() && steps[at].kind == Kind::kNote) ++at;
  return at;
}

bool DecidesTheSame(const TrailStep& a, const TrailStep& b) {
  return a.kind == b.kind && a.function == b.function && a.text == b.text &&
         a.outcome == b.outcome && a.number == b.number;
}

}  // namespace

std::string StepOutcome(const TrailStep& step) {
  if (step.kind != Kind::kPredicate) return absl::StrFormat("%d", step.number);
  if (!IsCode(step.text)) return step.outcome ? "yes" : "no";
  if (step.text.starts_with("CONFIG_")) return step.outcome ? "on" : "off";
  return step.outcome ? "true" : "false";
}

std::string StepInWords(const TrailStep& step) {
  switch (step.kind) {
    case Kind::kEnter:
      return absl::StrFormat("%s()", step.function);
    case Kind::kPredicate:
      return Condition(step) + Values(step);
    case Kind::kNumber:
      return absl::StrFormat("%s is %d", step.text, step.number) + Values(step);
    case Kind::kEffect:
      return absl::StrFormat("done: %s", step.text) + Values(step);
    case Kind::kValue:
      return absl::StrFormat("it answers %d", step.number);
    case Kind::kErrno:
      return absl::StrFormat("it fails with %s",
                             uapi::ErrnoName(static_cast<uapi::Errno>(step.number)));
    case Kind::kNote:
      break;
  }
  switch (step.certainty) {
    case Certainty::kKnown:
      break;
    case Certainty::kInferred:
      return absl::StrFormat("inferred: %s", step.text);
    case Certainty::kNotModelled:
      return absl::StrFormat("not known: %s", step.text);
  }
  return std::string(step.text);
}

std::string_view AboutStep(const TrailStep& step) {
  if (step.kind != Kind::kPredicate && step.kind != Kind::kNumber) return {};
  const auto glossary = StepGlossary();
  const auto found = std::ranges::find(glossary, step.text, &StepAbout::text);
  if (found == glossary.end()) return {};
  return step.kind == Kind::kNumber || step.outcome ? found->holds : found->fails;
}

Json StepToJson(const TrailStep& step) {
  Json json;
  json["function"] = step.function;
  json["kind"] = KindName(step.kind);
  json["text"] = StepInWords(step);
  if (step.kind == Kind::kPredicate) {
    json["condition"] = step.text;
    json["outcome"] = step.outcome;
  }
  if (step.kind == Kind::kNumber || step.kind == Kind::kValue) json["number"] = step.number;
  if (step.kind == Kind::kErrno) {
    json["errno"] = uapi::ErrnoName(static_cast<uapi::Errno>(step.number));
  }
  json["values"] = Json::object();
  for (const TrailValue& value : step.values) json["values"][std::string(value.name)] = value.value;
  return json;
}

Json TrailToJson(const std::vector<TrailStep>& steps) {
  Json trail = Json::array();
  for (const TrailStep& step : steps) {
    Json json = StepToJson(step);
    json["text"] = ToText(step);
    json["depth"] = step.depth;
    json["certainty"] = CertaintyName(step.certainty);
    trail.push_back(std::move(json));
  }
  return trail;
}

PartingPoint WhereTrailsPart(const std::vector<TrailStep>& from, const std::vector<TrailStep>& to) {
  PartingPoint point;
  while (true) {
    point.from = NextDeciding(from, point.from);
    point.to = NextDeciding(to, point.to);
    if (point.from == from.size() || point.to == to.size()) return point;
    if (!DecidesTheSame(from[point.from], to[point.to])) return point;
    ++point.from;
    ++point.to;
  }
}

const TrailStep* DecidingStep(const std::vector<TrailStep>& from,
                              const std::vector<TrailStep>& to) {
  const PartingPoint point = WhereTrailsPart(from, to);
  if (point.from == from.size() || point.to == to.size()) return nullptr;
  const TrailStep& before = from[point.from];
  const TrailStep& after = to[point.to];
  const bool decides = after.kind == Kind::kPredicate || after.kind == Kind::kNumber;
  const bool same =
      before.kind == after.kind && before.function == after.function && before.text == after.text;
  return decides && same ? &after : nullptr;
}

}  // namespace kvm_model::cli
