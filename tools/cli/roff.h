// Text as roff, the language of manual pages.
#ifndef KVM_MODEL_TOOLS_CLI_ROFF_H_
#define KVM_MODEL_TOOLS_CLI_ROFF_H_

#include <span>
#include <string>
#include <string_view>

namespace kvm_model::cli {

// Each character as itself, where roff or a terminal would make another of it.
std::string Roff(std::string_view text);

// In a font: "B" is bold, "I" italic.
std::string RoffIn(char font, std::string_view text);

// A line of Markdown: code and what is bold are set bold, and of links their words are left.
std::string RoffOfMarkdown(std::string_view text);

// Lines as they are.
std::string RoffVerbatim(std::span<const std::string> lines);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_ROFF_H_
