#include "bench/gate/counter.h"

#include "bench/gate/operation.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define KVM_MODEL_BENCH_CAN_COUNT 1
#else
#define KVM_MODEL_BENCH_CAN_COUNT 0
#endif

namespace kvm_model::bench {

#if KVM_MODEL_BENCH_CAN_COUNT

const char* WhyNothingIsCounted() {
  return RUNNING_ON_VALGRIND != 0 ? nullptr : "this doesn't run under valgrind";
}

void Count(const Operation& operation) {
  operation.run();
  CALLGRIND_TOGGLE_COLLECT;
  operation.run();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(operation.name.c_str());
}

#else

const char* WhyNothingIsCounted() { return "this was built without valgrind/callgrind.h"; }

void Count(const Operation& operation) { operation.run(); }

#endif

}  // namespace kvm_model::bench
