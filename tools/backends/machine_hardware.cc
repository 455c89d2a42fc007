#include "tools/backends/machine_hardware.h"

#include <array>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tools/backends/cpuid.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {
namespace {

// The processors in a list of ranges, "0-3,8"; nothing for what is none.
std::optional<std::uint64_t> CountCpus(const std::string& list) {
  std::uint64_t count = 0;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    const std::string first = range.substr(0, range.find('-'));
    const std::string last = range.substr(range.rfind('-') + 1);
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    if (!absl::SimpleAtoi(first, &from) || !absl::SimpleAtoi(last, &to) || to < from) {
      return std::nullopt;
    }
    count += to - from + 1;
  }
  if (count == 0) return std::nullopt;
  return count;
}

}  // namespace

Findings FindArm64Hardware(const SystemFiles& files) {
  constexpr std::string_view kMode = "kvm-arm.mode=";
  constexpr auto kHwcaps = std::to_array<std::pair<const char*, const char*>>({
      {"sve", "hw.sve"},
      {"mte", "hw.mte"},
  });
  // The words tell that an algorithm is there, and not which.
  constexpr auto kAlgorithms = std::to_array<std::pair<const char*, const char*>>({
      {"paca", "hw.ptrauth_address"},
      {"pacg", "hw.ptrauth_generic"},
  });
  Findings found;
  const CpuInfo cpu = ReadCpuInfo(files);
  if (cpu.contains("Features")) {
    const std::string source = "/proc/cpuinfo: Features";
    for (const auto& [word, setting] : kHwcaps) {
      found[setting] = {HasWord(cpu, "Features", word) ? "y" : "n", source};
    }
    for (const auto& [word, setting] : kAlgorithms) {
      if (!HasWord(cpu, "Features", word)) found[setting] = {"none", source};
    }
  }
  std::istringstream parameters(files.Read("/proc/cmdline").value_or(""));
  for (std::string parameter; parameters >> parameter;) {
    if (!parameter.starts_with(kMode)) continue;
    found["kvm_arm.mode"] = {parameter.substr(kMode.size()), "/proc/cmdline"};
  }
  return found;
}

Findings FindS390Hardware(const SystemFiles& files) {
  constexpr auto kFacilities = std::to_array<const char*>({"11", "64", "82", "129", "133"});
  Findings found;
  const CpuInfo cpu = ReadCpuInfo(files);
  if (cpu.contains("facilities")) {
    for (const char* facility : kFacilities) {
      found[absl::StrFormat("hw.facility_%s", facility)] = {
          HasWord(cpu, "facilities", facility) ? "y" : "n", "/proc/cpuinfo: facilities"};
    }
  }
  constexpr std::string_view kProtVirt = "/sys/firmware/uv/prot_virt_host";
  if (const std::optional<std::string> host = files.ReadLine(kProtVirt)) {
    found["hw.prot_virt"] = {*host == "1" ? "y" : "n", std::string(kProtVirt)};
  }
  return found;
}

// A module that is built in, but has no folder, can't be told from one that isn't there.
Findings FindPowerpcHardware(const SystemFiles& files) {
  constexpr auto kModules = std::to_array<std::pair<const char*, const char*>>({
      {"/sys/module/kvm_hv", "CONFIG_KVM_BOOK3S_64_HV"},
      {"/sys/module/kvm_pr", "CONFIG_KVM_BOOK3S_64_PR"},
  });
  Findings found;
  for (const auto& [path, setting] : kModules) {
    found[setting] = {files.Exists(path) ? "y" : "n", path};
  }
  return found;
}

Findings FindHardware(std::string_view arch, const SystemFiles& files, const Cpuid& cpuid) {
  Findings found;
  if (arch == "x86") found = FindX86Hardware(files, cpuid);
  if (arch == "arm64") found = FindArm64Hardware(files);
  if (arch == "s390") found = FindS390Hardware(files);
  if (arch == "powerpc") found = FindPowerpcHardware(files);
  constexpr std::string_view kOnline = "/sys/devices/system/cpu/online";
  if (const std::optional<std::string> list = files.ReadLine(kOnline)) {
    if (const std::optional<std::uint64_t> cpus = CountCpus(*list)) {
      found["hw.cpus"] = {std::to_string(*cpus), std::string(kOnline)};
    }
  }
  return found;
}

}  // namespace kvm_model::scenario
