// What is wrong with a command line, in the command's own words.
//
// Cost: the message's length; only a wrong command line pays it.
#ifndef KVM_MODEL_TOOLS_CLI_USAGE_MESSAGE_H_
#define KVM_MODEL_TOOLS_CLI_USAGE_MESSAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/cli11.h"

namespace kvm_model::cli {

// What is wrong with the words where a command is expected, if anything is.
std::optional<std::string> UnknownCommand(const CLI::App& app,
                                          const std::vector<std::string>& words);

// One or more lines for standard error, each ended: what `error` complains of, the option that was
// probably meant, and how to go on. Takes what CLI::App::failure_message gives.
std::string UsageMessage(const CLI::App* app, const CLI::Error& error);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_USAGE_MESSAGE_H_
