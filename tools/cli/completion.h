// What could be written next on kvmsim's command line: the shells' completion asks for it.
#ifndef KVM_MODEL_TOOLS_CLI_COMPLETION_H_
#define KVM_MODEL_TOOLS_CLI_COMPLETION_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/command_tree.h"
#include "tools/cli/embedded_file.h"

namespace kvm_model::cli {

// The word after `kvmsim` by which the scripts of `kvmsim completion` ask. It is no command that is
// told of.
inline constexpr std::string_view kCompleteWord = "__complete";

struct Candidate {
  std::string word;  // the whole word that would stand there
  std::string description;
};

struct Completion {
  std::vector<Candidate> candidates;
  // The shell completes names of files, or of folders alone, besides.
  bool files = false;
  bool folders = false;
  // A candidate is no whole word yet: no blank is to follow it.
  bool goes_on = false;
};

// What the last of the words, which may be empty, can become; `words` is all that follows `kvmsim`.
Completion Complete(const Command& root, std::span<const std::string> words);

// One line each: a word, and behind a tab what it means; then ":files", ":folders", ":goes-on"
// where they hold.
std::string ToText(const Completion& completion);

// For each shell, by its name, the script that asks.
std::span<const EmbeddedFile> CompletionScripts();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_COMPLETION_H_
