#include "tools/cli/explain_json.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/setting.h"
#include "nlohmann/json.hpp"
#include "tools/cli/capability_answers.h"
#include "tools/cli/caps_format.h"
#include "tools/cli/explain_facts.h"
#include "tools/cli/explain_topics.h"
#include "tools/cli/explanation.h"
#include "tools/cli/rule_suite.h"
#include "tools/cli/setting_facts.h"
#include "tools/cli/step_glossary.h"
#include "tools/explain/outcomes.h"
#include "tools/explain/texts.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"
#include "uapi/capabilities.h"

namespace kvm_model::cli {
namespace {

Json ShownJson(const RuleSuite& suite, const explain::Shown* shown) {
  if (shown == nullptr) return nullptr;
  const scenario::Scenario& one = suite.scenarios[shown->scenario];
  return {{"file", one.file},
          {"line", shown->line},
          {"rule", one.rule},
          {"scenario", scenario::PrintScenario(one)}};
}

Json ChecksJson(const std::set<rules::Decision>& checks) {
  Json json = Json::array();
  for (const rules::Decision& check : checks) {
    json.push_back({{"function", check.function}, {"check", check.check}});
  }
  return json;
}

Json ChangesJson(const std::vector<const rules::Rule*>& changes) {
  Json json = Json::array();
  for (const rules::Rule* rule : changes) {
    json.push_back({{"rule", rule->id}, {"sentence", rule->sentence}});
  }
  return json;
}

Json ShownOnJson(const ShownOn& shown_on) {
  Json json = Json::object();
  for (const auto& [arch, revisions] : shown_on) json[arch] = revisions;
  return json;
}

Json ErrnosJson(const Explanations& all, const std::vector<ErrnoTopic>& topics) {
  Json json = Json::array();
  for (const ErrnoTopic& one : topics) {
    json.push_back(
        {{"call", one.call}, {"errno", one.error}, {"means", OrNull(MeaningOf(all, one))}});
  }
  return json;
}

// A row for each architecture and revision; null where the revision lacks the capability.
Json AnswersJson(const CapabilityAnswers& answers) {
  Json json = Json::array();
  for (const ArchAnswers& here : answers.archs) {
    for (const RevisionAnswer& one : here.revisions) {
      json.push_back({{"capability", answers.name},
                      {"arch", here.arch},
                      {"revision", one.revision},
                      {"answer", OrNull(one.answer)}});
    }
  }
  return json;
}

Json OthersJson(const std::vector<OtherValue>& others) {
  Json json = Json::array();
  for (const OtherValue& other : others) {
    Json changes = Json::array();
    for (const AnswerPair& change : other.changes) {
      changes.push_back({{"capability", change.capability},
                         {"asked", change.asked},
                         {"from", change.from},
                         {"to", change.to}});
    }
    json.push_back({{"value", other.value},
                    {"refused", OrNull(other.refused)},
                    {"changes", std::move(changes)}});
  }
  return json;
}

Json OnArchJson(const SettingOnArch& here) {
  Json defaults = Json::object();
  for (const SettingDefault& one : here.defaults) {
    defaults[std::string(one.revision)] = OrNull(one.value.value_or(""));
  }
  return {{"arch", here.arch},
          {"meaning", here.setting->meaning},
          {"follows_from", OrNull(here.setting->follows_from)},
          {"defaults", std::move(defaults)},
          {"changed_on", OrNull(here.changed_on)},
          {"others", OthersJson(here.others)}};
}

}  // namespace

Json ToJson(const Explanations& all, const ErrnoTopic& topic) {
  const ErrnoFacts facts = FactsOf(all, topic);
  const bool has_text = facts.text != nullptr;
  return {{"kind", "errno"},
          {"call", topic.call},
          {"errno", topic.error},
          {"means", has_text ? Json(facts.text->means) : Json(nullptr)},
          {"helps", has_text ? Json(facts.text->helps) : Json(nullptr)},
          {"checks", ChecksJson(facts.checks)},
          {"fails", ShownJson(all.suite, facts.example.fails)},
          {"works", ShownJson(all.suite, facts.example.works)},
          {"shown_on", ShownOnJson(facts.shown_on)},
          {"changes", ChangesJson(facts.changes)}};
}

Json ToJson(const Explanations& all, const TermTopic& topic) {
  const explain::TermText& term = *topic.term;
  const TermFacts facts = FactsOf(all, term);
  Json answers = Json::array();
  for (const CapabilityAnswers& of_one : facts.answers) {
    for (Json& row : AnswersJson(of_one)) answers.push_back(std::move(row));
  }
  return {{"kind", "term"},
          {"term", term.term},
          {"also", term.also},
          {"means", term.means},
          {"why", term.why},
          {"fails", ShownJson(all.suite, facts.example.fails)},
          {"works", ShownJson(all.suite, facts.example.works)},
          {"shown_on", ShownOnJson(facts.shown_on)},
          {"changes", ChangesJson(facts.changes)},
          {"answers", std::move(answers)},
          {"errnos", ErrnosJson(all, topic.errnos.topics)},
          {"see_also", term.see}};
}

Json ToJson(const Explanations& all, const RuleTopic& topic) {
  const RuleFacts facts = FactsOf(all, *topic.rule);
  const rules::Rule& rule = facts.rule;
  const rules::Area& area = all.suite.catalogue.areas[rule.area];
  Json scenarios = Json::array();
  for (const std::size_t index : rule.scenarios) {
    const scenario::Scenario& one = all.suite.scenarios[index];
    scenarios.push_back({{"file", one.file}, {"scenario", scenario::PrintScenario(one)}});
  }
  return {{"kind", "rule"},
          {"rule", rule.id},
          {"area", area.title},
          {"sentence", rule.sentence},
          {"inferred", rule.inferred},
          {"document", area.document},
          {"archs", rule.archs},
          {"revisions", rule.revisions},
          {"checks", ChecksJson(rule.checks)},
          {"scenarios", std::move(scenarios)},
          {"errnos", ErrnosJson(all, facts.errnos)}};
}

Json ToJson(const Explanations& all, const ListTopic& topic) {
  return {{"kind", "list"},
          {"errnos", ErrnosJson(all, topic.topics)},
          {"term", topic.term == nullptr ? Json(nullptr) : Json(topic.term->term)}};
}

Json ToJson(const Explanations& all, const SettingTopic& topic) {
  Json archs = Json::array();
  for (const SettingOnArch& here : FactsOfSetting(topic.name)) archs.push_back(OnArchJson(here));
  return {{"kind", "setting"},
          {"setting", topic.name},
          {"archs", std::move(archs)},
          {"rules", RulesThatSet(all, topic.name)}};
}

Json ToJson(const StepAbout& about) {
  return {{"kind", "condition"},
          {"condition", about.text},
          {"holds", about.holds},
          {"fails", OrNull(about.fails)}};
}

Json CapabilityToJson(const Explanation& explanation) {
  Json json = {{"kind", "capability"}};
  json.update(ToJson(explanation));
  json["answers"] = AnswersJson(AnswersEverywhere(explanation.answer.capability.name));
  return json;
}

Json TopicsToJson(const Explanations& all) {
  Json json = {{"terms", Json::array()},    {"calls", Json::object()},
               {"rules", Json::array()},    {"capabilities", Json::array()},
               {"settings", Json::array()}, {"conditions", Json::array()}};
  for (const explain::TermText& term : all.terms) json["terms"].push_back(term.term);
  for (const auto& [pair, shown] : all.outcomes.failures) {
    json["calls"][pair.first].push_back(pair.second);
  }
  for (const rules::Rule& rule : all.suite.catalogue.rules) json["rules"].push_back(rule.id);
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    json["capabilities"].push_back(row.name);
  }
  std::set<std::string> settings;
  for (const Arch* arch : Architectures()) {
    for (const Setting& setting : arch->settings()) settings.emplace(setting.name);
  }
  json["settings"] = settings;
  for (const StepAbout& about : StepGlossary()) json["conditions"].push_back(about.text);
  return json;
}

}  // namespace kvm_model::cli
