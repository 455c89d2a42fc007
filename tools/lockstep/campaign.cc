#include "tools/lockstep/campaign.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {
namespace {

// Most calls are the first process's: worlds of strangers are poor ones.
constexpr std::uint64_t kOthersIn256 = 24;
// The first choices of a row are the good ones; a call with one bad argument among eight good ones
// tells more than one with eight bad ones.
constexpr std::uint64_t kAnyIn256 = 40;

Finding Explain(const World& world, std::vector<Operation> operations, Outcome seen,
                std::uint64_t number) {
  operations.resize(seen.counts.operations);
  Outcome shortest = Shortest(world, std::move(operations), std::move(seen));
  return {*std::move(shortest.difference), std::move(shortest.scenario), number};
}

// All of a world's operations are drawn before the first is made, so that the worlds after one that
// was given up are the same as without it.
std::vector<Operation> RandomOperations(const Alphabet& alphabet, std::uint64_t number,
                                        std::mt19937_64& random) {
  std::vector<Operation> operations;
  operations.reserve(number);
  while (operations.size() < number) operations.push_back(RandomOperation(alphabet, random));
  return operations;
}

}  // namespace

Operation RandomOperation(const Alphabet& alphabet, std::mt19937_64& random) {
  Operation operation;
  operation.row = alphabet.RowOf(random());
  const std::uint64_t process = random();
  if (process % 256 < kOthersIn256) operation.process = static_cast<std::uint8_t>(process >> 8);
  for (std::uint8_t& choice : operation.choices) {
    const std::uint64_t drawn = random();
    choice = static_cast<std::uint8_t>(drawn % 256 < kAnyIn256 ? drawn >> 8 : (drawn >> 8) % 3);
  }
  return operation;
}

CampaignResult RunCampaign(const World& world, const CampaignOptions& options,
                           const std::function<bool(const CampaignState&)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  std::mt19937_64 random(options.seed);
  CampaignResult result;
  std::uint64_t given_up_in_a_row = 0;
  const auto time_is_up = [&] {
    result.state.elapsed = std::chrono::steady_clock::now() - start;
    return options.time.count() != 0 && result.state.elapsed >= options.time;
  };
  while ((options.steps == 0 || result.state.steps < options.steps) && !time_is_up()) {
    const std::uint64_t left =
        options.steps == 0 ? options.steps_of_a_world : options.steps - result.state.steps;
    std::vector<Operation> operations =
        RandomOperations(*world.alphabet, std::min(left, options.steps_of_a_world), random);
    Outcome outcome = MakeAll(world, operations);
    result.state.steps += outcome.counts.operations;
    result.state.successes += outcome.counts.successes;
    result.state.left_out += outcome.counts.left_out;
    if (outcome.difference.has_value()) {
      result.finding =
          Explain(world, std::move(operations), std::move(outcome), result.state.worlds);
      return result;
    }
    ++result.state.worlds;
    given_up_in_a_row = outcome.given_up.has_value() ? given_up_in_a_row + 1 : 0;
    if (outcome.given_up.has_value()) ++result.state.given_up;
    if (given_up_in_a_row == kMostGivenUp) {
      result.broken_off = absl::StrFormat("%d worlds in a row were given up, the last at %s",
                                          given_up_in_a_row, *outcome.given_up);
    }
    time_is_up();
    if (result.broken_off.has_value()) break;
    if (!progress(result.state)) break;
  }
  return result;
}

}  // namespace kvm_model::lockstep
