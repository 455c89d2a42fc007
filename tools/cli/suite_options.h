// Options that the commands share which run scenarios.
#ifndef KVM_MODEL_TOOLS_CLI_SUITE_OPTIONS_H_
#define KVM_MODEL_TOOLS_CLI_SUITE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/cli/cli11.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {

// --backend: model, native or both.
void AddBackendOption(CLI::App& command, std::string& backend);

// --filter: a regular expression; `what` says of which texts, "Only scenarios whose file".
void AddFilterOption(CLI::App& command, std::string& filter, std::string_view what);

// --seed: a number from 0 on.
Option AddSeedOption(CLI::App& command, std::uint64_t& seed);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_SUITE_OPTIONS_H_
