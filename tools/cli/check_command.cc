#include "tools/cli/check_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tools/backends/model_backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/options.h"
#include "tools/cli/suite.h"
#include "tools/cli/suite_options.h"
#include "tools/revisions/other_host.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"
#include "tools/scenario/with_host.h"

namespace kvm_model::cli {
namespace {

using scenario::Scenario;
using scenario::Verdict;

struct CheckOptions {
  std::string file;
  bool all_revisions = false;
  std::string format = "text";
  std::uint64_t seed = 1;
};

// How the scenario goes on one revision.
struct Checked {
  const Revision* revision = nullptr;
  Verdict verdict;
  std::vector<std::string> remarks;  // what became of the host line's settings
};

Checked CheckOn(const Scenario& written, const Revision& revision, std::uint64_t seed) {
  Checked checked;
  checked.revision = &revision;
  Scenario moved = written;
  if (written.host.revision != revision.name) {
    auto host = revisions::OnRevision(written.host, revision);
    if (!host) {
      checked.verdict.outcome = Verdict::Outcome::kSkip;
      checked.verdict.reason = "there is no such host: " + host.error();
      return checked;
    }
    checked.remarks = std::move(host->remarks);
    moved = scenario::WithHost(written, std::move(host->line));
  }
  scenario::ModelBackend backend(seed);
  checked.verdict = scenario::RunScenario(moved, backend);
  return checked;
}

std::string_view Word(const Verdict& verdict) {
  switch (verdict.outcome) {
    case Verdict::Outcome::kPass:
      return "works";
    case Verdict::Outcome::kFail:
      return "breaks";
    case Verdict::Outcome::kSkip:
      return "not known";
  }
  return "";
}

void PrintBreak(const std::string& file, const Verdict& verdict, std::ostream& out) {
  if (verdict.line.has_value()) {
    out << absl::StrFormat("    %s:%d: %s\n", file, *verdict.line, verdict.call);
  }
  if (!verdict.reason.empty()) out << Wrapped(verdict.reason, "      ");
  if (verdict.expected.empty()) return;
  out << absl::StrFormat("      expected %s, answers %s\n", verdict.expected, verdict.actual);
  const std::vector<std::string> steps = absl::StrSplit(verdict.trail, '\n', absl::SkipEmpty());
  for (const std::string& step : steps) out << "        " << step << "\n";
}

void PrintText(const Scenario& written, const std::vector<Checked>& all, std::ostream& out) {
  std::size_t width = 0;
  for (const Checked& one : all) width = std::max(width, one.revision->name.size());
  for (const Checked& one : all) {
    out << absl::StrFormat("%-*s  %s\n", static_cast<int>(width), one.revision->name,
                           Word(one.verdict));
    for (const std::string& remark : one.remarks) out << "    " << remark << "\n";
    if (one.verdict.outcome != Verdict::Outcome::kPass) PrintBreak(written.file, one.verdict, out);
  }
}

Json ToJson(const Scenario& written, const std::vector<Checked>& all) {
  Json json = {{"file", written.file}, {"revisions", Json::array()}};
  for (const Checked& one : all) {
    const Verdict& verdict = one.verdict;
    json["revisions"].push_back({{"revision", one.revision->name},
                                 {"verdict", scenario::OutcomeName(verdict.outcome)},
                                 {"line", verdict.line ? Json(*verdict.line) : Json(nullptr)},
                                 {"call", OrNull(verdict.call)},
                                 {"expected", OrNull(verdict.expected)},
                                 {"actual", OrNull(verdict.actual)},
                                 {"reason", OrNull(verdict.reason)},
                                 {"remarks", one.remarks}});
  }
  return json;
}

int Check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  const auto scenarios = LoadScenarios({options.file});
  if (!scenarios) return FailUsage(scenarios.error(), err);
  if (scenarios->size() != 1) {
    return FailUsage("check takes one file: run takes folders", err);
  }
  const Scenario& written = scenarios->front();
  std::vector<Checked> all;
  for (const Revision& revision : Revisions()) {
    if (!options.all_revisions && revision.name != written.host.revision) continue;
    all.push_back(CheckOn(written, revision, options.seed));
  }
  if (options.format == "json") {
    out << Dump(ToJson(written, all), 2) << "\n";
  } else {
    PrintText(written, all, out);
  }
  const auto is = [](Verdict::Outcome outcome) {
    return [outcome](const Checked& one) { return one.verdict.outcome == outcome; };
  };
  if (std::ranges::any_of(all, is(Verdict::Outcome::kFail))) return kSomethingDiffers;
  return std::ranges::all_of(all, is(Verdict::Outcome::kSkip)) ? kAllSkipped : kAllAsExpected;
}

}  // namespace

void AddCheckCommand(CLI::App& app, std::ostream& out, std::ostream& err,
                     std::function<int()>& run) {
  CLI::App& command =
      AddCommand(app, "check", "On which revisions a scenario works, and where it first breaks.");
  const auto options = std::make_shared<CheckOptions>();
  AddOption(command, "FILE", options->file, "A scenario file (*.kvmt).").Required();
  AddOption(command, "--all-revisions", options->all_revisions,
            "On every revision; otherwise on that of its host line alone.");
  AddOption(command, "--format", options->format, "How it is printed.")
      .OneOf({"text", "json"})
      .ShowDefault();
  AddSeedOption(command, options->seed);
  SetAction(command, run, [options, &out, &err] { return Check(*options, out, err); });
}

}  // namespace kvm_model::cli
