#include "bench/gate/counter.h"

#include <cstdint>

#include "bench/gate/allocator.h"
#include "bench/gate/operation.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define KVM_MODEL_BENCH_CAN_COUNT 1
#else
#define KVM_MODEL_BENCH_CAN_COUNT 0
#endif

namespace kvm_model::bench {
namespace {

void GetReady(const Operation& operation) {
  if (operation.before != nullptr) operation.before();
}

}  // namespace

#if KVM_MODEL_BENCH_CAN_COUNT

const char* WhyNothingIsCounted() {
  return RUNNING_ON_VALGRIND != 0 ? nullptr : "this doesn't run under valgrind";
}

std::uint64_t Count(const Operation& operation) {
  GetReady(operation);
  operation.run();
  GetReady(operation);
  const std::uint64_t allocations = AllocationsMade();
  CALLGRIND_TOGGLE_COLLECT;
  operation.run();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(operation.name.c_str());
  return AllocationsMade() - allocations;
}

#else

const char* WhyNothingIsCounted() { return "this was built without valgrind/callgrind.h"; }

std::uint64_t Count(const Operation& operation) {
  GetReady(operation);
  operation.run();
  return 0;
}

#endif

}  // namespace kvm_model::bench
