// A trace in the Chrome trace-event format, which Perfetto opens.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_PERFETTO_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_PERFETTO_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>

#include "tools/cli/caps_format.h"
#include "tools/cli/trace_file.h"

namespace kvm_model::cli {

// Writes {"traceEvents": [...]} call by call. A process of a scenario is a process there, with one
// thread; a call is a slice (ph X) with the kernel's functions nested in it (B and E), and what was
// decided and done as instants (i). Time is logical: a step of the trail takes a microsecond of
// Perfetto's, a call one more at its beginning and at its end, and calls follow each other.
class PerfettoWriter {
 public:
  explicit PerfettoWriter(std::ostream& out);
  void Write(const TracedCall& call);
  // The end of the file. Nothing may be written after it.
  void Finish();

 private:
  // The number that stands for the process, told by metadata events when it is new.
  int ProcessOf(const TracedCall& call);
  void Event(const Json& event);
  Json Begin(std::string_view name, std::string_view category, std::string_view phase,
             int process) const;
  void Steps(const TracedCall& call, int process);

  std::ostream& out_;
  bool first_ = true;
  std::uint64_t now_ = 0;
  std::map<std::string, int> processes_;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_PERFETTO_H_
