#include "tools/scenario/names.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/header_version.h"
#include "uapi/ioctls.h"

namespace kvm_model::scenario {
namespace {

// DEFAULT is type 0 on every architecture.
constexpr std::string_view kDefaultVmType = "DEFAULT";

// How guest_read and guest_write address memory; the language's own numbers.
constexpr auto kAddressings = std::to_array<uapi::ValueName>({
    {static_cast<std::uint64_t>(Addressing::kAuto), "auto", "auto"},
    {static_cast<std::uint64_t>(Addressing::kShared), "shared", "shared"},
    {static_cast<std::uint64_t>(Addressing::kPrivate), "private", "private"},
});

// No flag at all has a name of its own, which is worth writing where it matters.
constexpr std::string_view kModeUnspecified = "MODE_UNSPECIFIED";

constexpr std::string_view kNoSource = "NULL";

std::span<const uapi::FlagName> FlagTable(NameDomain domain) {
  switch (domain) {
    case NameDomain::kContentMode:
      return uapi::kSetMemoryAttributes2Flags;
    case NameDomain::kFallocateMode:
      return uapi::kFallocateModes;
    case NameDomain::kGuestMemfdFlag:
      return uapi::kGuestMemfdFlags;
    case NameDomain::kMapFlag:
      return uapi::kMmapFlags;
    case NameDomain::kMemoryAttribute:
      return uapi::kMemoryAttributeFlags;
    case NameDomain::kMemoryFaultFlag:
      return uapi::kMemoryExitFlags;
    case NameDomain::kMemslotFlag:
      return uapi::kMemRegionFlags;
    case NameDomain::kProtection:
      return uapi::kMmapProts;
    default:
      return {};
  }
}

std::span<const uapi::ValueName> VmTypes(std::string_view arch) {
  if (arch == "x86") return uapi::kX86VmTypes;
  if (arch == "s390") return uapi::kS390VmTypes;
  if (arch == "powerpc") return uapi::kPowerpcVmTypes;
  if (arch == "mips") return uapi::kMipsVmTypes;
  return {};
}

uapi::Encoding IoctlEncoding(std::string_view arch) {
  return arch == "powerpc" || arch == "mips" ? uapi::Encoding::kPowerpcMips
                                             : uapi::Encoding::kGeneric;
}

std::optional<std::uint64_t> ResolveFlag(std::string_view name,
                                         std::span<const uapi::FlagName> flags) {
  for (const uapi::FlagName& flag : flags) {
    if (name == flag.name || name == flag.short_name) return flag.bit;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ResolveVmType(std::string_view name, std::string_view arch) {
  if (name == kDefaultVmType) return 0;
  return uapi::ValueByName(name, VmTypes(arch));
}

// rw, rx, x ...: each letter at most once, in any order.
std::optional<std::uint64_t> ResolveProtection(std::string_view name) {
  if (name == "none") return uapi::kProtNone;
  std::uint64_t protection = 0;
  for (const char letter : name) {
    const std::uint64_t bit = letter == 'r'   ? uapi::kProtRead
                              : letter == 'w' ? uapi::kProtWrite
                              : letter == 'x' ? uapi::kProtExec
                                              : 0;
    if (bit == 0 || (protection & bit) != 0) return ResolveFlag(name, uapi::kMmapProts);
    protection |= bit;
  }
  return protection;
}

// A name that another revision has is accepted for all: asking an old kernel for a new capability
// is what programs do.
std::optional<std::uint64_t> ResolveCapability(std::string_view name, std::string_view revision) {
  std::optional<int> number;
  const std::optional<uapi::HeaderVersion> header = uapi::HeaderVersionByName(revision);
  if (header) number = uapi::CapabilityNumberIn(name, *header);
  if (!number) number = uapi::CapabilityNumber(name);
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string_view CapabilityName(std::uint64_t number, std::string_view revision) {
  if (number > static_cast<std::uint64_t>(uapi::kMaxCapability)) return "";
  const std::optional<uapi::HeaderVersion> header = uapi::HeaderVersionByName(revision);
  if (header) {
    const std::string_view name = uapi::CapabilityNameIn(static_cast<int>(number), *header);
    if (!name.empty()) return name;
  }
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (static_cast<std::uint64_t>(row.number) == number) return row.name;
  }
  return "";
}

std::optional<std::uint64_t> ResolveIoctl(std::string_view name, std::string_view arch) {
  const std::optional<uapi::IoctlId> id = uapi::IoctlByName(name);
  if (!id || !uapi::HasRequest(*id, IoctlEncoding(arch))) return std::nullopt;
  return uapi::Request(*id, IoctlEncoding(arch));
}

// The header's name of the row that goes by `name`; empty where none does.
template <typename Row>
std::string_view HeaderName(std::span<const Row> rows, std::string_view name) {
  for (const Row& row : rows) {
    if (name == row.name || name == row.short_name) return row.name;
  }
  return "";
}

// PROT_READ and its like, in the order of the header.
std::string SpelledProtection(std::uint64_t protection) {
  std::string text;
  for (const uapi::FlagName& flag : uapi::kMmapProts) {
    if ((protection & flag.bit) == 0) continue;
    absl::StrAppendFormat(&text, "%s%s", text.empty() ? "" : " | ", flag.name);
  }
  return text.empty() ? "PROT_NONE" : text;
}

// The name of a domain whose headers have tables of names; empty for the others.
std::string_view NameInHeader(NameDomain domain, std::string_view name, std::string_view arch) {
  switch (domain) {
    case NameDomain::kAdvice:
      return HeaderName(std::span<const uapi::ValueName>(uapi::kMadviseAdvice), name);
    case NameDomain::kContentMode:
      if (name == kModeUnspecified) return "KVM_SET_MEMORY_ATTRIBUTES2_MODE_UNSPECIFIED";
      return HeaderName(FlagTable(domain), name);
    case NameDomain::kVmType:
      return HeaderName(VmTypes(arch), name);
    case NameDomain::kAddressing:
    case NameDomain::kErrno:
    case NameDomain::kIoctl:
    case NameDomain::kSourceByte:
      return name;
    default:
      return HeaderName(FlagTable(domain), name);
  }
}

std::string FormatVmTypeSet(std::uint64_t set, std::string_view arch) {
  constexpr std::uint64_t kBits = 64;
  std::string text;
  std::uint64_t rest = set;
  const auto add = [&](std::uint64_t type, std::string_view name) {
    const std::uint64_t bit = std::uint64_t{1} << type;
    if ((rest & bit) == 0) return;
    rest &= ~bit;
    absl::StrAppendFormat(&text, "%s%s", text.empty() ? "" : "|", name);
  };
  for (const uapi::ValueName& type : VmTypes(arch)) {
    if (type.value < kBits) add(type.value, type.short_name);
  }
  add(0, kDefaultVmType);
  if (rest != 0) absl::StrAppendFormat(&text, "%s0x%x", text.empty() ? "" : "|", rest);
  return text.empty() ? "0" : text;
}

}  // namespace

std::vector<std::string_view> RevisionNames() {
  std::vector<std::string_view> names;
  for (const uapi::HeaderVersion version : uapi::kHeaderVersions) {
    names.push_back(uapi::HeaderVersionName(version));
  }
  return names;
}

std::optional<std::uint64_t> ResolveName(NameDomain domain, std::string_view name,
                                         const NameContext& context) {
  switch (domain) {
    case NameDomain::kNone:
      return std::nullopt;
    case NameDomain::kAddressing:
      return uapi::ValueByName(name, kAddressings);
    case NameDomain::kCapability:
      return ResolveCapability(name, context.revision);
    case NameDomain::kAdvice:
      return uapi::ValueByName(name, uapi::kMadviseAdvice);
    case NameDomain::kErrno: {
      const std::optional<uapi::Errno> error = uapi::ErrnoByName(name);
      if (!error) return std::nullopt;
      return static_cast<std::uint64_t>(*error);
    }
    case NameDomain::kIoctl:
      return ResolveIoctl(name, context.arch);
    case NameDomain::kProtection:
      return ResolveProtection(name);
    case NameDomain::kSourceByte:
      if (name == kNoSource) return kNoSourceByte;
      return std::nullopt;
    case NameDomain::kVmType:
      return ResolveVmType(name, context.arch);
    case NameDomain::kVmTypeSet: {
      const std::optional<std::uint64_t> type = ResolveVmType(name, context.arch);
      if (!type) return std::nullopt;
      return std::uint64_t{1} << *type;
    }
    case NameDomain::kContentMode:
      if (name == kModeUnspecified) return uapi::kSetMemoryAttributes2ModeUnspecified;
      [[fallthrough]];
    default:
      return ResolveFlag(name, FlagTable(domain));
  }
}

std::vector<std::string_view> NamesIn(NameDomain domain, const NameContext& context) {
  std::vector<std::string_view> names;
  switch (domain) {
    case NameDomain::kAddressing:
      for (const uapi::ValueName& value : kAddressings) names.push_back(value.short_name);
      break;
    case NameDomain::kCapability:
      for (const uapi::CapabilityName& row : uapi::AllCapabilities()) names.push_back(row.name);
      break;
    case NameDomain::kErrno:
      for (int error = 1; error <= static_cast<int>(uapi::Errno::kEHWPOISON); ++error) {
        names.push_back(uapi::ErrnoName(static_cast<uapi::Errno>(error)));
      }
      break;
    case NameDomain::kAdvice:
      for (const uapi::ValueName& advice : uapi::kMadviseAdvice) names.push_back(advice.short_name);
      break;
    case NameDomain::kIoctl:
      for (const uapi::IoctlDef& ioctl : uapi::AllIoctls()) names.push_back(ioctl.name);
      break;
    case NameDomain::kProtection:
      names = {"r", "w", "x", "rw", "rx", "wx", "rwx", "none"};
      break;
    case NameDomain::kSourceByte:
      names.push_back(kNoSource);
      break;
    case NameDomain::kVmType:
    case NameDomain::kVmTypeSet:
      names.push_back(kDefaultVmType);
      for (const uapi::ValueName& type : VmTypes(context.arch)) names.push_back(type.short_name);
      break;
    default:
      for (const uapi::FlagName& flag : FlagTable(domain)) names.push_back(flag.short_name);
  }
  return names;
}

std::string FormatNumber(NameDomain domain, std::uint64_t number, const NameContext& context) {
  if (domain == NameDomain::kVmTypeSet) return FormatVmTypeSet(number, context.arch);
  if (domain == NameDomain::kErrno && number <= static_cast<std::uint64_t>(INT32_MAX)) {
    const std::string_view name = uapi::ErrnoName(static_cast<uapi::Errno>(number));
    if (!name.empty()) return std::string(name);
  }
  const std::span<const uapi::FlagName> flags = FlagTable(domain);
  if (!flags.empty()) return uapi::DecodeFlags(number, flags);
  return absl::StrFormat("%d", number);
}

std::string SpelledInC(NameDomain domain, std::string_view name, const NameContext& context) {
  const std::uint64_t number = ResolveName(domain, name, context).value_or(0);
  if (domain == NameDomain::kProtection) return SpelledProtection(number);
  if (domain == NameDomain::kCapability) {
    return absl::StrFormat("KVM_CAP_%s", uapi::CapabilityShortName(name));
  }
  const std::string_view spelled = NameInHeader(domain, name, context.arch);
  return spelled.empty() ? absl::StrFormat("%d", number) : std::string(spelled);
}

NameDomain CapabilityAnswerDomain(std::uint64_t capability, const NameContext& context) {
  static constexpr auto kDomains = std::to_array<std::pair<std::string_view, NameDomain>>({
      {"KVM_CAP_GUEST_MEMFD_FLAGS", NameDomain::kGuestMemfdFlag},
      {"KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", NameDomain::kMemoryAttribute},
      {"KVM_CAP_MEMORY_ATTRIBUTES", NameDomain::kMemoryAttribute},
      {"KVM_CAP_MEMORY_ATTRIBUTES2", NameDomain::kMemoryAttribute},
      {"KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", NameDomain::kContentMode},
      {"KVM_CAP_VM_TYPES", NameDomain::kVmTypeSet},
  });
  const std::string_view name = CapabilityName(capability, context.revision);
  for (const auto& [capability_name, domain] : kDomains) {
    if (capability_name == name) return domain;
  }
  return NameDomain::kNone;
}

std::string DescribeDomain(NameDomain domain, const NameContext& context) {
  switch (domain) {
    case NameDomain::kNone:
      return "a variable";
    case NameDomain::kAddressing:
      return "auto, shared or private";
    case NameDomain::kAdvice:
      return "an advice of madvise";
    case NameDomain::kCapability:
      return "a capability";
    case NameDomain::kContentMode:
      return "a flag of set_memory_attributes2";
    case NameDomain::kErrno:
      return "an errno";
    case NameDomain::kFallocateMode:
      return "a mode of fallocate";
    case NameDomain::kGuestMemfdFlag:
      return "a flag of guest_memfd";
    case NameDomain::kIoctl:
      return absl::StrFormat("an ioctl of %s", context.arch);
    case NameDomain::kMapFlag:
      return "a flag of mmap";
    case NameDomain::kMemoryAttribute:
      return "a memory attribute";
    case NameDomain::kMemoryFaultFlag:
      return "a flag of a memory fault";
    case NameDomain::kMemslotFlag:
      return "a flag of a memslot";
    case NameDomain::kProtection:
      return "a protection (r, w, x together, or none)";
    case NameDomain::kSourceByte:
      return "NULL";
    case NameDomain::kVmType:
    case NameDomain::kVmTypeSet:
      return absl::StrFormat("a VM type of %s", context.arch);
  }
  return "";
}

}  // namespace kvm_model::scenario
