// The calls that the comparison makes: arguments that stand at a check's edges, orders in which a
// check is the one that decides, and random sequences.
#ifndef KVM_MODEL_TESTS_LIVE_STEPS_H_
#define KVM_MODEL_TESTS_LIVE_STEPS_H_

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/live/comparison.h"

namespace kvm_model {

// Values of args[0] that some capability treats differently from its neighbours.
std::span<const std::uint64_t> EdgeArguments();

// Calls on one VM, in this order.
struct Sequence {
  std::string name;
  std::vector<Step> steps;
};

// Those that an architecture's VM and those that every VM takes.
std::vector<Sequence> Sequences(std::string_view arch);

// A few calls, most of which some VM takes. The same generator state gives the same calls.
std::vector<Step> RandomSteps(std::string_view arch, std::mt19937_64& random);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_LIVE_STEPS_H_
