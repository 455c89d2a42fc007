// Sentences that the pictures of a scenario share.
#ifndef KVM_MODEL_TOOLS_CLI_MAP_WORDS_H_
#define KVM_MODEL_TOOLS_CLI_MAP_WORDS_H_

#include <string>
#include <string_view>

#include "tools/cli/step_picture.h"

namespace kvm_model::cli {

// "12 calls, all as expected", "Failed at line 7: expected 0, answered EINVAL".
std::string EndInWords(const ScenarioPicture& picture);

// For HTML and XML: markup is escaped, bytes that are no text in XML become U+FFFD.
std::string Escaped(std::string_view text);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAP_WORDS_H_
