// The traces that `kvmsim run --trace` writes, read back.
#ifndef KVM_MODEL_TOOLS_CLI_TRACE_FILE_H_
#define KVM_MODEL_TOOLS_CLI_TRACE_FILE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/caps_format.h"

namespace kvm_model::cli {

// A step of a call's trail.
struct TracedStep {
  int depth = 0;  // Of the function that took it, from 1; never negative.
  std::string function;
  std::string kind;  // "enter", "predicate", ...: see trail_words.h.
  std::string text;  // In words.
};

// One call. Pairs are names and values as texts.
struct TracedCall {
  std::uint64_t seq = 0;
  std::string file;
  int line = 0;
  std::string backend;
  std::uint64_t process = 0;
  std::string process_name;
  std::string call;
  std::string name;
  std::vector<std::pair<std::string, std::string>> arguments;
  bool is_ioctl = false;
  std::string ioctl_name;  // Empty for a request that has no name.
  std::uint64_t ioctl_request = 0;
  std::int64_t ioctl_fd = -1;
  std::string struct_name;  // Empty where the argument is a number.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string answer;
  std::string answer_kind;
  std::optional<std::string> value;  // A number: decimal up to 4095, above in hexadecimal.
  std::string error;                 // "EINVAL"; empty for none.
  std::vector<std::pair<std::string, std::string>> answer_fields;
  std::vector<TracedStep> trail;
  std::uint64_t left_out = 0;
};

// Reads the trace line by line and hands each call to `each`. What is wrong, as
// "NAME:LINE: MESSAGE", at the first line that is no JSON, breaks off, or lacks a field; `each` has
// had the calls before it then. An empty trace is none.
std::expected<void, std::string> ReadTrace(const std::string& name, std::istream& in,
                                           const std::function<void(const TracedCall&)>& each);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_TRACE_FILE_H_
