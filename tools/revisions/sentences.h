// What a person says of each rule that is not the same on every revision.
//
// The sentences stand beside the scenarios that show them, one line a rule: rule, row of the list
// of differences that the rule is part of, certainty, sentence, separated by tabs. A line
// `# between A and B` names the two revisions that the list is about. Other lines that open with #
// and the line of the columns' names don't count.
#ifndef KVM_MODEL_TOOLS_REVISIONS_SENTENCES_H_
#define KVM_MODEL_TOOLS_REVISIONS_SENTENCES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::revisions {

struct Sentence {
  std::string rule;  // "" for what no call shows
  int row = 0;
  bool inferred = false;  // no kernel text was read that says so
  std::string text;
};

struct SentenceTable {
  std::string from;
  std::string to;
  std::vector<Sentence> sentences;  // in the table's order
};

// A line that is none of these is left out: a test sees to it that there is none.
SentenceTable ParseSentences(std::string_view text);

// The sentence of the rule; null where it has none.
const Sentence* FindSentence(std::span<const Sentence> sentences, std::string_view rule);

}  // namespace kvm_model::revisions

#endif  // KVM_MODEL_TOOLS_REVISIONS_SENTENCES_H_
