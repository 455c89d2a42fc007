// KernelConfig: the options that the machine's kernel was built with.
#ifndef KVM_MODEL_TOOLS_BACKENDS_KERNEL_CONFIG_H_
#define KVM_MODEL_TOOLS_BACKENDS_KERNEL_CONFIG_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tools/backends/system_files.h"

namespace kvm_model::scenario {

class KernelConfig {
 public:
  // /proc/config.gz, or else /boot/config-RELEASE. Nothing where neither can be read, or what can
  // is no configuration.
  static std::optional<KernelConfig> Read(const SystemFiles& files, std::string_view release);

  // Which of the two files it is.
  const std::string& path() const { return path_; }
  // What stands behind "CONFIG_X=": "y", "m", "12"; nothing for an option that is not set, or that
  // the file doesn't have because what it depends on is off.
  std::optional<std::string> Get(std::string_view symbol) const;

 private:
  KernelConfig(std::string path, std::string_view text);

  std::string path_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_KERNEL_CONFIG_H_
