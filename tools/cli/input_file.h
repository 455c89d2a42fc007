// A file that is read whole.
#ifndef KVM_MODEL_TOOLS_CLI_INPUT_FILE_H_
#define KVM_MODEL_TOOLS_CLI_INPUT_FILE_H_

#include <optional>
#include <string>

namespace kvm_model::cli {

// Nothing where it can't be read, as a folder.
std::optional<std::string> ReadInputFile(const std::string& path);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_INPUT_FILE_H_
