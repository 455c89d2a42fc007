// What is told of a command line: what is wrong with it, in the command's own words, and its help.
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

// What --help prints of the command below `app`, word by word ("caps", "get"), each of which there
// is; `name` is what `app` is called.
std::string HelpText(const CLI::App& app, std::string name, const std::vector<std::string>& words);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_USAGE_MESSAGE_H_
