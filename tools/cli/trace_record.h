// A trace of a run: one JSON object a line for each call.
//
// Time is logical: `seq` counts the calls of the trace from 1. The same scenarios, backends and
// seed give the same bytes.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_RECORD_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_RECORD_H_

#include <cstdint>
#include <ostream>
#include <string_view>

#include "kvm_model/trail.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// Writes the lines. The fields of one, in this order:
//
//   seq        the call's number in the trace, from 1
//   file       the scenario's; line: where the call stands in it, from 1
//   backend    "model", "native"
//   process    {"id", "name"}: 0 and "" for the first, a fork's number and name for a child
//   call       as the scenario has it; name: of the call in the language
//   arguments  {NAME: {"value", "text"}}: evaluated, with names decoded
//   ioctl      null, or {"name", "request", "fd", "struct", "fields"}; without a struct, "fields"
//              has the number that is the argument
//   answer     {"text", "kind", "value", "errno", "fields"}: as an expectation is written; what
//              kind it is; a number, a byte, a descriptor or null; a name or null; what else came
//              back
//   trail      [{"depth", "function", "kind", "text", "values", "certainty", ...}]: empty for a
//              backend that can't know it
//   left_out   how many steps of a long trail are not there
class TraceWriter {
 public:
  explicit TraceWriter(std::ostream& out) : out_(out) {}

  // `recorder` has the steps behind the answer; null where there are none.
  void Write(const scenario::Scenario& scenario, std::string_view backend,
             const scenario::Call& call, const scenario::CallRequest& request,
             const scenario::Answer& answer, const TrailRecorder* recorder);

 private:
  std::ostream& out_;
  std::uint64_t seq_ = 0;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_RECORD_H_
