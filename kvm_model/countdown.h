// Countdown: an event that a test lets happen at its nth chance.
//
// Costs one relaxed atomic load a chance while nothing is armed. Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_COUNTDOWN_H_
#define KVM_MODEL_KVM_MODEL_COUNTDOWN_H_

#include <atomic>
#include <cstdint>

namespace kvm_model {

class Countdown {
 public:
  // Makes the nth chance from here on hit, once; n counts from 1. n == 0 disarms.
  void Arm(std::uint64_t n) { left_.store(n, std::memory_order_relaxed); }

  // Whether an armed event has not happened yet.
  bool armed() const { return left_.load(std::memory_order_relaxed) != 0; }

  // True for the chance that was armed.
  [[nodiscard]] bool Hit() {
    if (left_.load(std::memory_order_relaxed) == 0) [[likely]]
      return false;
    return HitCounted();
  }

 private:
  bool HitCounted() {
    std::uint64_t left = left_.load(std::memory_order_relaxed);
    while (left != 0 && !left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
    }
    return left == 1;
  }

  std::atomic<std::uint64_t> left_{0};
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_COUNTDOWN_H_
