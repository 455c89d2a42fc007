// Manual pages of kvmsim and its commands, in section 1.
#ifndef KVM_MODEL_TOOLS_CLI_MAN_PAGE_H_
#define KVM_MODEL_TOOLS_CLI_MAN_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/command_tree.h"

namespace kvm_model::cli {

// What the pages are made of besides the commands.
struct ManPageSources {
  std::string_view version;
  std::string_view guide;  // docs/command-line.md
};

// The page of a command, as roff. `path` leads to it from `root`: it is the last; none: the page of
// `root` itself.
std::string ManPage(const Command& root, const std::vector<const Command*>& path,
                    const ManPageSources& sources);

// "kvmsim-caps-get".
std::string ManPageName(const Command& command);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAN_PAGE_H_
