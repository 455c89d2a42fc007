// What is known of a setting by its name: on which architectures it is, what it means there, its
// defaults, and which capabilities answer otherwise with another value.
//
// Cost: a host for each revision, and one with a VM for each other value: some milliseconds.
#ifndef KVM_MODEL_TOOLS_CLI_SETTING_FACTS_H_
#define KVM_MODEL_TOOLS_CLI_SETTING_FACTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/setting.h"

namespace kvm_model::cli {

struct AnswerPair {
  std::string capability;
  std::string asked;  // "/dev/kvm", "a VM of type DEFAULT"
  std::string from;
  std::string to;
};

// Another value than the default, set alone.
struct OtherValue {
  std::string value;
  std::string refused;  // in words, why there is no such host; empty where there is
  std::vector<AnswerPair> changes;
};

struct SettingDefault {
  std::string_view revision;
  std::optional<std::string> value;  // nothing where the default host hasn't got it
};

struct SettingOnArch {
  std::string_view arch;
  const Setting* setting = nullptr;
  std::vector<SettingDefault> defaults;  // oldest revision first
  std::string_view changed_on;           // the revision on which the other values were tried
  std::vector<OtherValue> others;        // none where the value follows from others
};

// A row for each architecture that has it.
std::vector<SettingOnArch> FactsOfSetting(std::string_view name);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_SETTING_FACTS_H_
