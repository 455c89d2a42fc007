#include "tools/serve/step_json.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "nlohmann/json.hpp"
#include "tools/backends/backend.h"
#include "tools/c_form/c_form.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/step_picture.h"
#include "tools/explain/call_names.h"
#include "tools/explain/texts.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"
#include "tools/scenario/printer.h"

namespace kvm_model::serve {
namespace {

using cli::Json;
namespace answer = scenario::answer;

const std::vector<explain::ErrnoText>& ErrnoTexts() {
  static const std::vector<explain::ErrnoText> texts =
      explain::ParseErrnoTexts(cli::TextOf(cli::BuiltInExplanations(), "tools/explain/errnos.tsv"));
  return texts;
}

Json MeaningOf(const scenario::Scenario& scenario, const scenario::Call& call,
               const scenario::CallRequest& request, const scenario::Answer& given) {
  const explain::ErrnoText* text = explain::FindErrnoText(
      ErrnoTexts(), explain::KernelName(scenario, call, request), explain::FailureName(given));
  if (text == nullptr) return nullptr;
  return {{"means", text->means}, {"helps", cli::OrNull(text->helps)}};
}

std::string_view OutcomeOf(const scenario::Answer& given) {
  if (std::holds_alternative<answer::NotModelled>(given) ||
      std::holds_alternative<answer::Broken>(given)) {
    return "unknown";
  }
  return scenario::Succeeded(given) ? "ok" : "failed";
}

// What was given, by its arguments' names, as it is written.
Json ArgumentsToJson(const scenario::Call& call) {
  Json json = Json::object();
  for (const scenario::Argument& argument : call.arguments) {
    if (argument.list) continue;
    json[std::string(scenario::ArgumentName(argument.id))] =
        scenario::PrintExpression(argument.values.front());
  }
  return json;
}

Json RowToJson(const cli::PageRow& row) {
  Json runs = Json::array();
  for (const cli::MarkRun& run : row.runs) {
    runs.push_back({run.start, run.end, std::string(1, run.mark)});
  }
  return {{"kind", cli::RowName(row.kind)}, {"label", row.label}, {"runs", std::move(runs)}};
}

}  // namespace

Json CallToJson(const scenario::Scenario& scenario, const scenario::Call& call,
                const scenario::CallRequest& request, const scenario::Answer& given,
                const cli::StepPicture& picture) {
  const scenario::NameContext names{scenario.host.arch, scenario.host.revision};
  Json json;
  json["line"] = picture.line;
  json["turn"] = picture.turn ? Json(*picture.turn) : Json(nullptr);
  json["call"] = picture.call;
  json["process"] = call.process;
  json["result"] = call.result;
  json["name"] = scenario::GetCall(call.id).name;
  json["arguments"] = ArgumentsToJson(call);
  json["c"] = c_form::CForm(call, request, names);
  json["answer"] = picture.answer;
  json["outcome"] = OutcomeOf(given);
  json["meaning"] = MeaningOf(scenario, call, request, given);
  return json;
}

void AddPages(const cli::StepPicture& picture, Json& json) {
  Json changed = Json::object();
  for (const cli::FilePicture& file : picture.changed) {
    Json rows = Json::array();
    for (const cli::PageRow& row : file.rows) rows.push_back(RowToJson(row));
    changed[file.name] = {{"pages", file.pages}, {"rows", std::move(rows)}};
  }
  json["changed"] = std::move(changed);
  json["gone"] = picture.gone;
}

}  // namespace kvm_model::serve
