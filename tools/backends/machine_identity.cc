#include "tools/backends/machine_identity.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/backends/system_files.h"

namespace kvm_model::scenario {
namespace {

// As uname and as host lines say it.
constexpr auto kMachines = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"x86_64", "x86"},
    {"aarch64", "arm64"},
    {"riscv64", "riscv"},
    {"s390x", "s390"},
    {"loongarch64", "loongarch"},
    {"ppc64le", "powerpc"},
    {"ppc64", "powerpc"},
    {"mips64", "mips"},
});

constexpr auto kVendorModules = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"/sys/module/kvm_intel", "intel"},
    {"/sys/module/kvm_amd", "amd"},
    {"/sys/module/kvm_pvm", "pvm"},
});

}  // namespace

std::string ArchOfMachine(std::string_view machine) {
  for (const auto& [name, arch] : kMachines) {
    if (name == machine) return std::string(arch);
  }
  return std::string(machine);
}

std::string VendorOfModules(const SystemFiles& files) {
  std::vector<std::string_view> loaded;
  for (const auto& [path, vendor] : kVendorModules) {
    if (files.Exists(path)) loaded.push_back(vendor);
  }
  if (loaded.empty()) return "";
  // Modules that are built in have folders on every machine: the processor decides.
  const bool is_amd =
      files.Read("/proc/cpuinfo").value_or("").find("AuthenticAMD") != std::string::npos;
  const std::string_view processor = is_amd ? "amd" : "intel";
  const bool is_there = std::ranges::find(loaded, processor) != loaded.end();
  return std::string(loaded.size() > 1 && is_there ? processor : loaded.back());
}

bool IsRevision(std::string_view release, std::string_view revision) {
  constexpr std::string_view kPrefix = "linux-";
  if (!revision.starts_with(kPrefix)) return false;
  revision.remove_prefix(kPrefix.size());
  if (!release.starts_with(revision)) return false;
  release.remove_prefix(revision.size());
  return release.empty() || release.front() < '0' || release.front() > '9';
}

const Revision* RevisionOfRelease(std::string_view release) {
  for (const Revision& revision : Revisions()) {
    if (IsRevision(release, revision.name)) return &revision;
  }
  return nullptr;
}

}  // namespace kvm_model::scenario
