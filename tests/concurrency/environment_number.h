// How much a test does, when the environment asks for another number than the usual one.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_ENVIRONMENT_NUMBER_H_
#define KVM_MODEL_TESTS_CONCURRENCY_ENVIRONMENT_NUMBER_H_

#include <cstdint>

namespace kvm_model {

// The variable's value, or `usual` where it isn't set. What is no positive decimal number fails the
// running test and is 0: a run that checks nothing must not pass.
std::uint64_t EnvironmentNumber(const char* variable, std::uint64_t usual);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_ENVIRONMENT_NUMBER_H_
