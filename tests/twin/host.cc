#include "tests/twin/host.h"

#include <charconv>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace kvm_model::twin {
namespace {

constexpr std::uint64_t kSwProtectedBit = 1U << 1;
constexpr std::uint64_t kTdxBit = 1U << 5;
constexpr std::uint64_t kDefaultOnly = 1U << 0;

std::unexpected<HostError> NotModelled(std::string reason) {
  return std::unexpected(HostError{std::move(reason), true});
}
std::unexpected<HostError> Impossible(std::string reason) {
  return std::unexpected(HostError{std::move(reason), false});
}

std::optional<bool> Bool(std::string_view text) {
  if (text == "y" || text == "1") return true;
  if (text == "n" || text == "0") return false;
  return std::nullopt;
}

// What a host line says, before it is put together. nullopt: not said.
struct Said {
  std::optional<bool> vm_attributes_config;       // CONFIG_KVM_VM_MEMORY_ATTRIBUTES
  std::optional<bool> generic_attributes_config;  // CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES
  std::optional<bool> vm_attributes_parameter;    // kvm.vm_memory_attributes
  std::optional<bool> sw_protected;               // CONFIG_KVM_SW_PROTECTED_VM
  std::optional<bool> tdp;                        // hw.tdp
  std::optional<unsigned> maxphyaddr;             // hw.maxphyaddr
  bool pvm = false;                               // hw.vendor=pvm
};

// One yes-or-no setting; false when the name is none of them.
bool SayBool(Said& said, std::string_view name, std::optional<bool> value) {
  if (name == "CONFIG_KVM_VM_MEMORY_ATTRIBUTES") return said.vm_attributes_config = value, true;
  if (name == "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES") {
    return said.generic_attributes_config = value, true;
  }
  if (name == "kvm.vm_memory_attributes") return said.vm_attributes_parameter = value, true;
  if (name == "CONFIG_KVM_SW_PROTECTED_VM") return said.sw_protected = value, true;
  if (name == "hw.tdp") return said.tdp = value, true;
  return false;
}

std::expected<void, HostError> Say(Said& said, const std::string& name, const std::string& text) {
  const std::optional<bool> value = Bool(text);
  if (SayBool(said, name, value)) {
    if (!value) return Impossible(name + " is y or n");
    return {};
  }
  if (name == "hw.vendor" && (text == "any" || text == "pvm")) {
    said.pvm = text == "pvm";
    return {};
  }
  if (name == "hw.maxphyaddr") {
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size() || bits < 32 || bits > 52) {
      return Impossible("hw.maxphyaddr must be 32 to 52");
    }
    said.maxphyaddr = bits;
    return {};
  }
  return NotModelled("the twin doesn't know the setting " + name + "=" + text);
}

// Before the series the Kconfig symbol follows from the VM types that there are: it is on, but on
// the host whose only type is the default.
std::expected<bool, HostError> TrackedBefore(const Said& said) {
  if (said.vm_attributes_config || said.vm_attributes_parameter) {
    return Impossible("this revision doesn't know the setting");
  }
  const bool tracked = !said.pvm;
  if (said.generic_attributes_config.value_or(tracked) != tracked) {
    return Impossible("CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES follows from others");
  }
  return tracked;
}

// With it the symbol is off by default, and the parameter, on by default, exists only with it.
std::expected<bool, HostError> TrackedSince(const Said& said) {
  if (said.generic_attributes_config) return Impossible("rfc-v4 doesn't know the setting");
  const bool config = said.vm_attributes_config.value_or(false);
  if (config && said.pvm) return Impossible("the symbol depends on a VM type with private memory");
  if (said.vm_attributes_parameter && !config) {
    return Impossible("kvm.vm_memory_attributes needs CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y");
  }
  return config && said.vm_attributes_parameter.value_or(true);
}

}  // namespace

std::expected<Host, HostError> MakeHost(std::string_view arch, std::string_view revision,
                                        const Settings& settings) {
  if (arch != "x86") return NotModelled("the twin is of x86");
  const bool has_series = revision == "rfc-v4";
  const bool oldest = revision == "linux-6.12";
  if (!has_series && !oldest && revision != "linux-6.18" && revision != "linux-7.0") {
    return NotModelled("the twin has no revision " + std::string(revision));
  }
  Said said;
  std::set<std::string> names;
  for (const auto& [name, value] : settings) {
    if (!names.insert(name).second) return Impossible(name + " is set twice");
    if (const auto ok = Say(said, name, value); !ok) return std::unexpected(ok.error());
  }
  // Without a VM type that selects it there is no guest_memfd.
  if (oldest && said.pvm) return NotModelled("the twin has guest_memfd everywhere");
  const auto tracked = has_series ? TrackedSince(said) : TrackedBefore(said);
  if (!tracked) return std::unexpected(tracked.error());
  if (said.pvm && said.tdp.value_or(false)) return Impossible("kvm_pvm shadows page tables");

  Host host;
  host.has_series = has_series;
  host.files_are_private = oldest;
  if (oldest) host.vm_types &= ~kTdxBit;  // Trust domains came later.
  host.tracked_in_vms = *tracked;
  host.tdp = said.tdp.value_or(!said.pvm);
  host.has_smm = !said.pvm;
  host.gpa_bits = host.tdp ? said.maxphyaddr.value_or(host.gpa_bits) : 52;
  if (!said.sw_protected.value_or(true)) host.vm_types &= ~kSwProtectedBit;
  if (!host.tdp) host.vm_types = kDefaultOnly;  // Every other type needs them.
  return host;
}

}  // namespace kvm_model::twin
