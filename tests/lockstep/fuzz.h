// What a fuzzer gives to the model and its twin: any bytes.
#ifndef KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_
#define KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {

// The first byte chooses the host, the others are operations, kMostOperations at most. How the two
// differ, with the scenario that shows it; empty where they don't. Adds to `counts`.
std::string FuzzOne(const std::vector<std::uint8_t>& bytes, Counts* counts = nullptr);
inline constexpr std::size_t kMostOperations = 48;

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_
