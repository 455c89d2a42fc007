#include "tools/backends/machine_host.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"
#include "tools/backends/cpuid.h"
#include "tools/backends/kernel_config.h"
#include "tools/backends/machine_hardware.h"
#include "tools/backends/machine_identity.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kConfigPrefix = "CONFIG_";

// An option of the kernel's build. A switch that the file doesn't name is off.
std::optional<Finding> FindOption(const Setting& setting, const KernelConfig& config) {
  const std::optional<std::string> value = config.Get(setting.name);
  if (setting.type == Setting::Type::kBool) {
    return Finding{value == "y" || value == "m" ? "y" : "n", config.path()};
  }
  if (!value.has_value()) return std::nullopt;
  return Finding{*value, config.path()};
}

// "kvm_intel.ept" is the file "ept" among kvm_intel's parameters.
std::optional<Finding> FindParameter(const Setting& setting, const SystemFiles& files) {
  const std::size_t dot = setting.name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string path =
      absl::StrFormat("/sys/module/%s/parameters/%s", std::string(setting.name.substr(0, dot)),
                      std::string(setting.name.substr(dot + 1)));
  std::optional<std::string> value = files.ReadLine(path);
  if (!value.has_value()) return std::nullopt;
  if (*value == "Y") value = "y";
  if (*value == "N") value = "n";
  return Finding{*value, path};
}

// What an assignment means, as Host::Create() takes it.
std::optional<std::int64_t> ParseValue(const Setting& setting, const std::string& text) {
  if (setting.type == Setting::Type::kWord) {
    const auto word = std::ranges::find(setting.words, std::string_view(text));
    if (word == setting.words.end()) return std::nullopt;
    return std::distance(setting.words.begin(), word);
  }
  if (setting.type == Setting::Type::kBool && (text == "y" || text == "n")) return text == "y";
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

// Goes through an architecture's settings in their order, in which existence and defaults depend
// only on what came before.
class Search {
 public:
  Search(const SystemFiles& files, const Arch& arch, const Revision& revision, MachineHost& host,
         Findings hardware)
      : files_(files),
        config_(KernelConfig::Read(files, host.release)),
        hardware_(std::move(hardware)),
        arch_(arch),
        draft_(revision),
        host_(host) {}

  // What keeps the machine from being a host, in words.
  std::optional<std::string> Run() {
    for (const Setting& setting : arch_.settings()) {
      if (setting.exists != nullptr && !setting.exists(draft_)) continue;
      const std::optional<Finding> found = Find(setting);
      std::optional<std::int64_t> value;
      if (found.has_value()) {
        value = ParseValue(setting, found->value);
        if (!value.has_value()) {
          return absl::StrFormat("%s: %s=%s is no value that the model knows", found->source,
                                 setting.name, found->value);
        }
        if (!setting.follows_from.empty() && *value != setting.value(draft_)) {
          return absl::StrFormat("%s: %s=%s, but in the model %s", found->source, setting.name,
                                 found->value, setting.follows_from);
        }
        host_.settings.push_back({{std::string(setting.name), found->value},
                                  found->source,
                                  !setting.follows_from.empty()});
      } else if (setting.follows_from.empty()) {
        host_.not_found.emplace_back(setting.name);
      }
      draft_.Set(setting.name, value.has_value() ? *value : setting.value(draft_));
    }
    return std::nullopt;
  }

 private:
  std::optional<Finding> Find(const Setting& setting) const {
    if (const auto found = hardware_.find(setting.name); found != hardware_.end()) {
      return found->second;
    }
    if (setting.name.starts_with(kConfigPrefix)) {
      return config_.has_value() ? FindOption(setting, *config_) : std::nullopt;
    }
    return FindParameter(setting, files_);
  }

  const SystemFiles& files_;
  const std::optional<KernelConfig> config_;
  const Findings hardware_;
  const Arch& arch_;
  HostDraft draft_;
  MachineHost& host_;
};

}  // namespace

std::vector<SettingAssignment> MachineHost::Assignments() const {
  std::vector<SettingAssignment> assignments;
  for (const MachineSetting& setting : settings) {
    if (!setting.follows) assignments.push_back(setting.assignment);
  }
  return assignments;
}

std::expected<std::shared_ptr<const Host>, std::string> MachineHost::Boot() const {
  return Boot(Assignments());
}

std::expected<std::shared_ptr<const Host>, std::string> MachineHost::Boot(
    const std::vector<SettingAssignment>& assignments) const {
  auto host = Host::Create(*FindArch(arch), *FindRevision(revision), assignments);
  if (!host) return std::unexpected(host.error().message);
  return *std::move(host);
}

std::vector<SettingAssignment> MachineHost::ShortestAssignments() const {
  std::vector<SettingAssignment> assignments = Assignments();
  const auto whole = Boot(assignments);
  if (!whole) return assignments;
  const auto text = [](const Host& host) {
    std::string all;
    for (const SettingAssignment& setting : host.Settings()) {
      all += absl::StrFormat("%s=%s\n", setting.name, setting.value);
    }
    return all;
  };
  const std::string wanted = text(**whole);
  for (std::size_t i = assignments.size(); i-- > 0;) {
    std::vector<SettingAssignment> fewer = assignments;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const auto host = Boot(fewer);
    if (host && text(**host) == wanted) assignments = std::move(fewer);
  }
  return assignments;
}

std::string MachineHost::ToText() const {
  std::string text = absl::StrFormat("%s %s, for the release %s\n", arch, revision, release);
  for (const MachineSetting& setting : settings) {
    text += absl::StrFormat("%s=%s (%s)\n", setting.assignment.name, setting.assignment.value,
                            setting.source);
  }
  text += "not to be had from files, so the model's defaults:";
  for (const std::string& name : not_found) text += " " + name;
  return text + (not_found.empty() ? " nothing\n" : "\n");
}

std::expected<MachineHost, std::string> HostOfMachine(std::string_view root) {
  return HostOfMachine(root, root == "/" ? OwnCpuid() : Cpuid());
}

std::expected<MachineHost, std::string> HostOfMachine(std::string_view root, const Cpuid& cpuid) {
  const SystemFiles files(root);
  const std::optional<std::string> release = files.ReadLine("/proc/sys/kernel/osrelease");
  const std::optional<std::string> machine = files.ReadLine("/proc/sys/kernel/arch");
  if (!release.has_value()) return std::unexpected("/proc/sys/kernel/osrelease can't be read");
  const Revision* const revision = RevisionOfRelease(*release);
  if (revision == nullptr) {
    return std::unexpected(
        absl::StrFormat("the model has no revision of the release %s", *release));
  }
  if (!machine.has_value()) return std::unexpected("/proc/sys/kernel/arch can't be read");
  const Arch* const arch = FindArch(ArchOfMachine(*machine));
  if (arch == nullptr) {
    return std::unexpected(absl::StrFormat("the model has no architecture %s", *machine));
  }
  MachineHost host;
  host.release = *release;
  host.arch = std::string(arch->traits().name);
  host.revision = std::string(revision->name);
  Findings hardware = FindHardware(host.arch, files, cpuid);
  if (host.arch == "x86" && !hardware.contains("hw.vendor")) {
    return std::unexpected("no vendor module of KVM that the model knows is loaded");
  }
  if (const std::optional<std::string> problem =
          Search(files, *arch, *revision, host, std::move(hardware)).Run()) {
    return std::unexpected(*problem);
  }
  return host;
}

}  // namespace kvm_model::scenario
