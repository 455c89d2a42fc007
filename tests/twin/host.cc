#include "tests/twin/host.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "uapi/errno.h"

namespace kvm_model::twin {
namespace {

constexpr std::uint64_t kDefaultBit = 1U << 0;
constexpr std::uint64_t kSwProtectedBit = 1U << 1;
constexpr std::uint64_t kSevBits = 7U << 2;  // SEV, SEV-ES, SNP.
constexpr std::uint64_t kTdxBit = 1U << 5;

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

// ---- What a host line says ----

// Before it is put together. nullopt: not said.
struct Said {
  std::optional<bool> vm_attributes_config;       // CONFIG_KVM_VM_MEMORY_ATTRIBUTES
  std::optional<bool> generic_attributes_config;  // CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES
  std::optional<bool> vm_attributes_parameter;    // kvm.vm_memory_attributes
  std::optional<bool> in_place_parameter;         // kvm.gmem_in_place_conversion
  std::optional<bool> sw_protected;               // CONFIG_KVM_SW_PROTECTED_VM
  std::optional<bool> intel_tdx;                  // CONFIG_KVM_INTEL_TDX
  std::optional<bool> amd_sev;                    // CONFIG_KVM_AMD_SEV
  std::optional<bool> tdp;                        // hw.tdp
  std::optional<unsigned> maxphyaddr;             // hw.maxphyaddr
  bool pvm = false;                               // hw.vendor=pvm

  // The kernel was built with a VM type that has private memory, of those that it knows.
  bool has_private_types(bool knows_trust_domains) const {
    const bool tdx = knows_trust_domains && intel_tdx.value_or(true);
    return !pvm && (sw_protected.value_or(true) || tdx || amd_sev.value_or(true));
  }
};

struct BoolSetting {
  std::string_view name;
  std::optional<bool> Said::* value;
};
constexpr auto kBoolSettings = std::to_array<BoolSetting>({
    {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", &Said::vm_attributes_config},
    {"CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES", &Said::generic_attributes_config},
    {"kvm.vm_memory_attributes", &Said::vm_attributes_parameter},
    {"kvm.gmem_in_place_conversion", &Said::in_place_parameter},
    {"CONFIG_KVM_SW_PROTECTED_VM", &Said::sw_protected},
    {"CONFIG_KVM_INTEL_TDX", &Said::intel_tdx},
    {"CONFIG_KVM_AMD_SEV", &Said::amd_sev},
    {"hw.tdp", &Said::tdp},
});

std::expected<void, HostError> Say(Said& said, const std::string& name, const std::string& text) {
  for (const BoolSetting& setting : kBoolSettings) {
    if (name != setting.name) continue;
    said.*setting.value = Bool(text);
    if (!(said.*setting.value)) return Impossible(name + " is y or n");
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

// ---- Revisions ----
//
// Each has its own way to say who tracks attributes, and what follows from that.

using Decided = std::expected<void, HostError>;

// Before the series: VMs, wherever there are types with private memory.
Decided DecideBefore(const Said& said, bool has_private_types, Host& host) {
  if (said.vm_attributes_config || said.vm_attributes_parameter || said.in_place_parameter) {
    return Impossible("this revision doesn't know the setting");
  }
  if (said.generic_attributes_config.value_or(has_private_types) != has_private_types) {
    return Impossible("CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES follows from others");
  }
  host.tracker = has_private_types ? Tracker::kVms : Tracker::kNobody;
  host.vms_take_attributes = has_private_types;
  host.has_private_memory = has_private_types;
  return {};
}

// CONFIG_KVM_VM_MEMORY_ATTRIBUTES, which is off unless somebody turns it on.
std::expected<bool, HostError> VmAttributesConfig(const Said& said, bool has_private_types) {
  if (said.generic_attributes_config) return Impossible("this revision doesn't know the setting");
  const bool config = said.vm_attributes_config.value_or(false);
  if (config && !has_private_types) {
    return Impossible("the symbol depends on a VM type with private memory");
  }
  return config;
}

// With the symbol the parameter decides, on by default; x86 has the hook in any case.
Decided DecideRfcV4(const Said& said, bool has_private_types, Host& host) {
  const auto config = VmAttributesConfig(said, has_private_types);
  if (!config) return std::unexpected(config.error());
  if (said.in_place_parameter) return Impossible("this revision doesn't know the setting");
  if (said.vm_attributes_parameter && !*config) {
    return Impossible("kvm.vm_memory_attributes needs CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y");
  }
  const bool in_vms = *config && said.vm_attributes_parameter.value_or(true);
  host.tracker = in_vms ? Tracker::kVms : Tracker::kFiles;
  host.vms_take_attributes = in_vms;
  host.has_private_memory = host.arch.tells_accesses_apart;
  host.files_zap_both_kinds = true;
  return {};
}

// Without types with private memory nobody tracks anything. With them files do, unless the symbol
// leaves it to the parameter, which is off by default.
Decided DecideMerged(const Said& said, bool has_private_types, Host& host) {
  const auto config = VmAttributesConfig(said, has_private_types);
  if (!config) return std::unexpected(config.error());
  if (said.vm_attributes_parameter) return Impossible("this revision doesn't know the setting");
  if (said.in_place_parameter && !*config) {
    return Impossible("kvm.gmem_in_place_conversion needs CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y");
  }
  const bool in_place = has_private_types && said.in_place_parameter.value_or(!*config);
  if (in_place) host.tracker = Tracker::kFiles;
  if (!in_place && *config) host.tracker = Tracker::kVms;
  host.vms_take_attributes = *config;
  host.has_private_memory = has_private_types;
  host.files_zap_both_kinds = in_place;
  host.files_serve_all_faults = in_place;
  host.populates_in_place = in_place;
  return {};
}

struct Revision {
  std::string_view name;
  Rules rules;
  Decided (*decide)(const Said& said, bool has_private_types, Host& host);
};

constexpr Rules kRulesOfLinux612 = {
    .files_are_private = true,
    .files_may_execute = true,
    .has_trust_domains = false,
    .bindings_end_signed = false,
};
constexpr Rules kRulesOfRfcV4 = {
    .vms_take_attributes2 = true,
    .has_content_modes = true,
    .error_offset_must_be_0 = true,
    .cap_attributes2 = 248,
    .cap_file_attributes = 249,
    .cap_content_modes = 250,
};
constexpr Rules kRulesOfMerged = {
    .conversions_need_private_memory = true,
    .conversions_zap_one_kind = true,
    .bindings_end_signed = false,
    .bindings_are_committed = true,
    .cap_file_attributes = 252,
    .cap_pmu_strict = 251,
};
constexpr auto kRevisions = std::to_array<Revision>({
    {"linux-6.12", kRulesOfLinux612, DecideBefore},
    {"linux-6.18", Rules(), DecideBefore},
    {"linux-7.0", Rules(), DecideBefore},
    {"rfc-v4", kRulesOfRfcV4, DecideRfcV4},
    {"next-20260923", kRulesOfMerged, DecideMerged},
});

// ---- Architectures ----

constexpr Architecture kArm64 = {
    .unknown_vm_ioctl = uapi::Errno::kEINVAL,
    .tells_accesses_apart = false,
    .has_pre_fault = false,
    .has_enable_cap_on_vcpus = false,
    .types_are_address_bits = true,
    .beyond_guest_addresses = uapi::Errno::kEFAULT,
    .binds_mappable_files_only = true,
    .has_pmu_caps = true,
    .user_slots = 32767,
    .vcpu_ids = 512,
    .max_vcpus = 512,
};
constexpr unsigned kArm64GpaBits = 48;  // hw.ipa_bits.

std::expected<Host, HostError> MakeX86(const Revision& revision, const Said& said) {
  Host host;
  host.rules = revision.rules;
  const bool has_private_types = said.has_private_types(host.rules.has_trust_domains);
  const Decided decided = revision.decide(said, has_private_types, host);
  if (!decided) return std::unexpected(decided.error());
  if (said.pvm && said.tdp.value_or(false)) return Impossible("kvm_pvm shadows page tables");
  // Without a VM type that selects it there is no guest_memfd.
  if (!has_private_types && host.rules.files_are_private) {
    return NotModelled("the twin has guest_memfd everywhere");
  }
  host.tdp = said.tdp.value_or(!said.pvm);
  host.has_smm = !said.pvm;
  host.gpa_bits = host.tdp ? said.maxphyaddr.value_or(host.gpa_bits) : 52;
  host.vm_types = kDefaultBit;
  if (!host.tdp) return host;  // Every other type needs them.
  if (said.sw_protected.value_or(true)) host.vm_types |= kSwProtectedBit;
  if (said.amd_sev.value_or(true)) host.vm_types |= kSevBits;
  if (host.rules.has_trust_domains && said.intel_tdx.value_or(true)) host.vm_types |= kTdxBit;
  return host;
}

std::expected<Host, HostError> MakeArm64(const Revision& revision, const Settings& settings) {
  if (!settings.empty()) return NotModelled("the twin knows arm64 only as it is by default");
  if (revision.rules.files_are_private) return NotModelled("the twin has guest_memfd everywhere");
  Host host;
  host.arch = kArm64;
  host.rules = revision.rules;
  const Decided decided = revision.decide(Said(), /*has_private_types=*/false, host);
  if (!decided) return std::unexpected(decided.error());
  host.gpa_bits = kArm64GpaBits;
  return host;
}

}  // namespace

std::expected<Host, HostError> MakeHost(std::string_view arch, std::string_view revision,
                                        const Settings& settings) {
  const Revision* found = nullptr;
  for (const Revision& each : kRevisions) {
    if (each.name == revision) found = &each;
  }
  if (found == nullptr) return NotModelled("the twin has no revision " + std::string(revision));
  if (arch == "arm64") return MakeArm64(*found, settings);
  if (arch != "x86") return NotModelled("the twin is of x86 and arm64");
  Said said;
  std::set<std::string> names;
  for (const auto& [name, value] : settings) {
    if (!names.insert(name).second) return Impossible(name + " is set twice");
    if (const auto ok = Say(said, name, value); !ok) return std::unexpected(ok.error());
  }
  return MakeX86(*found, said);
}

}  // namespace kvm_model::twin
