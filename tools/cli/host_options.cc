#include "tools/cli/host_options.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/nearest.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"

namespace kvm_model::cli {
namespace {

std::string NoSuch(std::string_view what, const std::string& name,
                   const std::vector<std::string_view>& known) {
  std::string message = absl::StrFormat("there is no %s '%s'", what, name);
  if (const std::optional<std::string_view> nearest = Nearest(name, known)) {
    return message + absl::StrFormat("; did you mean %s?", *nearest);
  }
  message += "; there are ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    message += absl::StrFormat("%s%s", i == 0 ? "" : ", ", known[i]);
  }
  return message;
}

}  // namespace

std::expected<std::shared_ptr<const Host>, std::string> MakeHost(const HostOptions& options) {
  const Arch* arch = FindArch(options.arch);
  if (arch == nullptr) {
    std::vector<std::string_view> known;
    for (const Arch* each : Architectures()) known.push_back(each->traits().name);
    return std::unexpected(NoSuch("architecture", options.arch, known));
  }
  const Revision* revision = FindRevision(options.revision);
  if (revision == nullptr) {
    std::vector<std::string_view> known;
    for (const Revision& each : Revisions()) known.push_back(each.name);
    return std::unexpected(NoSuch("revision", options.revision, known));
  }
  std::vector<SettingAssignment> settings;
  for (const std::string& assignment : options.settings) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected(absl::StrFormat("--set takes NAME=VALUE, not '%s'", assignment));
    }
    settings.push_back({assignment.substr(0, equals), assignment.substr(equals + 1)});
  }
  auto host = Host::Create(*arch, *revision, settings);
  if (!host) return std::unexpected(host.error().message);
  return *host;
}

std::expected<VmType, std::string> FindVmType(const Host& host, const std::string& name) {
  std::vector<std::string_view> known;
  for (const VmType& type : host.arch().named_vm_types()) {
    if (type.name == name) return type;
    known.push_back(type.name);
  }
  return std::unexpected(
      NoSuch(absl::StrFormat("VM type of %s", host.arch().traits().name), name, known));
}

std::string VmTypeNames(const Arch& arch) {
  std::string names;
  for (const VmType& type : arch.named_vm_types()) {
    names += absl::StrFormat("%s%s", names.empty() ? "" : ", ", type.name);
  }
  return names;
}

}  // namespace kvm_model::cli
