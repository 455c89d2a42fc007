// A text file that is built into the command.
#ifndef KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_
#define KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_

#include <string_view>

namespace kvm_model::cli {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_
