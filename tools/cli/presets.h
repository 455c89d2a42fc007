// Hosts with names: what people run, in one table. `kvmsim caps hosts` prints it.
//
// A preset chooses an architecture, a VM type and settings; the revision is chosen beside it
// (NAME/REVISION), and is rfc-v4 otherwise unless the row names another. A row sets only what every
// revision that it is meant for has.
#ifndef KVM_MODEL_TOOLS_CLI_PRESETS_H_
#define KVM_MODEL_TOOLS_CLI_PRESETS_H_

#include <span>
#include <string_view>

namespace kvm_model::cli {

struct PresetSetting {
  std::string_view name;
  std::string_view value;
};

struct Preset {
  std::string_view name;
  std::string_view description;  // one line, without a full stop
  std::string_view arch;
  std::string_view revision;  // where none is named beside the preset
  std::string_view vm_type;
  std::span<const PresetSetting> settings;
};

// Every preset, grouped by architecture.
std::span<const Preset> Presets();
// Null when there is none of that name.
const Preset* FindPreset(std::string_view name);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_PRESETS_H_
