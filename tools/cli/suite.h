// Scenarios to run: from files and folders, or the conformance suite that is built into the
// command.
#ifndef KVM_MODEL_TOOLS_CLI_SUITE_H_
#define KVM_MODEL_TOOLS_CLI_SUITE_H_

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "tools/cli/embedded_file.h"
#include "tools/scenario/ast.h"

namespace kvm_model::cli {

// The files of tests/conformance, as they were when the command was built, by path.
std::span<const EmbeddedFile> BuiltInSuite();

// Every scenario of the paths, folders recursively (*.kvmt, sorted), or everything that is wrong: a
// path that can't be read, a folder without scenarios, an error in a file with its line and column,
// a host that can't be.
std::expected<std::vector<scenario::Scenario>, std::vector<std::string>> LoadScenarios(
    const std::vector<std::string>& paths);
std::expected<std::vector<scenario::Scenario>, std::vector<std::string>> LoadBuiltInSuite();

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_SUITE_H_
