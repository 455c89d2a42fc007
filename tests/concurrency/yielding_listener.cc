#include "tests/concurrency/yielding_listener.h"

#include <cstdint>
#include <random>
#include <thread>

namespace kvm_model {
namespace {

thread_local std::minstd_rand yields;
thread_local bool may_yield = false;

}  // namespace

void YieldingListener::Seed(std::uint64_t seed) {
  yields.seed(static_cast<std::minstd_rand::result_type>(seed));
  may_yield = true;
}

void YieldingListener::MaybeYield() {
  if (may_yield && yields() % 4 == 0) std::this_thread::yield();
}

}  // namespace kvm_model
