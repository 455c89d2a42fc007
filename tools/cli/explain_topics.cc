#include "tools/cli/explain_topics.h"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "kvm_model/nearest.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/rule_suite.h"
#include "tools/explain/call_names.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/call_table.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kErrnoTexts = "tools/explain/errnos.tsv";
constexpr std::string_view kTermTexts = "tools/explain/terms.tsv";

std::string_view Table(std::string_view name) { return TextOf(BuiltInExplanations(), name); }

bool SameWords(std::string_view one, std::string_view other) {
  return absl::AsciiStrToLower(std::string(one)) == absl::AsciiStrToLower(std::string(other));
}

// The kernel's name of a call that goes by either name; as it stands where it is none.
std::string CallNamed(std::string_view word) {
  for (const scenario::CallSpec& spec : scenario::AllCalls()) {
    if (SameWords(spec.name, word)) return std::string(explain::KernelName(spec.id));
  }
  return std::string(word);
}

// "CALL ERRNO" or "CALL/ERRNO"; the errno is what stands last.
std::pair<std::string, std::string> SplitCall(std::string_view words) {
  const std::size_t end = words.find_last_of(" /");
  if (end == std::string_view::npos) return {CallNamed(words), ""};
  return {CallNamed(words.substr(0, end)), std::string(words.substr(end + 1))};
}

std::string NoTopic(const Explanations& all, std::string_view words) {
  std::vector<std::string_view> known;
  for (const rules::Rule& rule : all.suite.catalogue.rules) known.push_back(rule.id);
  for (const explain::TermText& term : all.terms) known.push_back(term.term);
  for (const auto& [pair, shown] : all.outcomes.failures) known.push_back(pair.first);
  return absl::StrFormat("nothing is called '%s'%s (`kvmsim explain` lists what there is)", words,
                         DidYouMean(words, known));
}

}  // namespace

std::expected<Explanations, std::vector<std::string>> LoadExplanations() {
  auto suite = LoadRuleSuite();
  if (!suite) return std::unexpected(std::move(suite).error());
  Explanations all{*std::move(suite), {}, {}, {}};
  all.outcomes = explain::FindOutcomes(all.suite.scenarios);
  all.errnos = explain::ParseErrnoTexts(Table(kErrnoTexts));
  all.terms = explain::ParseTermTexts(Table(kTermTexts));
  return all;
}

std::expected<Topic, std::string> FindTopic(const Explanations& all, std::string_view words) {
  const auto rule = std::ranges::find_if(
      all.suite.catalogue.rules, [&](const rules::Rule& one) { return SameWords(one.id, words); });
  if (rule != all.suite.catalogue.rules.end()) return RuleTopic{&*rule};
  const auto term = std::ranges::find_if(
      all.terms, [&](const explain::TermText& one) { return SameWords(one.term, words); });
  if (term != all.terms.end()) return TermTopic{&*term};
  const auto [call, error] = SplitCall(words);
  ListTopic list;
  for (const auto& [pair, shown] : all.outcomes.failures) {
    const bool of_call = SameWords(pair.first, call);
    if (of_call && SameWords(pair.second, error)) return ErrnoTopic{pair.first, pair.second};
    const bool alone = SameWords(pair.first, CallNamed(words)) || SameWords(pair.second, words);
    if (alone) list.topics.push_back({pair.first, pair.second});
  }
  if (!list.topics.empty()) return list;
  return std::unexpected(NoTopic(all, words));
}

}  // namespace kvm_model::cli
