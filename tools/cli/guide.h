// The page docs/command-line.md, which is built into the command, in its parts: what it says of a
// command, and the examples that it shows.
#ifndef KVM_MODEL_TOOLS_CLI_GUIDE_H_
#define KVM_MODEL_TOOLS_CLI_GUIDE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/embedded_file.h"

namespace kvm_model::cli {

struct GuideBlock {
  enum class Kind { kParagraph, kConsole, kOtherFence, kTable };

  Kind kind = Kind::kParagraph;
  // Lines of a fence as they are; a paragraph's words joined to one line.
  std::vector<std::string> lines;
  // A table's cells, its head among them.
  std::vector<std::vector<std::string>> rows;
};

// The page, alone in its list.
std::span<const EmbeddedFile> BuiltInGuide();

// What stands under the heading, down to the next one of any level; nothing where there is no such
// heading. A paragraph is also an item of a list.
std::vector<GuideBlock> GuideSection(std::string_view guide, std::string_view heading);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_GUIDE_H_
