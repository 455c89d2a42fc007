// Every short sequence of operations on a small world, on the model and on its twin.
//
// Two VMs, up to six pages of a file, and an alphabet in which each kind of operation on memory has
// its telling arguments. All sequences of two operations are made; of those of three every
// kStride-th, or all with KVM_MODEL_ALL_SEQUENCES=1 in the environment (an hour and a quarter on
// two cores). After each sequence everything that can be looked at is compared; what lies on the
// way there is the end of a shorter one.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/config.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/lockstep/worlds.h"
#include "tools/lockstep/alphabet.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {
namespace {

// Prime, so that every letter comes at every place.
constexpr std::uint64_t kStride = 1009;

// Of the sequences of two; a sanitizer makes each some ten times slower.
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
constexpr std::uint64_t kPairStride = 11;
#else
constexpr std::uint64_t kPairStride = 1;
#endif

bool AllSequences() { return std::getenv("KVM_MODEL_ALL_SEQUENCES") != nullptr; }

class ExhaustiveTest : public ::testing::TestWithParam<TwinHost> {
 protected:
  // The number-th sequence of that length.
  std::vector<Operation> Sequence(std::uint64_t number, std::uint64_t length) const {
    std::vector<Operation> sequence;
    for (; length > 0; --length) {
      sequence.push_back(letters_[number % letters_.size()]);
      number /= letters_.size();
    }
    return sequence;
  }

  // Makes each stride-th sequence of that length; how many those are.
  std::uint64_t MakeSequences(std::uint64_t length, std::uint64_t stride) {
    std::uint64_t all = 1;
    for (std::uint64_t i = 0; i < length; ++i) all *= letters_.size();
    std::uint64_t made = 0;
    for (std::uint64_t number = 0; number < all; number += stride) {
      const std::vector<Operation> sequence = Sequence(number, length);
      ++made;
      if (Agree(sequence)) continue;
      ADD_FAILURE() << "sequence " << number << " of length " << length << "\n"
                    << lockstep_.Differences(sequence);
      return made;
    }
    return made;
  }

  TwinLockstep lockstep_{GetParam(), CompleteAlphabet()};
  const std::vector<Operation> letters_ = lockstep_.alphabet().All();
  std::set<std::uint64_t> worlds_;
  Counts counts_;

 private:
  bool Agree(const std::vector<Operation>& sequence) {
    lockstep::Run run(lockstep_.world());
    std::optional<Difference> difference = run.beginning();
    for (const Operation& operation : sequence) {
      if (difference.has_value()) return false;
      difference = run.Make(operation);
    }
    if (!difference.has_value()) difference = run.Look();
    worlds_.insert(run.fingerprint());
    counts_ += run.counts();
    return !difference.has_value() && !run.given_up().has_value();
  }
};

TEST_P(ExhaustiveTest, EverySequenceEndsInTheSameWorld) {
  const std::uint64_t one = MakeSequences(1, 1);
  const std::uint64_t two = MakeSequences(2, kPairStride);
  const std::uint64_t three = MakeSequences(3, AllSequences() ? 1 : kStride * kPairStride);
  const std::string counts =
      absl::StrFormat("%s: %d letters; %d sequences of 1, %d of 2, %d of 3; %d distinct worlds",
                      GetParam().name, letters_.size(), one, two, three, worlds_.size());
  std::cout << counts << "\n";
  RecordProperty("counts", counts);
  // A world in which nothing happens compares nothing.
  EXPECT_GT(worlds_.size(), letters_.size() / (kPairStride == 1 ? 1 : 2));
  EXPECT_GT(counts_.looks, kLeastLooks * (one + two + three));
  EXPECT_GT(counts_.successes, counts_.operations / 3);
  EXPECT_LT(counts_.left_out, counts_.operations / 10);
}

INSTANTIATE_TEST_SUITE_P(Hosts, ExhaustiveTest,
                         ::testing::ValuesIn(TwinHosts().begin(), TwinHosts().end()),
                         [](const auto& host) { return std::string(host.param.name); });

}  // namespace
}  // namespace kvm_model::lockstep
