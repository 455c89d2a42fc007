#include "tools/cli/conform_merge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/cli/baseline.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/conformance.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

// What is wrong with a report; never leaves this file.
class NoReport : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A value of a report, and where it stands in it: "scenarios[3]".
class Place {
 public:
  Place(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  Place operator[](const char* name) const {
    if (!json_.is_object()) throw NoReport(Path() + " is no object");
    const auto found = json_.find(name);
    if (found == json_.end()) throw NoReport(absl::StrFormat("%s has no \"%s\"", Path(), name));
    return {*found, path_.empty() ? name : absl::StrFormat("%s.%s", path_, name)};
  }
  std::vector<Place> Elements() const {
    if (!json_.is_array()) throw NoReport(Path() + " is no array");
    std::vector<Place> elements;
    for (std::size_t i = 0; i < json_.size(); ++i) {
      elements.push_back({json_[i], absl::StrFormat("%s[%d]", path_, i)});
    }
    return elements;
  }
  std::string Text() const {
    if (!json_.is_string()) throw NoReport(Path() + " is no text");
    return json_.get<std::string>();
  }
  bool IsNull() const { return json_.is_null(); }
  // Empty for null.
  std::string TextOrNull() const { return IsNull() ? std::string() : Text(); }
  // From 0 on.
  int Number() const {
    constexpr std::uint64_t kMost = 1'000'000'000;
    if (!json_.is_number_unsigned() || json_.get<std::uint64_t>() > kMost) {
      throw NoReport(Path() + " is no number from 0 to 1000000000");
    }
    return json_.get<int>();
  }
  std::string Path() const { return path_.empty() ? "the report" : path_; }

 private:
  const Json& json_;
  std::string path_;
};

Outcome OutcomeOf(const Place& verdict) {
  const std::string word = verdict.Text();
  for (const Outcome outcome : {Outcome::kPass, Outcome::kFail, Outcome::kSkip}) {
    if (scenario::OutcomeName(outcome) == word) return outcome;
  }
  throw NoReport(absl::StrFormat("%s is '%s': pass, fail or skip", verdict.Path(), word));
}

scenario::Verdict VerdictOf(const Place& result) {
  scenario::Verdict verdict;
  verdict.outcome = OutcomeOf(result["verdict"]);
  if (const Place line = result["line"]; !line.IsNull()) verdict.line = line.Number();
  verdict.expected = result["expected"].TextOrNull();
  verdict.actual = result["actual"].TextOrNull();
  verdict.reason = result["reason"].TextOrNull();
  if (verdict.outcome != Outcome::kFail) return verdict;
  verdict.call = result["call"].TextOrNull();
  for (const Place& step : result["trail"].Elements()) verdict.trail += step.Text() + "\n";
  return verdict;
}

class Merger {
 public:
  // Throws NoReport.
  void Add(const Json& json) {
    const Place report(json, "");
    titles_.push_back(report["title"].Text());
    for (const Place& area : report["areas"].Elements()) AddArea(area);
    for (const Place& rule : report["rules"].Elements()) AddRule(rule);
    for (const Place& result : report["scenarios"].Elements()) AddResult(result);
    for (const Place& stale : report["stale"].Elements()) AddStale(stale);
    merged_.run.not_run += static_cast<std::size_t>(report["not_run"].Number());
  }

  MergedRun Take() {
    // Reports of one kind keep their title.
    const auto other = [this](const std::string& title) { return title != titles_.front(); };
    if (!titles_.empty()) merged_.title = titles_.front();
    if (std::ranges::any_of(titles_, other)) {
      merged_.title += absl::StrFormat(", and %d other reports", titles_.size() - 1);
    }
    return std::move(merged_);
  }

 private:
  rules::Catalogue& catalogue() { return merged_.suite.catalogue; }

  void AddArea(const Place& area) {
    const auto [found, is_new] = areas_.try_emplace(area["area"].Text(), areas_.size());
    if (is_new) catalogue().areas.push_back({"", found->first, area["document"].Text()});
  }

  void AddRule(const Place& rule) {
    const Place title = rule["area"];
    const auto area = areas_.find(title.Text());
    if (area == areas_.end()) throw NoReport(title.Path() + " is none of its areas");
    const auto [found, is_new] = rules_.try_emplace(rule["id"].Text(), rules_.size());
    if (!is_new) return;
    rules::Rule added;
    added.id = found->first;
    added.area = area->second;
    added.sentence = rule["sentence"].Text();
    catalogue().rules.push_back(std::move(added));
  }

  void AddResult(const Place& result) {
    const Place id = result["rule"];
    const auto rule = rules_.find(id.Text());
    if (rule == rules_.end()) throw NoReport(id.Path() + " is none of its rules");
    ConformanceResult one;
    one.result = {result["file"].Text(), rule->first, result["backend"].Text(), VerdictOf(result)};
    if (const Place known = result["known"]; !known.IsNull()) one.known = known.Text();
    one.scenario = one.result.verdict.outcome == Outcome::kFail
                       ? AddFailed(result["scenario"], rule->second, one.result.file)
                       : NamedScenario(rule->second, one.result.file);
    merged_.run.results.push_back(std::move(one));
  }

  std::size_t AddScenario(scenario::Scenario added, std::size_t rule) {
    std::vector<scenario::Scenario>& scenarios = merged_.suite.scenarios;
    catalogue().rules[rule].scenarios.push_back(scenarios.size());
    scenarios.push_back(std::move(added));
    return scenarios.size() - 1;
  }

  // Each has a text of its own: what a matrix runs is no file's.
  std::size_t AddFailed(const Place& text, std::size_t rule, const std::string& file) {
    auto parsed = scenario::Parse(file, text.Text());
    if (!parsed) {
      throw NoReport(absl::StrFormat("%s: %s", text.Path(), parsed.error().front().ToString()));
    }
    return AddScenario(*std::move(parsed), rule);
  }

  std::size_t NamedScenario(std::size_t rule, const std::string& file) {
    const auto [found, is_new] = named_.try_emplace({rule, file}, 0);
    if (!is_new) return found->second;
    scenario::Scenario named;
    named.file = file;
    named.rule = catalogue().rules[rule].id;
    found->second = AddScenario(std::move(named), rule);
    return found->second;
  }

  void AddStale(const Place& stale) {
    BaselineEntry entry;
    entry.line = stale["line"].Number();
    entry.backend = stale["backend"].Text();
    entry.scenario = stale["scenario"].Text();
    entry.call = stale["call"].Number();
    entry.answer = stale["answer"].Text();
    merged_.stale.push_back({std::move(entry), stale["reason"].Text()});
  }

  MergedRun merged_;
  std::vector<std::string> titles_;
  std::map<std::string, std::size_t> areas_;
  std::map<std::string, std::size_t> rules_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> named_;
};

}  // namespace

std::expected<MergedRun, std::vector<std::string>> MergeReports(
    const std::vector<ReportText>& reports) {
  Merger merger;
  std::vector<std::string> errors;
  for (const ReportText& report : reports) {
    const Json json = Json::parse(report.text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) {
      errors.push_back(report.name + ": is no JSON");
      continue;
    }
    try {
      merger.Add(json);
    } catch (const NoReport& error) {
      errors.push_back(absl::StrFormat("%s: %s", report.name, error.what()));
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return merger.Take();
}

}  // namespace kvm_model::cli
