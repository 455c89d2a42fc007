// Where the model decides that a kernel allocation fails.
//
// Every place where the modelled kernel allocates memory on a caller's behalf asks the gate first,
// in the kernel's order. Normally it passes everything; FailNth() makes the nth request from then
// on fail once, which the caller turns into the kernel's errno (ENOMEM, or a signal on a fault).
// Costs one relaxed atomic load a request while nothing is armed. Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_ALLOCATION_GATE_H_
#define KVM_MODEL_KVM_MODEL_ALLOCATION_GATE_H_

#include <cstdint>

#include "kvm_model/countdown.h"

namespace kvm_model {

class AllocationGate {
 public:
  // Makes the nth allocation from here on fail, once; n counts from 1. n == 0 disarms.
  void FailNth(std::uint64_t n) { failure_.Arm(n); }

  // Whether an armed failure has not happened yet.
  bool armed() const { return failure_.armed(); }

  // False when this allocation is the one that fails.
  [[nodiscard]] bool Allocate() { return !failure_.Hit(); }

 private:
  Countdown failure_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ALLOCATION_GATE_H_
