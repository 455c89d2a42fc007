#include "tools/cli/trace_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tools/backends/backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/trace_calls.h"
#include "tools/cli/trail_words.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

namespace answer = scenario::answer;

Json ValuesToJson(const std::vector<NamedValue>& values) {
  Json json = Json::object();
  for (const NamedValue& value : values) {
    json[value.name] = {{"value", value.value}, {"text", value.text}};
  }
  return json;
}

Json IoctlToJson(const std::optional<TracedIoctl>& ioctl) {
  if (!ioctl.has_value()) return nullptr;
  std::vector<NamedValue> fields = ioctl->fields;
  if (ioctl->argument.has_value()) fields.push_back(*ioctl->argument);
  Json json;
  json["name"] = OrNull(ioctl->name);
  json["request"] = ioctl->request;
  json["fd"] = ioctl->fd;
  json["struct"] = OrNull(ioctl->struct_name);
  json["fields"] = ValuesToJson(fields);
  return json;
}

// The parts of an answer besides its text.
class AnswerParts {
 public:
  explicit AnswerParts(const scenario::NameContext& names) : names_(names) {}

  void operator()(const answer::Ok& ok) {
    kind = "ok";
    value = ok.value;
  }
  void operator()(const answer::Fd& fd) {
    kind = "fd";
    value = fd.number;
  }
  void operator()(const answer::Number& number) {
    kind = "number";
    value = number.value;
    Field("error_offset", number.error_offset);
  }
  void operator()(const answer::Errno& failed) {
    kind = "errno";
    error = uapi::ErrnoName(failed.error);
    Field("error_offset", failed.error_offset);
    Field("gpa", failed.gpa);
    Field("size", failed.size);
  }
  void operator()(const answer::Byte& byte) {
    kind = "byte";
    value = byte.value;
  }
  void operator()(answer::Signal) { kind = "signal"; }
  void operator()(const answer::Mmio&) { kind = "mmio"; }
  void operator()(const answer::MemoryFault& fault) {
    kind = "memory_fault";
    error = uapi::ErrnoName(fault.error);
    Field("gpa", fault.gpa);
    Field("size", fault.size);
    fields.push_back(
        {"flags", fault.flags,
         scenario::FormatNumber(scenario::NameDomain::kMemoryFaultFlag, fault.flags, names_)});
  }
  void operator()(const answer::Progress& progress) {
    kind = "progress";
    value = 0;
    Field("gpa", progress.gpa);
    Field("size", progress.size);
  }
  void operator()(const answer::Runs&) { kind = "runs"; }
  void operator()(const answer::NotModelled&) { kind = "not_modelled"; }
  void operator()(const answer::Broken&) { kind = "broken"; }

  std::string_view kind;
  Json value = nullptr;
  std::string_view error;
  std::vector<NamedValue> fields;

 private:
  void Field(std::string_view name, const std::optional<std::uint64_t>& number) {
    if (!number.has_value()) return;
    fields.push_back({std::string(name), *number, scenario::FormatPlainNumber(*number)});
  }

  const scenario::NameContext& names_;
};

Json AnswerToJson(const scenario::Call& call, const scenario::CallRequest& request,
                  const scenario::Answer& answer, const scenario::NameContext& names) {
  AnswerParts parts(names);
  std::visit(parts, answer);
  Json json;
  json["text"] = scenario::FormatAnswer(answer, call.answer_domain, names,
                                        request[scenario::ArgumentId::kErrorOffset]);
  json["kind"] = parts.kind;
  json["value"] = std::move(parts.value);
  json["errno"] = OrNull(parts.error);
  json["fields"] = ValuesToJson(parts.fields);
  return json;
}

}  // namespace

void TraceWriter::Write(const scenario::Scenario& scenario, std::string_view backend,
                        const scenario::Call& call, const scenario::CallRequest& request,
                        const scenario::Answer& answer, const TrailRecorder* recorder) {
  const scenario::NameContext names{scenario.host.arch, scenario.host.revision};
  Json json;
  json["seq"] = ++seq_;
  json["file"] = scenario.file;
  json["line"] = call.position.line;
  json["backend"] = backend;
  json["process"] = {{"id", request.process}, {"name", call.process}};
  json["call"] = scenario::PrintCall(call);
  json["name"] = scenario::GetCall(call.id).name;
  json["arguments"] = ValuesToJson(ArgumentsOf(request, names));
  json["ioctl"] = IoctlToJson(IoctlOf(request, names));
  json["answer"] = AnswerToJson(call, request, answer, names);
  json["trail"] = recorder == nullptr ? Json::array() : TrailToJson(recorder->steps());
  json["left_out"] = recorder == nullptr ? 0 : recorder->left_out();
  out_ << Dump(json) << "\n";
}

}  // namespace kvm_model::cli
