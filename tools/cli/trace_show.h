// A trace as strace prints one: a line a call.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_SHOW_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_SHOW_H_

#include <ostream>
#include <string>

#include "tools/cli/trace_file.h"

namespace kvm_model::cli {

// Prints calls one after the other: a heading where another file or backend begins, children
// indented, ioctls with their struct, errnos with their words.
class TraceShow {
 public:
  // With `trail` each call's decisions follow it.
  TraceShow(bool trail, std::ostream& out) : trail_(trail), out_(out) {}
  void Print(const TracedCall& call);

 private:
  const bool trail_;
  std::ostream& out_;
  std::string heading_;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_SHOW_H_
