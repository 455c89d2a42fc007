// What the subcommands of `kvmsim caps` that ask one host have in common.
#ifndef KVM_MODEL_TOOLS_CLI_CAPS_OPTIONS_H_
#define KVM_MODEL_TOOLS_CLI_CAPS_OPTIONS_H_

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "kvm_model/host.h"
#include "tools/cli/cli11.h"
#include "tools/cli/host_options.h"
#include "tools/cli/host_spec.h"

namespace kvm_model::cli {

struct CapsOptions {
  HostOptions host;
  std::string scope = "vm";
  std::string format = "text";
};

// Add options to a subcommand; what they fill must live as long as it.
void AddScopeOption(CLI::App& app, std::string& scope);
void AddFormatOption(CLI::App& app, std::string& format);
void AddCapsOptions(CLI::App& app, CapsOptions& options);

// Whom to ask.
struct AskedHost {
  HostSpec spec;
  std::shared_ptr<const Host> host;
  std::optional<std::string> vm_type;  // nothing: /dev/kvm
};

// The host of the options, or in words why there is none.
std::expected<AskedHost, std::string> ChooseAsked(const CapsOptions& options);
// The same for a host that is at hand as a HostSpec.
std::expected<AskedHost, std::string> BootAsked(const HostSpec& spec, const std::string& scope);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_CAPS_OPTIONS_H_
