#include "tools/cli/caps_difference.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_query.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/caps_options.h"
#include "tools/cli/host_difference.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/trail_words.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kHasCase = "the architecture's function has a case for it";

// The names of either side, in order of number, then of name.
std::set<std::pair<std::int64_t, std::string>> Names(const DiffSide& from, const DiffSide& to) {
  std::set<std::pair<std::int64_t, std::string>> names;
  std::set<std::string> seen;
  for (const DiffSide* side : {&from, &to}) {
    for (const CapabilityName& name : CapabilitiesOf(side->asker->host())) {
      if (seen.insert(name.name).second) names.insert({name.number, name.name});
    }
  }
  return names;
}

// A side's step where the trails part.
struct Step {
  const TrailStep* step = nullptr;  // null where the trail has ended, or there is none
  std::string words;
};

Step StepAt(const CapabilityAnswer& answer, std::size_t at) {
  if (!answer.in_revision) return {nullptr, "this revision has no such capability"};
  if (at >= answer.trail.size()) return {nullptr, "nothing more"};
  const TrailStep& step = answer.trail[at];
  return {&step, step.kind == TrailStep::Kind::kEnter ? "it is asked" : StepInWords(step)};
}

// The step that tells that an architecture doesn't know the capability at all; null where it does.
const TrailStep* NoCase(const CapabilityAnswer& answer) {
  const auto step = std::ranges::find_if(answer.trail, [](const TrailStep& each) {
    return each.kind == TrailStep::Kind::kPredicate && each.text == kHasCase;
  });
  return step == answer.trail.end() ? nullptr : &*step;
}

Step NoCaseOrLast(const CapabilityAnswer& answer) {
  if (const TrailStep* step = NoCase(answer)) return {step, StepInWords(*step)};
  return StepAt(answer, answer.trail.empty() ? 0 : answer.trail.size() - 1);
}

std::pair<Step, Step> Parting(const CapabilityDifference& difference) {
  // Where only one side knows the capability, that is the reason, whatever came before it.
  if ((NoCase(difference.from) == nullptr) != (NoCase(difference.to) == nullptr)) {
    return {NoCaseOrLast(difference.from), NoCaseOrLast(difference.to)};
  }
  const PartingPoint point = WhereTrailsPart(difference.from.trail, difference.to.trail);
  return {StepAt(difference.from, point.from), StepAt(difference.to, point.to)};
}

std::string Function(const Step& step) {
  return step.step == nullptr ? std::string() : std::string(step.step->function);
}

std::string Text(const HostDifference& difference) {
  const auto value = [](const std::string& text) { return text.empty() ? "none" : text; };
  return absl::StrFormat("%s %s -> %s", difference.name, value(difference.from),
                         value(difference.to));
}

std::string Join(const std::vector<HostDifference>& differences) {
  return absl::StrJoin(differences, ", ",
                       [](std::string* out, const HostDifference& each) { *out += Text(each); });
}

// "hw.vendor amd -> intel (with VM type SNP -> TDX)".
std::string Because(const CapabilityDifference& difference) {
  const std::string because = Join(difference.because);
  if (difference.needed.empty()) return because;
  return absl::StrFormat("%s (with %s)", because, Join(difference.needed));
}

Json ToJson(const std::vector<HostDifference>& differences) {
  Json json = Json::array();
  for (const HostDifference& each : differences) {
    json.push_back({{"name", each.name}, {"from", OrNull(each.from)}, {"to", OrNull(each.to)}});
  }
  return json;
}

Json SideToJson(const AskedHost& host) {
  Json json;
  json["host"] = ToText(host.spec);
  json["arch"] = host.spec.arch->traits().name;
  json["revision"] = host.spec.revision->name;
  json["scope"] = host.vm_type.has_value() ? "vm" : "system";
  json["vm_type"] = host.vm_type.has_value() ? Json(*host.vm_type) : Json(nullptr);
  return json;
}

Json AnswerToJson(const CapabilityAnswer& answer, const Step& step) {
  Json json;
  json["number"] = answer.capability.number;
  AddAnswer(answer, json);
  json["function"] = OrNull(Function(step));
  json["step"] = OrNull(step.words);
  return json;
}

// "in kvm_vm_ioctl_check_extension(): tdp_enabled is true | false".
std::string PartingText(const CapabilityDifference& difference) {
  const auto [from, to] = Parting(difference);
  const auto place = [](const Step& step) {
    return step.step == nullptr ? "" : absl::StrFormat("in %s(): ", step.step->function);
  };
  if (const TrailStep* step = DecidingStep(difference.from.trail, difference.to.trail)) {
    return place(from) + from.words + " | " + StepOutcome(*step);
  }
  return place(from) + from.words + " | " + place(to) + to.words;
}

}  // namespace

std::expected<DiffSide, std::string> OpenDiffSide(const std::string& option,
                                                  const std::string& text,
                                                  const std::string& scope) {
  const auto fail = [&](const std::string& message) {
    return std::unexpected(absl::StrFormat("%s: %s", option, message));
  };
  const auto spec = ParseHostSpec(text);
  if (!spec) return fail(spec.error());
  auto host = BootAsked(*spec, scope);
  if (!host) return fail(host.error());
  auto asker = CapabilityAsker::Open(host->host, host->vm_type);
  if (!asker) return fail(asker.error());
  return DiffSide{*std::move(host), *std::move(asker)};
}

std::vector<CapabilityDifference> FindDifferences(const DiffSide& from, const DiffSide& to) {
  DifferenceTracer tracer(from.host, to.host);
  std::vector<CapabilityDifference> differences;
  for (const auto& [number, name] : Names(from, to)) {
    CapabilityDifference difference{from.asker->AskByName(name), to.asker->AskByName(name), {}, {}};
    if (SameAnswer(difference.from, difference.to)) continue;
    const DifferencesBehind behind = tracer.Behind(difference.from, difference.to);
    for (const std::size_t i : behind.because) {
      difference.because.push_back(tracer.differences()[i]);
    }
    for (const std::size_t i : behind.needed) {
      difference.needed.push_back(tracer.differences()[i]);
    }
    differences.push_back(std::move(difference));
  }
  return differences;
}

void PrintDifferences(const DiffSide& from, const DiffSide& to,
                      const std::vector<CapabilityDifference>& differences,
                      const std::string& scope, std::ostream& out) {
  const std::string asked = scope == "vm" ? "a VM" : "/dev/kvm";
  if (differences.empty()) {
    out << absl::StrFormat("No capability answers otherwise, asked of %s: %s and %s\n", asked,
                           ToText(from.host.spec), ToText(to.host.spec));
    return;
  }
  const std::size_t count = differences.size();
  out << absl::StrFormat("%d %s otherwise, asked of %s: from | to\n\n", count,
                         count == 1 ? "capability answers" : "capabilities answer", asked);
  out << absl::StrFormat("  from  %s\n  to    %s\n", ToText(from.host.spec), ToText(to.host.spec));
  for (const CapabilityDifference& difference : differences) {
    out << absl::StrFormat("\n%s (%d): %s | %s\n", difference.to.capability.name,
                           difference.to.capability.number, ShortValueText(difference.from),
                           ShortValueText(difference.to));
    out << Wrapped(PartingText(difference), "  ");
    if (!difference.because.empty()) out << Wrapped("because of " + Because(difference), "  ");
  }
}

void PrintDifferencesCsv(const std::vector<CapabilityDifference>& differences, std::ostream& out) {
  out << "number,name,from,to,from_step,to_step,because\n";
  for (const CapabilityDifference& difference : differences) {
    const auto [from_step, to_step] = Parting(difference);
    const std::string fields[] = {absl::StrFormat("%d", difference.to.capability.number),
                                  difference.to.capability.name,
                                  ShortValueText(difference.from),
                                  ShortValueText(difference.to),
                                  from_step.words,
                                  to_step.words,
                                  Because(difference)};
    out << CsvLine(fields);
  }
}

void PrintDifferencesJson(const DiffSide& from, const DiffSide& to,
                          const std::vector<CapabilityDifference>& differences, std::ostream& out) {
  Json json;
  json["from"] = SideToJson(from.host);
  json["to"] = SideToJson(to.host);
  json["differences"] = Json::array();
  for (const CapabilityDifference& difference : differences) {
    const auto [from_step, to_step] = Parting(difference);
    Json one;
    one["number"] = difference.to.capability.number;
    one["name"] = difference.to.capability.name;
    one["from"] = AnswerToJson(difference.from, from_step);
    one["to"] = AnswerToJson(difference.to, to_step);
    one["because"] = ToJson(difference.because);
    one["needed"] = ToJson(difference.needed);
    json["differences"].push_back(std::move(one));
  }
  out << Dump(json, 1) << "\n";
}

}  // namespace kvm_model::cli
