// Counts the instructions of single operations, under valgrind's tool callgrind.
//
// An operation is done twice and its second time is counted, so that what happens once (a static
// that is made at first use) doesn't count. Its count becomes a part of callgrind's output file
// whose trigger is its name. It holds what counting itself costs, too: some 16 instructions, the
// count of an empty operation, which the reader of the file subtracts. Without valgrind operations
// are done and nothing is counted.
#ifndef KVM_MODEL_BENCH_GATE_COUNTER_H_
#define KVM_MODEL_BENCH_GATE_COUNTER_H_

#include <cstdint>

#include "bench/gate/operation.h"

namespace kvm_model::bench {

// Why nothing can be counted, a sentence; null when something can: this program runs under
// callgrind, and was built where valgrind's header is installed.
const char* WhyNothingIsCounted();

// Does `operation` twice and counts the second time. Returns how often it allocated then.
std::uint64_t Count(const Operation& operation);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_COUNTER_H_
