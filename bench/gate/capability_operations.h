// The answers to capabilities, as operations of the gate.
//
// For each architecture and revision: the host with default settings, asked on /dev/kvm and on a VM
// of each type that it can make, for every number from -1 to 255, without a listener. That is some
// 16,000 operations, ten seconds under valgrind. Hosts with other settings are not counted.
//
// Which answers are the generic function's is seen in the trail of one asking beforehand.
#ifndef KVM_MODEL_BENCH_GATE_CAPABILITY_OPERATIONS_H_
#define KVM_MODEL_BENCH_GATE_CAPABILITY_OPERATIONS_H_

#include <vector>

#include "bench/gate/operation.h"

namespace kvm_model::bench {

// Named capability/<architecture>/<revision>/<dev, or the VM's type>/<number>. Ends the program
// when a host can't be made.
std::vector<Operation> CapabilityOperations();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_CAPABILITY_OPERATIONS_H_
