// The values that an option or argument can have, by the word that stands for them: CAP, HOST,
// FILE.
#ifndef KVM_MODEL_TOOLS_CLI_COMPLETION_VALUES_H_
#define KVM_MODEL_TOOLS_CLI_COMPLETION_VALUES_H_

#include <string>
#include <string_view>

#include "tools/cli/completion.h"

namespace kvm_model::cli {

// What the same command line has already: the options that choose a host, empty where they aren't
// given; and the words before this one that have no option, with blanks between.
struct ChosenWords {
  std::string arch;
  std::string host;
  std::string words;
};

// Those that fit in the place of `value`, where `word` is what is written there so far. What is
// known of no such value is nothing. A candidate need not open with `word`.
Completion ValuesOf(std::string_view value, std::string_view word, const ChosenWords& chosen);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_COMPLETION_VALUES_H_
