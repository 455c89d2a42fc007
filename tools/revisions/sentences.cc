#include "tools/revisions/sentences.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace kvm_model::revisions {

SentenceTable ParseSentences(std::string_view text) {
  SentenceTable table;
  const std::vector<std::string> lines = absl::StrSplit(std::string(text), '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() == 5 && words[0] == "#" && words[1] == "between" && words[3] == "and") {
      table.from = words[2];
      table.to = words[4];
    }
    if (line.starts_with('#')) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    Sentence sentence;
    if (fields.size() != 4 || !absl::SimpleAtoi(fields[1], &sentence.row)) continue;
    if (fields[0] != "-") sentence.rule = fields[0];
    sentence.inferred = fields[2] == "inferred";
    sentence.text = fields[3];
    table.sentences.push_back(sentence);
  }
  return table;
}

const Sentence* FindSentence(std::span<const Sentence> sentences, std::string_view rule) {
  const auto found =
      std::ranges::find_if(sentences, [&](const Sentence& one) { return one.rule == rule; });
  return found == sentences.end() ? nullptr : &*found;
}

}  // namespace kvm_model::revisions
