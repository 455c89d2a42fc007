#include "tools/lockstep/campaign.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {
namespace {

// Most calls are the first process's: worlds of strangers are poor ones.
constexpr std::uint64_t kOthersIn256 = 24;
// The first choices of a row are the good ones; a call with one bad argument among eight good ones
// tells more than one with eight bad ones.
constexpr std::uint64_t kAnyIn256 = 40;

Finding Explain(const World& world, std::vector<Operation> operations, const Difference& seen,
                LookWhen look, std::uint64_t number) {
  std::optional<Difference> shortest;
  const auto fails = [&](std::span<const Operation> fewer) {
    std::optional<Difference> difference = MakeAll(world, fewer, look);
    if (!difference.has_value()) return false;
    shortest = std::move(difference);
    return true;
  };
  // What doesn't happen twice can't be made shorter: it is told as it was.
  if (!fails(operations)) {
    Finding finding{seen, "", number};
    MakeAll(world, operations, look, &finding.scenario);
    return finding;
  }
  operations = Shrink(std::move(operations), fails);
  Finding finding{*shortest, "", number};
  MakeAll(world, operations, look, &finding.scenario);
  return finding;
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
  const auto time_is_up = [&] {
    result.state.elapsed = std::chrono::steady_clock::now() - start;
    return options.time.count() != 0 && result.state.elapsed >= options.time;
  };
  while ((options.steps == 0 || result.state.steps < options.steps) && !time_is_up()) {
    const std::uint64_t left =
        options.steps == 0 ? options.steps_of_a_world : options.steps - result.state.steps;
    std::vector<Operation> made;
    std::optional<Difference> difference;
    {
      Run run(world);
      difference = run.beginning();
      for (std::uint64_t i = 0; i < std::min(left, options.steps_of_a_world); ++i) {
        if (difference.has_value()) break;
        made.push_back(RandomOperation(*world.alphabet, random));
        difference = run.Make(made.back());
        if (!difference.has_value() && options.look == LookWhen::kAfterEach) {
          difference = run.Look();
        }
      }
      if (!difference.has_value() && options.look == LookWhen::kAtTheEnd) difference = run.Look();
      result.state.successes += run.successes();
      result.state.left_out += run.left_out();
    }
    result.state.steps += made.size();
    if (difference.has_value()) {
      result.finding = Explain(world, made, *difference, options.look, result.state.worlds);
      return result;
    }
    ++result.state.worlds;
    time_is_up();
    if (!progress(result.state)) break;
  }
  return result;
}

}  // namespace kvm_model::lockstep
