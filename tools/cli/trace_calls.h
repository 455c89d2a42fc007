// What a scenario's call hands to the kernel: the ioctl behind it, and its struct field by field.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_CALLS_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_CALLS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/names.h"

namespace kvm_model::cli {

// A number, and how a scenario would write it: 8 is PRIVATE in `attributes`.
struct NamedValue {
  std::string name;
  std::uint64_t value = 0;
  std::string text;
};

struct TracedIoctl {
  std::string name;           // "KVM_CREATE_VM"; empty for a request that has no name.
  std::uint32_t request = 0;  // As the host's architecture packs it.
  std::int32_t fd = -1;
  std::string struct_name;  // "kvm_memory_attributes2"; empty where the argument is a number.
  std::vector<NamedValue> fields;      // Of the struct, as it was handed in.
  std::optional<NamedValue> argument;  // The number, where there is no struct.
};

// The call's arguments in the order of the call table, those with their defaults included.
std::vector<NamedValue> ArgumentsOf(const scenario::CallRequest& request,
                                    const scenario::NameContext& names);

// Nothing for a call that is no ioctl.
std::optional<TracedIoctl> IoctlOf(const scenario::CallRequest& request,
                                   const scenario::NameContext& names);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_CALLS_H_
