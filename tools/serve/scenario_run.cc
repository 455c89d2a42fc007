#include "tools/serve/scenario_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/attribute_switch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/silent_trail.h"
#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/step_painter.h"
#include "tools/cli/step_picture.h"
#include "tools/cli/trail_words.h"
#include "tools/explain/call_names.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/evaluate.h"
#include "tools/scenario/match.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/session.h"
#include "tools/serve/limited_backend.h"
#include "tools/serve/limits.h"
#include "tools/serve/step_json.h"

namespace kvm_model::serve {
namespace {

using cli::Json;
using scenario::Answer;
using scenario::Call;
using scenario::CallRequest;

// Where the model's random bytes come from.
constexpr std::uint64_t kSeed = 1;

Json ErrorsToJson(const std::vector<scenario::Diagnostic>& diagnostics) {
  Json errors = Json::array();
  for (const scenario::Diagnostic& each : diagnostics) {
    errors.push_back({{"line", each.position.line},
                      {"column", each.position.column},
                      {"message", each.message}});
  }
  return {{"errors", std::move(errors)}};
}

Json ErrorAt(scenario::Position position, std::string message) {
  return ErrorsToJson({{"", position, std::move(message)}});
}

class Run {
 public:
  explicit Run(const scenario::Scenario& scenario)
      : scenario_(scenario),
        model_(kSeed),
        backend_(model_),
        painter_(scenario, model_, {.steps = kMostCalls + 1, .runs = kMostRuns}, picture_),
        session_(scenario.host, backend_) {}

  // The fields "steps" and "end".
  void Go(Json& json) {
    const absl::Cleanup finish = [this] { backend_.Finish(); };
    if (const std::optional<std::string> reason = backend_.SkipReason(scenario_)) {
      End(scenario_.host.position.line, *reason);
    } else if (const auto started = backend_.Start(scenario_); !started) {
      End(scenario_.host.position.line, started.error());
    } else {
      Statements(scenario_.statements);
    }
    json["steps"] = std::move(steps_);
    json["end"] = std::move(end_);
  }

 private:
  // Whether the run goes on.
  bool Statements(const std::vector<scenario::Statement>& statements) {
    return std::ranges::all_of(statements, [this](const scenario::Statement& statement) {
      if (const auto* call = std::get_if<Call>(&statement.what)) return One(*call);
      return Turns(std::get<scenario::Repeat>(statement.what));
    });
  }

  bool Turns(const scenario::Repeat& repeat) {
    const std::optional<std::uint64_t> outer = turn_;
    for (std::uint64_t turn = 0; turn < repeat.turns; ++turn) {
      turn_ = turn;
      if (!MayGoOn(repeat.position.line) || !Statements(repeat.body)) return false;
    }
    turn_ = outer;
    return true;
  }

  bool One(const Call& call) {
    if (!MayGoOn(call.position.line)) return false;
    const auto made = session_.Make(call, turn_);
    if (!made) return End(call.position.line, made.error());
    if (const auto* broken = std::get_if<scenario::answer::Broken>(&made->answer)) {
      return End(call.position.line, broken->reason);
    }
    const std::size_t before = picture_.steps.size();
    painter_.After(call, made->request, made->answer);
    if (picture_.steps.size() == before || text_bytes_ > kMostTextBytes) {
      return End(call.position.line, "there is more to tell than the page can show");
    }
    Add(call, made->request, made->answer, picture_.steps.back());
    return true;
  }

  bool MayGoOn(int line) {
    const std::optional<std::string> reason = backend_.Exhausted();
    return reason.has_value() ? End(line, *reason) : true;
  }

  // Always false.
  bool End(int line, std::string_view reason) {
    end_ = {{"line", line}, {"reason", reason}};
    return false;
  }

  void Add(const Call& call, const CallRequest& request, const Answer& answer,
           const cli::StepPicture& picture) {
    Json json = CallToJson(scenario_, call, request, answer, picture);
    json["expected"] =
        call.expectation ? Json(scenario::PrintExpectation(*call.expectation)) : Json(nullptr);
    json["met"] = Met(call, request, answer);
    json["trail"] = TrailJson();
    json["decides"] = DecidesJson(answer);
    AddPages(picture, json);
    for (const std::string_view field : {"call", "c", "answer"}) {
      text_bytes_ += json[field].get_ref<const std::string&>().size();
    }
    text_bytes_ += cli::Dump(json["arguments"]).size();
    steps_.push_back(std::move(json));
  }

  bool Met(const Call& call, const CallRequest& request, const Answer& answer) {
    if (!call.expectation) return scenario::Succeeded(answer);
    std::expected<bool, std::string> met = false;
    session_.WithEnvironment(request, turn_, [&](const scenario::Environment& environment) {
      met = scenario::Matches(*call.expectation, answer,
                              request[scenario::ArgumentId::kErrorOffset], environment);
    });
    return met.value_or(false);
  }

  Json TrailJson() {
    const std::vector<TrailStep>& steps = model_.recorder().steps();
    trail_steps_ += steps.size();
    return trail_steps_ > kMostTrailSteps ? Json(nullptr) : cli::TrailToJson(steps);
  }

  // Which step of the trail made the call fail.
  Json DecidesJson(const Answer& answer) const {
    if (explain::FailureName(answer).empty()) return nullptr;
    const auto step = rules::DecidingStep(model_.recorder().steps());
    return step ? Json(*step) : Json(nullptr);
  }

  const scenario::Scenario& scenario_;
  scenario::ModelBackend model_;
  LimitedBackend backend_;
  cli::ScenarioPicture picture_;
  cli::StepPainter painter_;
  scenario::Session session_;
  std::optional<std::uint64_t> turn_;
  std::size_t trail_steps_ = 0;
  std::size_t text_bytes_ = 0;
  Json steps_ = Json::array();
  Json end_ = nullptr;
};

std::vector<SettingAssignment> SettingsOf(const scenario::HostLine& line) {
  std::vector<SettingAssignment> settings;
  for (const auto& [name, value] : line.settings) settings.push_back({name, value});
  return settings;
}

Json SettingsToJson(const std::vector<SettingAssignment>& settings) {
  Json json = Json::array();
  for (const SettingAssignment& each : settings) {
    json.push_back({{"name", each.name}, {"value", each.value}});
  }
  return json;
}

Json HostToJson(const Host& host, const scenario::HostLine& line) {
  Json json;
  json["arch"] = line.arch;
  json["revision"] = line.revision;
  json["page_size"] = host.page_size();
  json["in_place"] = InPlaceConversion(host, SilentTrail());
  json["chosen"] = SettingsToJson(SettingsOf(line));
  json["settings"] = SettingsToJson(host.Settings());
  return json;
}

Json RunParsed(const scenario::Scenario& scenario) {
  const scenario::HostLine& line = scenario.host;
  const Arch* arch = FindArch(line.arch);
  const Revision* revision = FindRevision(line.revision);
  if (arch == nullptr || revision == nullptr) {
    return ErrorAt(line.position,
                   absl::StrFormat("the model has no host %s %s", line.arch, line.revision));
  }
  const auto host = Host::Create(*arch, *revision, SettingsOf(line));
  if (!host) return ErrorAt(line.position, host.error().message);
  Json json;
  json["host"] = HostToJson(**host, line);
  json["rule"] = cli::OrNull(scenario.rule);
  json["description"] = cli::OrNull(scenario.description);
  Run(scenario).Go(json);
  return json;
}

}  // namespace

Json RunText(std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines > kMostLines) {
    return ErrorAt({static_cast<int>(kMostLines) + 1, 1},
                   absl::StrFormat("the page takes at most %d lines", kMostLines));
  }
  const auto scenario = scenario::Parse("scenario", text);
  if (!scenario) return ErrorsToJson(scenario.error());
  return RunParsed(*scenario);
}

}  // namespace kvm_model::serve
