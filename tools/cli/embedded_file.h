// A text file that is built into the command.
#ifndef KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_
#define KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_

#include <span>
#include <string_view>

namespace kvm_model::cli {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

// The text of the file of that name; empty where there is none.
inline std::string_view TextOf(std::span<const EmbeddedFile> files, std::string_view name) {
  for (const EmbeddedFile& file : files) {
    if (file.name == name) return file.text;
  }
  return {};
}

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_EMBEDDED_FILE_H_
