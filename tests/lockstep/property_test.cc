// Long random sequences of operations on the model and on its twin, shrunk by RapidCheck.
//
// RC_PARAMS in the environment takes RapidCheck's own settings in place of the test's: seed=N
// repeats a failure, max_success=N makes N sequences for each host.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/config.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "tests/lockstep/worlds.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {

// RapidCheck prints what it drew; the scenario that follows says it better.
void showValue(const Operation& operation, std::ostream& out) { out << "row " << operation.row; }

namespace {

constexpr int kLongest = 120;
// A sanitizer makes each sequence some ten times slower.
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
constexpr char kUsualParameters[] = "max_success=85 seed=1";
#else
constexpr char kUsualParameters[] = "max_success=450 seed=1";
#endif

rc::Gen<Operation> AnOperation(const Alphabet& alphabet) {
  // Most calls are the first process's.
  const auto process = rc::gen::weightedOneOf<std::uint8_t>(
      {{12, rc::gen::just(std::uint8_t{0})}, {1, rc::gen::arbitrary<std::uint8_t>()}});
  const auto choices = rc::gen::container<std::vector<std::uint8_t>>(
      Operation::kChoices, rc::gen::inRange<std::uint8_t>(0, 255));
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange<std::uint64_t>(0, alphabet.weights()), process, choices),
      [&alphabet](const std::tuple<std::uint64_t, std::uint8_t, std::vector<std::uint8_t>>& drawn) {
        Operation operation;
        operation.row = alphabet.RowOf(std::get<0>(drawn));
        operation.process = std::get<1>(drawn);
        std::ranges::copy(std::get<2>(drawn), operation.choices.begin());
        return operation;
      });
}

class PropertyTest : public ::testing::TestWithParam<TwinHost> {};

TEST_P(PropertyTest, TheModelAndItsTwinAgree) {
  setenv("RC_PARAMS", kUsualParameters, /*overwrite=*/0);
  const TwinLockstep lockstep(GetParam(), RandomAlphabet());
  const auto sequences = rc::gen::resize(
      kLongest, rc::gen::container<std::vector<Operation>>(AnOperation(lockstep.alphabet())));
  Counts counts;
  const bool agree = rc::check(std::string(GetParam().name), [&] {
    const std::vector<Operation> operations = *sequences;
    const Outcome outcome = MakeAll(lockstep.world(), operations);
    counts += outcome.counts;
    if (outcome.given_up.has_value()) RC_FAIL(*outcome.given_up);
    if (outcome.difference.has_value()) {
      const Difference& difference = *outcome.difference;
      RC_FAIL(difference.call + "\n  the twin:  " + difference.reference +
              "\n  the model: " + difference.model + "\n\n" + outcome.scenario);
    }
  });
  EXPECT_TRUE(agree) << "the scenario above shows it";
  // A twin that knows nothing agrees with every model.
  EXPECT_GT(counts.looks, kLeastLooks * counts.operations);
  EXPECT_GT(counts.successes, counts.operations / 10);
  EXPECT_LT(counts.left_out, counts.operations / 100);
  RecordProperty("counts", absl::StrFormat("%d operations, %d left out, %d successful, %d looks",
                                           counts.operations, counts.left_out, counts.successes,
                                           counts.looks));
}

INSTANTIATE_TEST_SUITE_P(Hosts, PropertyTest,
                         ::testing::ValuesIn(TwinHosts().begin(), TwinHosts().end()),
                         [](const auto& host) { return std::string(host.param.name); });

}  // namespace
}  // namespace kvm_model::lockstep
