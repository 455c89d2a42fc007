// YieldingListener: gives up the processor at random steps of the decision trail, so that calls
// meet in their middle also on a machine with few processors.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_YIELDING_LISTENER_H_
#define KVM_MODEL_TESTS_CONCURRENCY_YIELDING_LISTENER_H_

#include <cstdint>

#include "kvm_model/trail.h"

namespace kvm_model {

// Of the threads that called Seed().
class YieldingListener : public TrailListener {
 public:
  // For the calling thread.
  static void Seed(std::uint64_t seed);
  static void MaybeYield();
  void OnStep(const TrailStep&) override { MaybeYield(); }
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_YIELDING_LISTENER_H_
