// What a scenario's call and its failure are called: by the kernel's names, where it has one.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_CALL_NAMES_H_
#define KVM_MODEL_TOOLS_EXPLAIN_CALL_NAMES_H_

#include <string>
#include <string_view>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::explain {

// "KVM_SET_MEMORY_ATTRIBUTES2", "mmap", "guest access". Of a raw ioctl the name of its number on
// the scenario's architecture, or "ioctl" where it has none. Empty for a call of the language's own
// that only looks, or that stands for no call.
std::string KernelName(const scenario::Scenario& scenario, const scenario::Call& call,
                       const scenario::CallRequest& request);
// Without its arguments: "ioctl" for a raw one.
std::string_view KernelName(scenario::CallId id);

// The errno, the signal (SIGBUS, SIGSEGV) or the exit (MMIO, MEMORY_FAULT) that came back; empty
// for a success, and for what is neither.
std::string_view FailureName(const scenario::Answer& answer);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_CALL_NAMES_H_
