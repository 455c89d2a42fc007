#include "tools/cli/host_options.h"

#include <expected>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/vm_type.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

std::string VmTypesText() {
  std::string text = "VM types:\n";
  for (const Arch* arch : Architectures()) {
    std::string names;
    for (const VmType& type : arch->named_vm_types()) {
      names += absl::StrFormat("%s%s", names.empty() ? "" : ", ", type.name);
    }
    text += absl::StrFormat("  %-10s %s\n", arch->traits().name, names);
  }
  return text + "DEFAULT is type 0 on each.";
}

}  // namespace

void AddHostOptions(CLI::App& app, HostOptions& options) {
  const Option arch =
      AddOption(app, "--arch", options.arch, "The architecture.").ValueName("ARCH").ShowDefault();
  const Option revision = AddOption(app, "--revision", options.revision, "The kernel's revision.")
                              .ValueName("REVISION")
                              .ShowDefault();
  const Option vm_type =
      AddOption(app, "--vm-type", options.vm_type, "The VM's type, by the architecture's name.")
          .ValueName("VM_TYPE")
          .ShowDefault();
  AddOption(app, "--host", options.host,
            "A preset of `kvmsim caps hosts`, or ARCH/REVISION/VM_TYPE,NAME=VALUE...")
      .ValueName("HOST")
      .Check([](const std::string& text) {
        return text.empty() ? std::string("an empty text names no host") : std::string();
      })
      .Excludes(arch)
      .Excludes(revision)
      .Excludes(vm_type);
  AddOption(app, "--set", options.settings,
            "A Kconfig symbol, a module parameter or a hardware feature.")
      .ValueName("NAME=VALUE")
      .OneValueEach();
  SetFooter(app, VmTypesText());
}

std::expected<HostSpec, std::string> ChosenHost(const HostOptions& options) {
  std::vector<SettingAssignment> settings;
  for (const std::string& text : options.settings) {
    const auto assignment = ParseAssignment(text);
    if (!assignment) return std::unexpected("--set: " + assignment.error());
    settings.push_back(*assignment);
  }
  std::expected<HostSpec, std::string> spec;
  if (options.host.empty()) {
    const auto arch = FindArchNamed(options.arch);
    if (!arch) return std::unexpected(arch.error());
    const auto revision = FindRevisionNamed(options.revision);
    if (!revision) return std::unexpected(revision.error());
    const auto type = FindVmTypeNamed(**arch, options.vm_type);
    if (!type) return std::unexpected(type.error());
    spec = HostSpec{*arch, *revision, options.vm_type, {}};
  } else {
    spec = ParseHostSpec(options.host);
    if (!spec) return std::unexpected("--host: " + spec.error());
  }
  if (const auto fits = Override(spec->settings, settings); !fits) {
    return std::unexpected(fits.error());
  }
  return spec;
}

}  // namespace kvm_model::cli
