// A campaign: random worlds in lockstep, from a seed, until there is a difference or the time is
// up.
//
// The same seed and the same numbers of steps make the same worlds. A difference is made short and
// told as a scenario file. A world that was given up is counted, and the campaign goes on.
#ifndef KVM_MODEL_TOOLS_LOCKSTEP_CAMPAIGN_H_
#define KVM_MODEL_TOOLS_LOCKSTEP_CAMPAIGN_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {

struct CampaignOptions {
  std::uint64_t seed = 1;
  std::uint64_t steps = 0;              // operations in all; 0: as many as there is time for
  std::chrono::seconds time{0};         // 0: as long as the steps take
  std::uint64_t steps_of_a_world = 60;  // then a new one begins
};

struct CampaignState {
  std::uint64_t steps = 0;
  std::uint64_t left_out = 0;   // steps that were made on neither side
  std::uint64_t successes = 0;  // calls that the reference answered with success
  std::uint64_t worlds = 0;
  std::uint64_t given_up = 0;  // of the worlds: the reference broke down
  std::chrono::duration<double> elapsed{0};
};

// What was found: how the calls differ, and the shortest scenario that shows it.
struct Finding {
  Difference difference;
  std::string scenario;
  std::uint64_t world = 0;  // counted from 0
};

struct CampaignResult {
  CampaignState state;
  std::optional<Finding> finding;
  // In words, why the campaign ended before its time: kMostGivenUp worlds in a row were given up.
  std::optional<std::string> broken_off;
};
inline constexpr std::uint64_t kMostGivenUp = 3;

// A random operation, drawn by the rows' weights.
Operation RandomOperation(const Alphabet& alphabet, std::mt19937_64& random);

// `progress` is called after each world; false ends the campaign.
CampaignResult RunCampaign(const World& world, const CampaignOptions& options,
                           const std::function<bool(const CampaignState&)>& progress);

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TOOLS_LOCKSTEP_CAMPAIGN_H_
