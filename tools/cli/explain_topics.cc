#include "tools/cli/explain_topics.h"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/nearest.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/step_glossary.h"
#include "tools/explain/call_names.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/call_table.h"
#include "uapi/capabilities.h"

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

// By its name, or else by one of its other names; null where there is none.
const explain::TermText* FindTerm(const Explanations& all, std::string_view words) {
  const auto same = [words](std::string_view name) { return SameWords(name, words); };
  const auto term = std::ranges::find_if(all.terms, same, &explain::TermText::term);
  if (term != all.terms.end()) return &*term;
  for (const explain::TermText& one : all.terms) {
    if (std::ranges::any_of(one.also, same)) return &one;
  }
  return nullptr;
}

std::optional<Topic> FindErrno(const Explanations& all, std::string_view words) {
  const auto [call, error] = SplitCall(words);
  ListTopic list;
  for (const auto& [pair, shown] : all.outcomes.failures) {
    const bool of_call = SameWords(pair.first, call);
    if (of_call && SameWords(pair.second, error)) return ErrnoTopic{pair.first, pair.second};
    const bool alone = SameWords(pair.first, CallNamed(words)) || SameWords(pair.second, words);
    if (alone) list.topics.push_back({pair.first, pair.second});
  }
  return list.topics.empty() ? std::nullopt : std::optional<Topic>(std::move(list));
}

// Nothing for a number that has no name in any revision.
std::optional<Topic> FindCapabilityTopic(std::string_view words) {
  const auto host = Host::Create(*Architectures().front(), DefaultRevision());
  if (!host) return std::nullopt;
  auto found = FindCapability(absl::AsciiStrToUpper(std::string(words)), **host);
  if (!found) return std::nullopt;
  if (found->name.empty()) found->name = NewestNameOf(found->number);
  if (found->name.empty()) return std::nullopt;
  return CapabilityTopic{*std::move(found)};
}

std::optional<Topic> FindSetting(std::string_view words) {
  const std::string_view name = words.substr(0, words.find('='));
  for (const Arch* arch : Architectures()) {
    for (const Setting& setting : arch->settings()) {
      if (SameWords(setting.name, name)) return SettingTopic{std::string(setting.name)};
    }
  }
  return std::nullopt;
}

std::string NoTopic(const Explanations& all, std::string_view words) {
  const std::vector<std::string> names = TopicNames(all);
  const std::vector<std::string_view> known(names.begin(), names.end());
  constexpr std::size_t kMost = 3;
  const auto nearest = NearestFew(words, known, kMost);
  const std::vector<std::string> near(nearest.begin(), nearest.end());
  const std::string suggestion =
      near.empty() ? "" : absl::StrFormat("; did you mean %s?", absl::StrJoin(near, ", "));
  return absl::StrFormat("nothing is called '%s'%s (`kvmsim explain` lists what there is)", words,
                         suggestion);
}

std::expected<Explanations, std::vector<std::string>> MakeExplanations() {
  auto suite = LoadRuleSuite();
  if (!suite) return std::unexpected(std::move(suite).error());
  Explanations all{*std::move(suite), {}, {}, {}};
  all.outcomes = explain::FindOutcomes(all.suite.scenarios);
  all.errnos = explain::ParseErrnoTexts(Table(kErrnoTexts));
  all.terms = explain::ParseTermTexts(Table(kTermTexts));
  return all;
}

}  // namespace

const std::expected<Explanations, std::vector<std::string>>& LoadExplanations() {
  static const auto* const kMade =
      new std::expected<Explanations, std::vector<std::string>>(MakeExplanations());
  return *kMade;
}

std::expected<Topic, std::string> FindTopic(const Explanations& all, std::string_view words) {
  const auto rule = std::ranges::find_if(
      all.suite.catalogue.rules, [&](const rules::Rule& one) { return SameWords(one.id, words); });
  if (rule != all.suite.catalogue.rules.end()) return RuleTopic{&*rule};
  auto error = FindErrno(all, words);
  if (const explain::TermText* const term = FindTerm(all, words)) {
    if (!error.has_value()) return TermTopic{term, {}};
    auto* const list = std::get_if<ListTopic>(&*error);
    if (list != nullptr && SameWords(term->term, words)) return TermTopic{term, *list};
    if (list != nullptr) list->term = term;
  }
  if (error.has_value()) return *std::move(error);
  if (auto capability = FindCapabilityTopic(words)) return *std::move(capability);
  if (auto setting = FindSetting(words)) return *std::move(setting);
  for (const StepAbout& about : StepGlossary()) {
    if (SameWords(about.text, words)) return ConditionTopic{&about};
  }
  return std::unexpected(NoTopic(all, words));
}

std::vector<std::string> TopicNames(const Explanations& all) {
  std::vector<std::string> names;
  for (const rules::Rule& rule : all.suite.catalogue.rules) names.push_back(rule.id);
  for (const explain::TermText& term : all.terms) {
    names.push_back(term.term);
    names.insert(names.end(), term.also.begin(), term.also.end());
  }
  std::set<std::string> others;
  for (const auto& [pair, shown] : all.outcomes.failures) {
    others.insert({pair.first, pair.second, pair.first + " " + pair.second});
  }
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) others.emplace(row.name);
  for (const Arch* arch : Architectures()) {
    for (const Setting& setting : arch->settings()) others.emplace(setting.name);
  }
  for (const StepAbout& about : StepGlossary()) others.emplace(about.text);
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

}  // namespace kvm_model::cli
