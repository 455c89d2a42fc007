// The rules: each promise, check and table cell that the suite shows, with where it comes from and
// what shows it.
//
// A rule is what scenarios with one id show. Its sentence is a person's: of the tables of sentences
// for a rule that differs between revisions, of the tables of capabilities for a cell, and else the
// opening comment of its first scenario. The functions and checks are found by running the
// scenarios, so they can't drift from the model.
#ifndef KVM_MODEL_TOOLS_RULES_CATALOGUE_H_
#define KVM_MODEL_TOOLS_RULES_CATALOGUE_H_

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/revisions/sentences.h"
#include "tools/rules/cells.h"
#include "tools/rules/decisions.h"
#include "tools/scenario/ast.h"

namespace kvm_model::rules {

// What rules with the same prefix are about.
struct Area {
  std::string prefix;    // "CONV-"
  std::string title;     // "conversions"
  std::string document;  // the text that its rules were read in
};

// A table of text: prefix, folder of the scenarios, title, document.
std::vector<Area> ParseAreas(std::string_view text);

struct Rule {
  std::string id;
  std::size_t area = 0;  // in Catalogue::areas
  std::string sentence;
  bool is_difference = false;          // of the tables of sentences: not the same on every revision
  bool inferred = false;               // not read in kernel text, or so marked by the model
  std::set<std::string> functions;     // of the kernel, that give the answers
  std::set<Decision> checks;           // those that make calls fail
  std::set<std::string> archs;         // architectures of its scenarios
  std::vector<std::string> revisions;  // where a scenario of it holds, oldest first
  std::vector<std::size_t> scenarios;  // in the suite
};

struct Catalogue {
  std::vector<Area> areas;
  std::vector<Rule> rules;  // by area, in its order; in an area by id
};

// The rules of the suite, as far as they stand in it: revisions, functions and checks are empty. A
// scenario without a rule or of a rule without an area has none; the tests see to it that there is
// no such scenario.
Catalogue ListRules(std::span<const scenario::Scenario> suite, std::vector<Area> areas,
                    std::span<const revisions::SentenceTable> tables, std::span<const Cell> cells);

// Runs the scenarios of the rule on the model, each on every revision that has its host, and fills
// in what this shows.
void FindWhatShows(std::span<const scenario::Scenario> suite, Rule& rule);

}  // namespace kvm_model::rules

#endif  // KVM_MODEL_TOOLS_RULES_CATALOGUE_H_
