// Whether a history of concurrent calls can be explained by one order of the calls.
//
// The order must keep calls apart that did not overlap, each call must answer in it what a
// sequential specification says, and the last state must be the one that was found. The search is
// Wing and Gong's, and remembers which sets of calls, with which state, led nowhere. Its time is
// exponential in the calls that overlap: meant for up to about a dozen.
#ifndef KVM_MODEL_TESTS_CONCURRENCY_LINEARIZABILITY_H_
#define KVM_MODEL_TESTS_CONCURRENCY_LINEARIZABILITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/concurrency/file_state.h"

namespace kvm_model {

struct Call {
  int thread = 0;
  Operation operation = {};
  // Of one clock of the whole history: before the call began, after it ended.
  std::uint64_t invoked = 0;
  std::uint64_t answered = 0;
  Answer answer = {};
};

// At most 32 calls, in any order.
struct History {
  FileState before;
  std::vector<Call> calls;
  FileState after;
};

using Specification = absl::FunctionRef<Answer(FileState&, const Operation&)>;

bool IsLinearizable(const History& history, Specification specification);
// By FileState itself.
bool IsLinearizable(const History& history);

// The states, and a line a call by the time of its beginning.
std::string ToText(const History& history);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_LINEARIZABILITY_H_
