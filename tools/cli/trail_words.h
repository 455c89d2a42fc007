// The steps of a decision trail, told to a person or to a program.
#ifndef KVM_MODEL_TOOLS_CLI_TRAIL_WORDS_H_
#define KVM_MODEL_TOOLS_CLI_TRAIL_WORDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/trail.h"
#include "nlohmann/json_fwd.hpp"

namespace kvm_model::cli {

// "irqchip_split(kvm) is false", "num_online_cpus() is 8", "it answers 11".
std::string StepInWords(const TrailStep& step);

// What StepInWords says of a condition or a quantity: "false", "off", "no", "8".
std::string StepOutcome(const TrailStep& step);

// What that means, for readers who don't know the kernel's names; empty where it needs no words.
std::string_view AboutStep(const TrailStep& step);

// {"function", "kind", "text", "outcome" or "number" or "errno", "values"}.
nlohmann::ordered_json StepToJson(const TrailStep& step);

// An array of these, with {"text" as a trail prints it, "depth", "certainty"} in each.
nlohmann::ordered_json TrailToJson(const std::vector<TrailStep>& steps);

// Where two trails part: indices of the first steps that decide otherwise; a trail's size where it
// ended first. Both sizes when they never part.
struct PartingPoint {
  std::size_t from = 0;
  std::size_t to = 0;
};
PartingPoint WhereTrailsPart(const std::vector<TrailStep>& from, const std::vector<TrailStep>& to);

// The step of `to` where the trails part, when both sides have the same condition or quantity there
// and it came out otherwise; null when they part in another way.
const TrailStep* DecidingStep(const std::vector<TrailStep>& from, const std::vector<TrailStep>& to);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRAIL_WORDS_H_
