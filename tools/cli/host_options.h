// The options with which a command chooses a host, and what they choose.
#ifndef KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_
#define KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_

#include <expected>
#include <string>
#include <vector>

#include "tools/cli/cli11.h"
#include "tools/cli/host_spec.h"

namespace kvm_model::cli {

struct HostOptions {
  std::string host;  // a HOST, instead of the next three; empty without one
  std::string arch = "x86";
  std::string revision = "rfc-v4";
  std::string vm_type = "DEFAULT";
  std::vector<std::string> settings;  // NAME=VALUE
};

// Adds --host, --arch, --revision, --vm-type and --set; the help tells every architecture's VM
// types. `options` must live as long as `app`.
void AddHostOptions(CLI::App& app, HostOptions& options);

// What they choose, or in words what is wrong, with a suggestion for a misspelt name.
std::expected<HostSpec, std::string> ChosenHost(const HostOptions& options);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_
