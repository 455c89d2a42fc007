#include "tools/cli/trace_show.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/cli/trace_file.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Joined(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    absl::StrAppendFormat(&text, "%s%s=%s", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string CallText(const TracedCall& call) {
  if (!call.is_ioctl) return absl::StrFormat("%s(%s)", call.name, Joined(call.arguments));
  const std::string request =
      call.ioctl_name.empty() ? absl::StrFormat("%#x", call.ioctl_request) : call.ioctl_name;
  std::string argument = call.fields.empty() ? "0" : call.fields.front().second;
  if (!call.struct_name.empty()) argument = absl::StrFormat("{%s}", Joined(call.fields));
  return absl::StrFormat("ioctl(%d, %s, %s)", call.ioctl_fd, request, argument);
}

// "EAGAIN (Resource temporarily unavailable)".
std::string ErrnoText(const std::string& name) {
  const std::optional<uapi::Errno> error = uapi::ErrnoByName(name);
  if (!error.has_value()) return name;
  const char* words = strerrordesc_np(static_cast<int>(*error));
  return words == nullptr ? name : absl::StrFormat("%s (%s)", name, words);
}

std::string AnswerText(const TracedCall& call) {
  const std::string& kind = call.answer_kind;
  const std::string back =
      call.answer_fields.empty() ? "" : absl::StrFormat(" {%s}", Joined(call.answer_fields));
  if (kind == "errno") return "-1 " + ErrnoText(call.error) + back;
  if (kind == "memory_fault") return "-1 " + ErrnoText(call.error) + " MEMORY_FAULT" + back;
  if (kind == "fd") return call.value.value_or("?");
  if (kind == "ok" && call.name == "fork") return call.value.value_or("?");
  // An address or a pin is worth seeing.
  if (kind == "ok" && call.value.has_value() && *call.value != "0") {
    return absl::StrFormat("ok (%s)", *call.value);
  }
  const bool flags = kind == "number" && call.value.has_value() && call.answer != *call.value &&
                     call.name == "check_extension";
  if (flags) return absl::StrFormat("%s (%s)", *call.value, call.answer);
  return call.answer;
}

}  // namespace

void TraceShow::Print(const TracedCall& call) {
  const std::string heading = absl::StrFormat("%s [%s]", call.file, call.backend);
  if (heading != heading_) {
    out_ << (heading_.empty() ? "" : "\n") << heading << "\n";
    heading_ = heading;
  }
  std::string process;
  if (call.process != 0) {
    process =
        absl::StrFormat("    [%s] ", call.process_name.empty() ? absl::StrFormat("%d", call.process)
                                                               : call.process_name);
  }
  out_ << absl::StrFormat("%5d  %s%s = %s\n", call.line, process, CallText(call), AnswerText(call));
  if (!trail_) return;
  for (const TracedStep& step : call.trail) {
    const int depth = std::max(step.kind == "enter" ? step.depth - 1 : step.depth, 0);
    // A trace may claim any depth.
    const std::string indent(static_cast<std::size_t>(std::min(depth, 64)) * 2, ' ');
    out_ << absl::StrFormat("         %s%s\n", indent, step.text);
  }
  if (call.left_out != 0) {
    out_ << absl::StrFormat("         ... %d steps of the trail were left out\n", call.left_out);
  }
}

}  // namespace kvm_model::cli
