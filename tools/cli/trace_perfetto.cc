#include "tools/cli/trace_perfetto.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/trace_file.h"

namespace kvm_model::cli {
namespace {

constexpr int kThread = 1;

Json ToObject(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = value;
  return json;
}

Json ArgsOf(const TracedCall& call) {
  Json args;
  args["answer"] = call.answer;
  if (!call.error.empty()) args["errno"] = call.error;
  if (!call.answer_fields.empty()) args["came back"] = ToObject(call.answer_fields);
  args["call"] = call.call;
  args["arguments"] = ToObject(call.arguments);
  if (call.is_ioctl) {
    args["ioctl"] =
        call.ioctl_name.empty() ? absl::StrFormat("%#x", call.ioctl_request) : call.ioctl_name;
    args["fields"] = ToObject(call.fields);
  }
  args["place"] = absl::StrFormat("%s:%d", call.file, call.line);
  args["seq"] = call.seq;
  if (call.left_out != 0) args["steps left out"] = call.left_out;
  return args;
}

}  // namespace

PerfettoWriter::PerfettoWriter(std::ostream& out) : out_(out) {
  out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
}

void PerfettoWriter::Event(const Json& event) {
  out_ << (std::exchange(first_, false) ? "\n" : ",\n") << Dump(event);
}

Json PerfettoWriter::Begin(std::string_view name, std::string_view category, std::string_view phase,
                           int process) const {
  Json event;
  event["name"] = name;
  event["cat"] = category;
  event["ph"] = phase;
  event["ts"] = now_;
  event["pid"] = process;
  event["tid"] = kThread;
  return event;
}

int PerfettoWriter::ProcessOf(const TracedCall& call) {
  const std::string name =
      call.process == 0
          ? absl::StrFormat("%s [%s]", call.file, call.backend)
          : absl::StrFormat("%s [%s], %s", call.file, call.backend,
                            call.process_name.empty() ? absl::StrFormat("child %d", call.process)
                                                      : call.process_name);
  const std::string key = absl::StrFormat("%s\n%s\n%d", call.file, call.backend, call.process);
  const auto [found, is_new] = processes_.emplace(key, static_cast<int>(processes_.size()) + 1);
  if (is_new) {
    for (const std::string_view kind : {"process_name", "thread_name"}) {
      Json event;
      event["name"] = kind;
      event["ph"] = "M";
      event["pid"] = found->second;
      event["tid"] = kThread;
      event["args"] = {{"name", kind == "process_name" ? name : "calls"}};
      Event(event);
    }
  }
  return found->second;
}

void PerfettoWriter::Steps(const TracedCall& call, int process) {
  // The functions that run, innermost last, with their depths.
  std::vector<std::pair<std::string, int>> running;
  const auto leave = [&] {
    Event(Begin(running.back().first, "kernel", "E", process));
    running.pop_back();
  };
  for (const TracedStep& step : call.trail) {
    const bool enters = step.kind == "enter";
    while (!running.empty() &&
           (enters ? running.back().second >= step.depth : running.back().second > step.depth)) {
      leave();
    }
    if (enters) {
      running.emplace_back(step.function + "()", step.depth);
      Event(Begin(running.back().first, "kernel", "B", process));
    } else {
      Json event = Begin(step.text, step.kind, "i", process);
      event["s"] = "t";
      event["args"] = {{"function", step.function}};
      Event(event);
    }
    ++now_;
  }
  while (!running.empty()) leave();
}

void PerfettoWriter::Write(const TracedCall& call) {
  const int process = ProcessOf(call);
  Json event = Begin(call.is_ioctl && !call.ioctl_name.empty() ? call.ioctl_name : call.name,
                     "call", "X", process);
  event["dur"] = std::uint64_t{call.trail.size()} + 2;
  event["args"] = ArgsOf(call);
  Event(event);
  ++now_;
  Steps(call, process);
  ++now_;
}

void PerfettoWriter::Finish() { out_ << "\n]}\n"; }

}  // namespace kvm_model::cli
