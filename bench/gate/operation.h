// Operation: something that the model does, whose instructions the gate counts and limits.
//
// A new kind of operation is a function beside CapabilityOperations() that returns operations, and
// a line in gate_operations.cc.
#ifndef KVM_MODEL_BENCH_GATE_OPERATION_H_
#define KVM_MODEL_BENCH_GATE_OPERATION_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::bench {

// An operation that is held to it takes fewer instructions than `instructions`.
struct Limit {
  std::string_view what;  // "capability, generic": which operations it holds for, a literal
  int instructions = 0;
};

struct Operation {
  // One word, told apart from every other: "capability/x86/rfc-v4/dev/234".
  std::string name;
  // The report has one line for each group and limit: the worst operation. One word, and empty
  // without limits.
  std::string_view group = "";
  std::vector<Limit> limits = {};
  // Makes anew what `run` changes, so that each run does the same; not counted. Null: `run` changes
  // nothing.
  std::function<void()> before = nullptr;
  // Does it once. Setting the arguments up counts as the operation's; what `run` refers to is made
  // before.
  std::function<void()> run;
  // The bytes that the map of attributes holds after `run`. An operation that says them is held to
  // its baseline: its instructions, these bytes, and the number of its allocations.
  std::function<std::size_t()> bytes = nullptr;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_OPERATION_H_
