// The report as a page in one file, to hand around: no network, light and dark, any width.
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tools/cli/baseline.h"
#include "tools/cli/conform_report.h"
#include "tools/cli/conformance.h"
#include "tools/cli/results.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::cli {
namespace {

using Outcome = scenario::Verdict::Outcome;

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>kvmsim conform</title>
<style>
:root { --back: #fff; --text: #1a1c1f; --quiet: #5b6168; --line: #d9dce0; --panel: #f4f5f7;
  --holds: #1a7f37; --broken: #b42318; --known: #8a5a00; --skipped: #5b6168; }
@media (prefers-color-scheme: dark) { :root { --back: #15171a; --text: #e4e6e9; --quiet: #9aa1a9;
  --line: #33373d; --panel: #1e2125; --holds: #57c26f; --broken: #ff8a7a; --known: #e2b34b;
  --skipped: #9aa1a9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: .25rem 0; }
.quiet { color: var(--quiet); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none; }
.counts li { flex: 1 1 9rem; padding: .5rem .75rem; background: var(--panel);
  border-left: .3rem solid var(--line); border-radius: .25rem; }
.counts b { display: block; font-size: 1.5rem; line-height: 1.2; }
.counts .holds { border-color: var(--holds); } .counts .broken { border-color: var(--broken); }
.counts .known { border-color: var(--known); } .counts .skipped { border-color: var(--skipped); }
.find { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
.find label { flex: 1 1 12rem; }
input, select { width: 100%; padding: .4rem; font: inherit; color: inherit;
  background: var(--panel); border: 1px solid var(--quiet); border-radius: .25rem; }
details { border-top: 1px solid var(--line); padding: .3rem 0; }
details details { margin-left: .75rem; }
summary { cursor: pointer; padding: .15rem 0; }
summary:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid var(--known); }
.tag { font-weight: 600; } .holds .tag { color: var(--holds); } .broken .tag { color: var(--broken); }
.known .tag { color: var(--known); } .skipped .tag { color: var(--skipped); }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
pre { margin: .4rem 0; padding: .6rem; background: var(--panel); border-radius: .25rem;
  overflow-x: auto; overflow-wrap: normal; }
ul.plain { margin: .25rem 0; padding-left: 1.2rem; }
[hidden] { display: none; }
</style>
</head>
<body>
)html";

constexpr std::string_view kFind = R"html(<div class="find">
<label>Find a rule, a sentence or a file <input id="text" type="search"></label>
<label>Show <select id="outcome"><option value="">all rules</option><option>holds</option>
<option>broken</option><option>known</option><option>skipped</option></select></label>
</div>
)html";

constexpr std::string_view kTail = R"html(<script>
const text = document.getElementById('text'), outcome = document.getElementById('outcome');
function show() {
  const words = text.value.toLowerCase();
  for (const area of document.querySelectorAll('details.area')) {
    let found = 0;
    for (const rule of area.querySelectorAll('details.rule')) {
      const fits = (!outcome.value || rule.classList.contains(outcome.value)) &&
          rule.textContent.toLowerCase().includes(words);
      rule.hidden = !fits;
      found += fits;
    }
    area.hidden = found === 0;
    if (words || outcome.value) area.open = found > 0;
  }
}
text.addEventListener('input', show);
outcome.addEventListener('change', show);
</script>
</body>
</html>
)html";

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(std::string(text),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string CountItem(std::string_view outcome, std::size_t count, std::string_view words) {
  return absl::StrFormat("<li class=\"%s\"><b>%d</b> %s</li>\n", outcome, count, words);
}

std::string_view VerdictWord(const ConformanceResult& one) {
  if (one.known.has_value()) return "known";
  switch (one.result.verdict.outcome) {
    case Outcome::kPass:
      return "holds";
    case Outcome::kFail:
      return "broken";
    case Outcome::kSkip:
      return "skipped";
  }
  return "";
}

void PrintResult(const RuleSuite& suite, const ConformanceResult& one, std::ostream& out) {
  const std::string_view word = VerdictWord(one);
  out << absl::StrFormat("<li class=\"%s\"><span class=\"tag\">%s</span> <code>%s</code> [%s]",
                         word, word, Escaped(PlaceOf(one.result)), Escaped(one.result.backend));
  const scenario::Verdict& verdict = one.result.verdict;
  if (verdict.outcome == Outcome::kSkip) out << ": " << Escaped(verdict.reason);
  if (one.known.has_value()) out << ": " << Escaped(*one.known);
  if (verdict.outcome == Outcome::kFail) {
    out << "<pre>" << Escaped(FailureText(one.result, "")) << "</pre><pre>"
        << Escaped(scenario::PrintScenario(suite.scenarios[one.scenario])) << "</pre>";
  }
  out << "</li>\n";
}

// A matrix has the same scenario hundreds of times: so many alike are told one by one.
constexpr std::size_t kMostAlike = 4;

// The results of a scenario that went the same way, in the order of the first of each; failures are
// never alike.
std::vector<std::vector<const ConformanceResult*>> Alike(const RuleReport& rule) {
  std::vector<std::vector<const ConformanceResult*>> groups;
  std::map<std::tuple<std::string_view, std::string, std::string>, std::size_t> places;
  for (const ConformanceResult* one : rule.results) {
    const scenario::Verdict& verdict = one->result.verdict;
    const auto [place, is_new] =
        places.try_emplace({VerdictWord(*one), one->result.file, verdict.reason}, groups.size());
    if (is_new || verdict.outcome == Outcome::kFail) {
      groups.push_back({one});
    } else {
      groups[place->second].push_back(one);
    }
  }
  return groups;
}

void PrintAlike(const ConformanceResult& first, std::size_t count, std::ostream& out) {
  const std::string_view word = VerdictWord(first);
  out << absl::StrFormat("<li class=\"%s\"><span class=\"tag\">%s</span> <code>%s</code> %d times",
                         word, word, Escaped(first.result.file), count);
  if (first.result.verdict.outcome == Outcome::kSkip) {
    out << ": " << Escaped(first.result.verdict.reason);
  }
  out << "</li>\n";
}

void PrintRule(const RuleSuite& suite, const RuleReport& rule, std::ostream& out) {
  const std::string_view outcome = OutcomeName(rule.outcome);
  out << absl::StrFormat(
      "<details class=\"rule %s\"%s><summary><span class=\"tag\">%s</span> <code>%s</code> "
      "%s</summary>\n<ul class=\"plain\">\n",
      outcome, rule.outcome == RuleOutcome::kBroken ? " open" : "", outcome, Escaped(rule.rule->id),
      Escaped(rule.rule->sentence));
  for (const std::vector<const ConformanceResult*>& alike : Alike(rule)) {
    if (alike.size() > kMostAlike) {
      PrintAlike(*alike.front(), alike.size(), out);
    } else {
      for (const ConformanceResult* one : alike) PrintResult(suite, *one, out);
    }
  }
  out << "</ul>\n</details>\n";
}

void PrintArea(const RuleSuite& suite, const AreaReport& area, std::ostream& out) {
  const bool broken = area.counts.broken != 0;
  out << absl::StrFormat(
      "<details class=\"area\"%s><summary><b>%s</b> <span class=\"quiet\">%d rules: %d hold, %d "
      "broken, %d known, %d skipped</span></summary>\n<p class=\"quiet\">Source: %s</p>\n",
      broken ? " open" : "", Escaped(area.area->title), area.counts.all(), area.counts.holds,
      area.counts.broken, area.counts.known, area.counts.skipped, Escaped(area.area->document));
  // What is broken comes first: there may be hundreds of others.
  for (const bool is_broken : {true, false}) {
    for (const RuleReport& rule : area.rules) {
      if ((rule.outcome == RuleOutcome::kBroken) == is_broken) PrintRule(suite, rule, out);
    }
  }
  out << "</details>\n";
}

void PrintStale(const ConformReport& report, std::ostream& out) {
  if (report.stale.empty()) return;
  out << "<h2>Stale entries of the baseline</h2>\n<ul class=\"plain\">\n";
  for (const StaleEntry& stale : report.stale) {
    out << absl::StrFormat(
        "<li>line %d: <code>%s:%d</code> [%s] is said to answer "
        "<code>%s</code>, but %s</li>\n",
        stale.entry.line, Escaped(stale.entry.scenario), stale.entry.call,
        Escaped(stale.entry.backend), Escaped(stale.entry.answer), Escaped(stale.reason));
  }
  out << "</ul>\n";
}

}  // namespace

void PrintHtml(const RuleSuite& suite, const ConformReport& report, std::ostream& out) {
  out << kHead << "<main>\n<h1>Conformance " << Escaped(report.title) << "</h1>\n";
  out << absl::StrFormat(
      "<p class=\"quiet\">%d scenarios: %d passed, %d failed, %d skipped</p>\n",
      report.scenarios.passed + report.scenarios.failed + report.scenarios.skipped,
      report.scenarios.passed, report.failed(), report.scenarios.skipped);
  if (report.not_run != 0) {
    out << absl::StrFormat(
        "<p class=\"broken\"><span class=\"tag\">interrupted</span>: %d "
        "scenarios were not run</p>\n",
        report.not_run);
  }
  out << "<ul class=\"counts\">\n"
      << CountItem("holds", report.rules.holds, "rules hold")
      << CountItem("broken", report.rules.broken, "broken")
      << CountItem("known", report.rules.known, "known")
      << CountItem("skipped", report.rules.skipped, "skipped") << "</ul>\n";
  PrintStale(report, out);
  out << kFind;
  for (const AreaReport& area : report.areas) PrintArea(suite, area, out);
  out << "</main>\n" << kTail;
}

}  // namespace kvm_model::cli
