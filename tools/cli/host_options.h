// From a command line's words to a Host and a VM type on it.
#ifndef KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_
#define KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/vm_type.h"

namespace kvm_model::cli {

struct HostOptions {
  std::string arch = "x86";
  std::string revision = "rfc-v4";
  std::vector<std::string> settings;  // NAME=VALUE
};

// The host, or in words why there is none, with a suggestion for a misspelt name.
std::expected<std::shared_ptr<const Host>, std::string> MakeHost(const HostOptions& options);

// The architecture's VM type of that name, or an error that lists the names.
std::expected<VmType, std::string> FindVmType(const Host& host, const std::string& name);

// "DEFAULT, SW_PROTECTED, ...": the VM types of an architecture that have names.
std::string VmTypeNames(const Arch& arch);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_HOST_OPTIONS_H_
