#include "tools/cli/caps_options.h"

#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "kvm_model/host.h"
#include "tools/cli/host_options.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {

void AddScopeOption(CLI::App& app, std::string& scope) {
  AddOption(app, "--scope", scope, "Who is asked: a VM, or /dev/kvm.")
      .OneOf({"vm", "system"})
      .ShowDefault();
}

void AddFormatOption(CLI::App& app, std::string& format) {
  AddOption(app, "--format", format, "How it is printed.")
      .OneOf({"text", "json", "csv"})
      .ShowDefault();
}

void AddCapsOptions(CLI::App& app, CapsOptions& options) {
  AddHostOptions(app, options.host);
  AddScopeOption(app, options.scope);
  AddFormatOption(app, options.format);
}

std::expected<AskedHost, std::string> BootAsked(const HostSpec& spec, const std::string& scope) {
  std::expected<std::shared_ptr<const Host>, std::string> host = CreateHost(spec);
  if (!host) return std::unexpected(host.error());
  AskedHost asked{spec, *std::move(host), {}};
  if (scope == "vm") asked.vm_type = spec.vm_type;
  return asked;
}

std::expected<AskedHost, std::string> ChooseAsked(const CapsOptions& options) {
  const std::expected<HostSpec, std::string> spec = ChosenHost(options.host);
  if (!spec) return std::unexpected(spec.error());
  return BootAsked(*spec, options.scope);
}

}  // namespace kvm_model::cli
