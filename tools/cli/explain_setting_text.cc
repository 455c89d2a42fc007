// What is said of a setting, in words.
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/setting.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/explain_facts.h"
#include "tools/cli/explain_text.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/setting_facts.h"

namespace kvm_model::cli {
namespace {

// "n in linux-6.18; not there in linux-6.12".
std::string Defaults(const std::vector<SettingDefault>& defaults) {
  std::vector<std::string> words;
  std::vector<std::string> revisions;
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    revisions.emplace_back(defaults[i].revision);
    if (i + 1 < defaults.size() && defaults[i + 1].value == defaults[i].value) continue;
    const std::string value = defaults[i].value.value_or("not there");
    const bool everywhere = revisions.size() == defaults.size();
    words.push_back(absl::StrFormat(
        "%s in %s", value, everywhere ? "every revision" : absl::StrJoin(revisions, ", ")));
    revisions.clear();
  }
  return absl::StrJoin(words, "; ");
}

void PrintOther(const OtherValue& other, std::ostream& out) {
  out << "    " << other.value << "\n";
  if (!other.refused.empty()) out << Wrapped("no such host: " + other.refused, "      ");
  if (other.refused.empty() && other.changes.empty()) out << "      no capability\n";
  for (const AnswerPair& change : other.changes) {
    out << Wrapped(absl::StrFormat("%s on %s: %s -> %s", change.capability, change.asked,
                                   change.from, change.to),
                   "      ");
  }
}

void PrintOnArch(const SettingOnArch& here, std::ostream& out) {
  const Setting& setting = *here.setting;
  out << "\n" << here.arch << "\n" << Wrapped(absl::StrFormat("%s.", setting.meaning), "  ");
  if (!setting.follows_from.empty()) {
    out << Wrapped(absl::StrFormat("Nobody sets it: it follows from %s.", setting.follows_from),
                   "  ");
  }
  out << Wrapped("Default: " + Defaults(here.defaults), "  ");
  if (setting.exists != nullptr && !setting.absent_because.empty()) {
    out << Wrapped(absl::StrFormat("Where it isn't there: %s", setting.absent_because), "  ");
  }
  if (here.others.empty()) return;
  out << absl::StrFormat("  What answers otherwise in %s with another value alone\n",
                         here.changed_on);
  for (const OtherValue& other : here.others) PrintOther(other, out);
}

}  // namespace

void PrintSetting(const Explanations& all, const SettingTopic& topic, std::ostream& out) {
  out << topic.name << "\n";
  for (const SettingOnArch& here : FactsOfSetting(topic.name)) PrintOnArch(here, out);
  std::vector<std::string> rules = RulesThatSet(all, topic.name);
  if (rules.empty()) return;
  constexpr std::size_t kMost = 12;
  if (rules.size() > kMost) {
    const std::size_t more = rules.size() - kMost;
    rules.resize(kMost);
    rules.push_back(absl::StrFormat("and %d more (--format json names them)", more));
  }
  out << "\nRules whose scenarios set it\n" << Wrapped(absl::StrJoin(rules, ", "), "  ");
}

}  // namespace kvm_model::cli
