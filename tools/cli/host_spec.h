// HostSpec: a host as a command line names it, and the VM type to ask there.
//
// Two forms, with settings behind either:
//
//   ARCH[/REVISION[/VM_TYPE]][,NAME=VALUE...]      x86/rfc-v4/SNP,hw.vendor=amd
//   PRESET[/REVISION[/VM_TYPE]][,NAME=VALUE...]    x86-snp-host/linux-7.0
//
// The preset "machine" is the machine that the program runs on, as its files and CPUID describe it.
//
// What is left out is the preset's choice, or else rfc-v4 and DEFAULT. A setting that the text
// names replaces the preset's.
#ifndef KVM_MODEL_TOOLS_CLI_HOST_SPEC_H_
#define KVM_MODEL_TOOLS_CLI_HOST_SPEC_H_

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"

namespace kvm_model::cli {

struct HostSpec {
  const Arch* arch = nullptr;  // never null in one that a function here returned
  const Revision* revision = nullptr;
  std::string vm_type = "DEFAULT";  // a name that the architecture knows
  std::vector<SettingAssignment> settings;
};

// What the text means, or in words what is wrong with it: the column, from 1, and a suggestion for
// a misspelt name. Whether there can be such a host is CreateHost's to say.
std::expected<HostSpec, std::string> ParseHostSpec(std::string_view text);

// "x86/rfc-v4/SNP,hw.vendor=amd": what ParseHostSpec reads.
std::string ToText(const HostSpec& spec);

// The host, or in words why there can be none.
std::expected<std::shared_ptr<const Host>, std::string> CreateHost(const HostSpec& spec);

// "; did you mean NAME?" for the known name that is nearest, or otherwise the names: "; there are
// A, B".
std::string Suggestion(std::string_view name, std::span<const std::string_view> known);

// The known names, or an error with a suggestion.
std::expected<const Arch*, std::string> FindArchNamed(std::string_view name);
std::expected<const Revision*, std::string> FindRevisionNamed(std::string_view name);
std::expected<VmType, std::string> FindVmTypeNamed(const Arch& arch, std::string_view name);

// NAME=VALUE in its parts, or an error.
std::expected<SettingAssignment, std::string> ParseAssignment(std::string_view text);

// Puts `settings` over `base`: a name that is there gets the new value, others are appended. An
// error when `settings` has a name twice.
std::expected<void, std::string> Override(std::vector<SettingAssignment>& base,
                                          std::span<const SettingAssignment> settings);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_HOST_SPEC_H_
