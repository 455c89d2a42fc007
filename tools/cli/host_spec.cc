#include "tools/cli/host_spec.h"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/nearest.h"
#include "kvm_model/revision.h"
#include "kvm_model/vm_type.h"
#include "tools/backends/machine_host.h"
#include "tools/cli/presets.h"

namespace kvm_model::cli {
namespace {

constexpr std::string_view kThisMachine = "machine";

using Names = std::vector<std::string_view>;

std::unexpected<std::string> NoSuch(std::string_view what, std::string_view name,
                                    const Names& known) {
  return std::unexpected(
      absl::StrFormat("there is no %s '%s'%s", what, name, Suggestion(name, known)));
}

Names ArchNames() {
  Names names;
  for (const Arch* arch : Architectures()) names.push_back(arch->traits().name);
  return names;
}

// What stands between two separators, and where: columns count from 1.
struct Part {
  std::string_view text;
  std::size_t column = 0;
};

std::vector<Part> Split(Part whole, char separator) {
  std::vector<Part> parts;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = std::min(whole.text.find(separator, at), whole.text.size());
    parts.push_back({whole.text.substr(at, end - at), whole.column + at});
    if (end == whole.text.size()) return parts;
    at = end + 1;
  }
}

// The error of a part, told with the whole text and the column.
class ErrorsIn {
 public:
  explicit ErrorsIn(std::string_view text) : text_(text) {}
  std::unexpected<std::string> At(const Part& part, const std::string& message) const {
    return std::unexpected(absl::StrFormat("'%s', column %d: %s", text_, part.column, message));
  }

 private:
  std::string_view text_;
};

// The machine that this program runs on.
std::expected<HostSpec, std::string> ThisMachine() {
  const auto machine = scenario::HostOfMachine();
  if (!machine)
    return std::unexpected("this machine is no host of the model's: " + machine.error());
  HostSpec spec;
  spec.arch = FindArch(machine->arch);
  spec.revision = FindRevision(machine->revision);
  spec.settings = machine->Assignments();
  return spec;
}

// What the first word chooses: this machine, an architecture or a preset.
std::expected<HostSpec, std::string> Start(std::string_view name) {
  if (name == kThisMachine) return ThisMachine();
  HostSpec spec;
  spec.revision = &DefaultRevision();
  const Preset* preset = FindPreset(name);
  spec.arch = FindArch(preset != nullptr ? preset->arch : name);
  if (spec.arch == nullptr) {
    Names known = ArchNames();
    known.push_back(kThisMachine);
    for (const Preset& each : Presets()) known.push_back(each.name);
    return NoSuch("architecture or preset", name, known);
  }
  if (preset == nullptr) return spec;
  spec.vm_type = preset->vm_type;
  if (const Revision* revision = FindRevision(preset->revision)) spec.revision = revision;
  for (const PresetSetting& setting : preset->settings) {
    spec.settings.push_back({std::string(setting.name), std::string(setting.value)});
  }
  return spec;
}

}  // namespace

std::string Suggestion(std::string_view name, std::span<const std::string_view> known) {
  std::string nearest = DidYouMean(name, known);
  if (!nearest.empty()) return nearest;
  return "; there are " + absl::StrJoin(known, ", ", [](std::string* out, std::string_view each) {
           out->append(each);
         });
}

std::expected<const Arch*, std::string> FindArchNamed(std::string_view name) {
  const Arch* arch = FindArch(name);
  if (arch == nullptr) return NoSuch("architecture", name, ArchNames());
  return arch;
}

std::expected<const Revision*, std::string> FindRevisionNamed(std::string_view name) {
  if (const Revision* revision = FindRevision(name)) return revision;
  Names known;
  for (const Revision& each : Revisions()) known.push_back(each.name);
  return NoSuch("revision", name, known);
}

std::expected<VmType, std::string> FindVmTypeNamed(const Arch& arch, std::string_view name) {
  Names known;
  for (const VmType& type : arch.named_vm_types()) {
    if (type.name == name) return type;
    known.push_back(type.name);
  }
  return NoSuch(absl::StrFormat("VM type of %s", arch.traits().name), name, known);
}

std::expected<SettingAssignment, std::string> ParseAssignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return std::unexpected(absl::StrFormat("a setting is NAME=VALUE, not '%s'", text));
  }
  return SettingAssignment{std::string(text.substr(0, equals)),
                           std::string(text.substr(equals + 1))};
}

std::expected<void, std::string> Override(std::vector<SettingAssignment>& base,
                                          std::span<const SettingAssignment> settings) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& name = settings[i].name;
    const auto earlier = settings.first(i);
    if (std::ranges::find(earlier, name, &SettingAssignment::name) != earlier.end()) {
      return std::unexpected(absl::StrFormat("%s is set twice", name));
    }
    const auto old = std::ranges::find(base, name, &SettingAssignment::name);
    if (old == base.end()) {
      base.push_back(settings[i]);
    } else {
      old->value = settings[i].value;
    }
  }
  return {};
}

std::expected<HostSpec, std::string> ParseHostSpec(std::string_view text) {
  const ErrorsIn errors(text);
  const std::vector<Part> commas = Split({text, 1}, ',');
  const std::vector<Part> words = Split(commas[0], '/');
  std::expected<HostSpec, std::string> spec = Start(words[0].text);
  if (!spec) return errors.At(words[0], spec.error());
  if (words.size() > 1) {
    const auto revision = FindRevisionNamed(words[1].text);
    if (!revision) return errors.At(words[1], revision.error());
    spec->revision = *revision;
  }
  if (words.size() > 2) {
    const auto type = FindVmTypeNamed(*spec->arch, words[2].text);
    if (!type) return errors.At(words[2], type.error());
    spec->vm_type = type->name;
  }
  if (words.size() > 3) {
    return errors.At(words[3], "a host is ARCH/REVISION/VM_TYPE; settings follow after commas");
  }
  std::vector<SettingAssignment> settings;
  for (const Part& part : std::span(commas).subspan(1)) {
    const auto assignment = ParseAssignment(part.text);
    if (!assignment) return errors.At(part, assignment.error());
    settings.push_back(*assignment);
    std::vector<SettingAssignment> none;
    if (const auto fits = Override(none, settings); !fits) return errors.At(part, fits.error());
  }
  if (const auto fits = Override(spec->settings, settings); !fits) {
    return errors.At(commas[0], fits.error());
  }
  return spec;
}

std::string ToText(const HostSpec& spec) {
  std::string text =
      absl::StrFormat("%s/%s/%s", spec.arch->traits().name, spec.revision->name, spec.vm_type);
  for (const SettingAssignment& setting : spec.settings) {
    text += absl::StrFormat(",%s=%s", setting.name, setting.value);
  }
  return text;
}

std::expected<std::shared_ptr<const Host>, std::string> CreateHost(const HostSpec& spec) {
  auto host = Host::Create(*spec.arch, *spec.revision, spec.settings);
  if (!host) return std::unexpected(host.error().message);
  return *std::move(host);
}

}  // namespace kvm_model::cli
