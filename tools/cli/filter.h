// Regular expressions given on the command line.
#ifndef KVM_MODEL_TOOLS_CLI_FILTER_H_
#define KVM_MODEL_TOOLS_CLI_FILTER_H_

#include <string>

namespace kvm_model::cli {

// Empty when the text is a regular expression, else why not: a check for an option of CLI11.
std::string CheckRegex(const std::string& text);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_FILTER_H_
