// What a map of attributes does, as operations of the gate: store/<pattern>/<operation>.
//
// An operation that takes some ten instructions is done for 64 places, or as many as the pattern
// has, so that a hundredth of its count is more than an instruction; it stands as one count. The
// places are the same in each run. Each operation begins with a map of its own, made anew before
// each run that changes it.
#ifndef KVM_MODEL_BENCH_GATE_STORE_OPERATIONS_H_
#define KVM_MODEL_BENCH_GATE_STORE_OPERATIONS_H_

#include <vector>

#include "bench/gate/operation.h"

namespace kvm_model::bench {

// Questions: Get, MixedBlock, RangeHas, RunContaining, NextChange, ForEachRun, RunsIn.
std::vector<Operation> StoreReadOperations();
// Stores of pages, blocks, ranges and the whole file; preparing and committing.
std::vector<Operation> StoreWriteOperations();
// Changes of form, Trim(), creation and destruction.
std::vector<Operation> StoreFormOperations();

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_STORE_OPERATIONS_H_
