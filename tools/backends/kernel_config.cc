#include "tools/backends/kernel_config.h"

#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "tools/backends/system_files.h"

namespace kvm_model::scenario {
namespace {

constexpr std::string_view kPrefix = "CONFIG_";

}  // namespace

KernelConfig::KernelConfig(std::string path, std::string_view text) : path_(std::move(path)) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (!line.starts_with(kPrefix) || equals == std::string::npos) continue;
    values_[line.substr(0, equals)] = line.substr(equals + 1);
  }
}

std::optional<KernelConfig> KernelConfig::Read(const SystemFiles& files, std::string_view release) {
  constexpr std::string_view kOwn = "/proc/config.gz";
  const std::string installed = "/boot/config-" + std::string(release);
  std::string path(kOwn);
  std::optional<std::string> text = files.ReadGzip(kOwn);
  if (!text.has_value()) {
    path = installed;
    text = files.Read(installed);
  }
  if (!text.has_value()) return std::nullopt;
  KernelConfig config(std::move(path), *text);
  if (config.values_.empty()) return std::nullopt;
  return config;
}

std::optional<std::string> KernelConfig::Get(std::string_view symbol) const {
  const auto found = values_.find(symbol);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace kvm_model::scenario
