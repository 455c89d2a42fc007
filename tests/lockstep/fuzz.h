// What a fuzzer gives to the model and its twin: any bytes.
#ifndef KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_
#define KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kvm_model::lockstep {

// The first byte chooses the host, the others are operations, kMostOperations at most. How the two
// differ, with the scenario that shows it; empty where they don't.
std::string FuzzOne(const std::vector<std::uint8_t>& bytes);
inline constexpr std::size_t kMostOperations = 48;

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TESTS_LOCKSTEP_FUZZ_H_
