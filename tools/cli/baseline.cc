#include "tools/cli/baseline.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tools/cli/conformance.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using scenario::Verdict;

constexpr std::string_view kColumns = "backend, scenario, line, answer, why";

// What a scenario answered instead, on one line: what no answer could be compared with says why.
std::string AnswerOf(const Verdict& verdict) {
  const std::string& text = verdict.actual.empty() ? verdict.reason : verdict.actual;
  return absl::StrReplaceAll(text, {{"\t", " "}, {"\n", " "}});
}

bool IsOf(const BaselineEntry& entry, const ConformanceResult& one) {
  return one.result.file == entry.scenario && one.result.backend == entry.backend;
}

bool FailsSo(const BaselineEntry& entry, const Verdict& verdict) {
  return verdict.outcome == Verdict::Outcome::kFail && verdict.line.value_or(0) == entry.call &&
         AnswerOf(verdict) == entry.answer;
}

// Why the entry isn't so of what came of its scenario.
std::string Otherwise(const Verdict& verdict) {
  if (verdict.outcome == Verdict::Outcome::kPass) return "the scenario passes";
  return absl::StrFormat("line %d answers %s", verdict.line.value_or(0), AnswerOf(verdict));
}

}  // namespace

std::expected<std::vector<BaselineEntry>, std::vector<std::string>> ParseBaseline(
    std::string_view file, std::string_view text) {
  std::vector<BaselineEntry> entries;
  std::vector<std::string> errors;
  const std::vector<std::string> lines = absl::StrSplit(std::string(text), '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    const int number = static_cast<int>(i) + 1;
    std::vector<std::string> columns = absl::StrSplit(lines[i], '\t');
    if (columns.size() != 5) {
      errors.push_back(absl::StrFormat("%s:%d: %d columns instead of 5, separated by tabs: %s",
                                       file, number, columns.size(), kColumns));
      continue;
    }
    if (columns[0] != "model" && columns[0] != "native") {
      errors.push_back(
          absl::StrFormat("%s:%d: '%s' is no backend: model or native", file, number, columns[0]));
      continue;
    }
    int call = 0;
    const char* const end = columns[2].data() + columns[2].size();
    const auto [stopped, error] = std::from_chars(columns[2].data(), end, call);
    if (error != std::errc() || stopped != end || call < 0) {
      errors.push_back(
          absl::StrFormat("%s:%d: '%s' is no line's number", file, number, columns[2]));
      continue;
    }
    entries.push_back({number, std::move(columns[0]), std::move(columns[1]), call,
                       std::move(columns[3]), std::move(columns[4])});
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return entries;
}

std::vector<StaleEntry> ApplyBaseline(const std::vector<BaselineEntry>& entries,
                                      const std::set<std::string>& all, ConformanceRun& run) {
  std::vector<StaleEntry> stale;
  for (const BaselineEntry& entry : entries) {
    if (!all.contains(entry.scenario)) {
      stale.push_back({entry, "the suite has no such scenario"});
      continue;
    }
    const auto found = std::ranges::find_if(
        run.results, [&entry](const ConformanceResult& one) { return IsOf(entry, one); });
    if (found == run.results.end()) continue;
    const Verdict& verdict = found->result.verdict;
    if (verdict.outcome == Verdict::Outcome::kSkip) continue;
    if (FailsSo(entry, verdict)) {
      found->known = entry.why;
    } else {
      stale.push_back({entry, Otherwise(verdict)});
    }
  }
  return stale;
}

std::string WriteBaseline(const ConformanceRun& run, const std::vector<BaselineEntry>& entries) {
  std::string text = absl::StrFormat("# Known differences: %s.\n", kColumns);
  for (const BaselineEntry& entry : entries) {
    const bool judged = std::ranges::any_of(run.results, [&entry](const ConformanceResult& one) {
      return IsOf(entry, one) && one.result.verdict.outcome != Verdict::Outcome::kSkip;
    });
    if (judged) continue;
    absl::StrAppendFormat(&text, "%s\t%s\t%d\t%s\t%s\n", entry.backend, entry.scenario, entry.call,
                          entry.answer, entry.why);
  }
  for (const ConformanceResult& one : run.results) {
    const Verdict& verdict = one.result.verdict;
    if (verdict.outcome != Verdict::Outcome::kFail) continue;
    absl::StrAppendFormat(&text, "%s\t%s\t%d\t%s\t%s\n", one.result.backend, one.result.file,
                          verdict.line.value_or(0), AnswerOf(verdict),
                          one.known.value_or("not said"));
  }
  return text;
}

}  // namespace kvm_model::cli
