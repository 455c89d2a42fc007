#include "tools/cli/results.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "pugixml.hpp"
#include "tools/backends/backend.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/exit_code.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

}  // namespace

std::string PlaceOf(const ScenarioResult& result) {
  if (!result.verdict.line.has_value()) return result.file;
  return absl::StrFormat("%s:%d", result.file, *result.verdict.line);
}

std::string FailureText(const ScenarioResult& result, std::string_view indent) {
  const scenario::Verdict& verdict = result.verdict;
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += absl::StrFormat("%s%-9s %s\n", indent, name, value);
  };
  line("call", verdict.call);
  line("expected", verdict.expected);
  line("actual", verdict.actual);
  line("reason", verdict.reason);
  if (!verdict.trail.empty()) {
    text += absl::StrFormat("%strail\n", indent);
    const std::vector<std::string> steps = absl::StrSplit(verdict.trail, '\n', absl::SkipEmpty());
    for (const std::string& step : steps) text += absl::StrFormat("%s  %s\n", indent, step);
  }
  return text;
}

Json ResultJson(const ScenarioResult& result) {
  const scenario::Verdict& verdict = result.verdict;
  return {{"file", result.file},
          {"rule", OrNull(result.rule)},
          {"backend", result.backend},
          {"verdict", scenario::OutcomeName(verdict.outcome)},
          {"line", verdict.line.has_value() ? Json(*verdict.line) : Json(nullptr)},
          {"expected", OrNull(verdict.expected)},
          {"actual", OrNull(verdict.actual)},
          {"reason", OrNull(verdict.reason)}};
}

void Count(const scenario::Verdict& verdict, Counts& counts) {
  switch (verdict.outcome) {
    case Outcome::kPass:
      ++counts.passed;
      break;
    case Outcome::kFail:
      ++counts.failed;
      break;
    case Outcome::kSkip:
      ++counts.skipped;
      break;
  }
}

Counts CountResults(const std::vector<ScenarioResult>& results) {
  Counts counts;
  for (const ScenarioResult& result : results) Count(result.verdict, counts);
  return counts;
}

std::vector<ScenarioResult> RunAll(const std::vector<scenario::Scenario>& scenarios,
                                   const std::vector<scenario::Backend*>& backends) {
  return RunAll(scenarios, backends,
                [](const scenario::Scenario&, const scenario::Backend&, const scenario::Call&,
                   const scenario::CallRequest&, const scenario::Answer&) {});
}

std::vector<ScenarioResult> RunAll(const std::vector<scenario::Scenario>& scenarios,
                                   const std::vector<scenario::Backend*>& backends,
                                   RunObserver observer) {
  std::vector<ScenarioResult> results;
  for (const scenario::Scenario& one : scenarios) {
    for (scenario::Backend* backend : backends) {
      const scenario::Verdict verdict = scenario::RunScenario(
          one, *backend,
          [&](const scenario::Call& call, const scenario::CallRequest& request,
              const scenario::Answer& answer) { observer(one, *backend, call, request, answer); });
      results.push_back({one.file, one.rule, std::string(backend->Name()), verdict});
    }
  }
  return results;
}

int ExitCodeOf(const Counts& counts) {
  if (counts.failed != 0) return kSomethingDiffers;
  return counts.passed == 0 ? kAllSkipped : kAllAsExpected;
}

void PrintText(const std::vector<ScenarioResult>& results, std::ostream& out) {
  for (const ScenarioResult& result : results) {
    switch (result.verdict.outcome) {
      case Outcome::kPass:
        break;
      case Outcome::kFail:
        out << absl::StrFormat("FAIL %s [%s]\n", PlaceOf(result), result.backend)
            << FailureText(result, "  ");
        break;
      case Outcome::kSkip:
        out << absl::StrFormat("skip %s [%s]: %s\n", result.file, result.backend,
                               result.verdict.reason);
        break;
    }
  }
  const Counts counts = CountResults(results);
  out << absl::StrFormat("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed,
                         counts.skipped);
}

void PrintKtap(const std::vector<ScenarioResult>& results, std::ostream& out) {
  out << "KTAP version 1\n" << absl::StrFormat("1..%d\n", results.size());
  std::size_t number = 0;
  for (const ScenarioResult& result : results) {
    const bool failed = result.verdict.outcome == Outcome::kFail;
    const bool skipped = result.verdict.outcome == Outcome::kSkip;
    if (failed) out << absl::StrFormat("# %s\n", PlaceOf(result)) << FailureText(result, "# ");
    out << absl::StrFormat("%s %d %s [%s]", failed ? "not ok" : "ok", ++number, result.file,
                           result.backend);
    if (skipped) out << " # SKIP " << result.verdict.reason;
    out << "\n";
  }
}

void PrintJunit(const std::vector<ScenarioResult>& results, std::ostream& out) {
  const Counts counts = CountResults(results);
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  pugi::xml_node suite = suites.append_child("testsuite");
  suite.append_attribute("name") = "kvmsim run";
  suite.append_attribute("tests") = static_cast<unsigned>(results.size());
  suite.append_attribute("failures") = counts.failed;
  suite.append_attribute("skipped") = counts.skipped;
  for (const ScenarioResult& result : results) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = result.backend.c_str();
    test.append_attribute("name") = result.file.c_str();
    if (result.verdict.outcome == Outcome::kFail) {
      pugi::xml_node failure = test.append_child("failure");
      failure.append_attribute("message") = PlaceOf(result).c_str();
      failure.text() = FailureText(result, "").c_str();
    } else if (result.verdict.outcome == Outcome::kSkip) {
      test.append_child("skipped").append_attribute("message") = result.verdict.reason.c_str();
    }
  }
  document.save(out, "  ");
}

void PrintJson(const std::vector<ScenarioResult>& results, std::ostream& out) {
  Json scenarios = Json::array();
  for (const ScenarioResult& result : results) scenarios.push_back(ResultJson(result));
  const Counts counts = CountResults(results);
  Json all;
  all["scenarios"] = std::move(scenarios);
  all["passed"] = counts.passed;
  all["failed"] = counts.failed;
  all["skipped"] = counts.skipped;
  out << Dump(all, 2) << "\n";
}

}  // namespace kvm_model::cli
