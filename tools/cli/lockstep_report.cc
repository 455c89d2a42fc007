#include "tools/cli/lockstep_report.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/lockstep/campaign.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::cli {

std::string CampaignText(const lockstep::CampaignResult& result, std::string_view host,
                         std::uint64_t seed) {
  std::string text = absl::StrFormat(
      "%s\nseed %d: %d steps in %d worlds (%d given up), %d successful calls, %d made on neither "
      "side, %.1f s: ",
      host, seed, result.state.steps, result.state.worlds, result.state.given_up,
      result.state.successes, result.state.left_out, result.state.elapsed.count());
  if (result.broken_off.has_value()) return text + "broken off: " + *result.broken_off + "\n";
  if (!result.finding.has_value()) return text + "no difference\n";
  const lockstep::Difference& difference = result.finding->difference;
  absl::StrAppendFormat(
      &text, "a difference in world %d\n  call     %s\n  kernel   %s\n  model    %s\n",
      result.finding->world, difference.call, difference.reference, difference.model);
  if (!difference.trail.empty()) text += "the model's decisions:\n" + difference.trail;
  return text + "a scenario that shows it:\n\n" + result.finding->scenario;
}

std::string CampaignJson(const lockstep::CampaignResult& result, std::string_view host,
                         std::uint64_t seed) {
  nlohmann::ordered_json json = {{"host", host},
                                 {"seed", seed},
                                 {"steps", result.state.steps},
                                 {"worlds", result.state.worlds},
                                 {"given_up", result.state.given_up},
                                 {"successes", result.state.successes},
                                 {"left_out", result.state.left_out},
                                 {"seconds", result.state.elapsed.count()},
                                 {"broken_off", nullptr},
                                 {"difference", nullptr}};
  if (result.broken_off.has_value()) json["broken_off"] = *result.broken_off;
  if (result.finding.has_value()) {
    const lockstep::Difference& difference = result.finding->difference;
    json["difference"] = {{"world", result.finding->world},
                          {"call", difference.call},
                          {"kernel", difference.reference},
                          {"model", difference.model},
                          {"scenario", result.finding->scenario}};
  }
  return json.dump() + "\n";
}

}  // namespace kvm_model::cli
