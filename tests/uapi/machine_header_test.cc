// Holds the tables of uapi/ to this machine's <linux/kvm.h>: the header's own text is read and each
// of its definitions is looked for in our tables.
//
// The text, not the compiler, gives the values, because half of the header's ioctls name structs
// that exist on other architectures only. A definition that cannot be read as a number or an ioctl
// is outside our tables' kinds and must be listed like any other that we don't have.

#include <linux/kvm.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/uapi/machine_kvm.h"
#include "tests/uapi/tsv.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/header_version.h"
#include "uapi/ioctls.h"

namespace kvm_model::uapi {
namespace {

constexpr char kHeader[] = "/usr/include/linux/kvm.h";

// The newest capability of Linux 6.1's header, for which unlisted_names.tsv is written.
constexpr int kListedHeadersLastCapability = 223;

using Definitions = std::map<std::string, std::string>;

// What the header defines without parameters: name and text, continued lines joined, comments cut.
Definitions ReadDefinitions() {
  std::ifstream file(kHeader);
  const std::regex define(R"(^\s*#\s*define\s+(\w+)\s+(.+)$)");
  const std::regex comment(R"(\s*/\*.*$)");
  Definitions definitions;
  std::string line;
  while (std::getline(file, line)) {
    std::string more;
    while (line.ends_with('\\') && std::getline(file, more)) {
      line.pop_back();
      line += more;
    }
    std::smatch match;
    if (!std::regex_match(line, match, define)) continue;
    definitions[match[1]] = std::regex_replace(match[2].str(), comment, "");
  }
  return definitions;
}

// The value of "7", "0xAE", "(1 << 2)", "(1ULL << 3)", "_BITUL(1)" or a shift by one of the names
// that the header gives to the bits of KVM_IOEVENTFD.
std::optional<std::uint64_t> ValueOf(const std::string& text) {
  static const std::regex number(R"(\(?(0x[0-9a-fA-F]+|\d+)[uUlL]*\)?\s*)");
  static const std::regex shift(R"(\(\s*(\d+)[uUlL]*\s*<<\s*(\d+)\s*\)\s*)");
  static const std::regex bit(R"(_BITU?L*\((\d+)\)\s*)");
  static const std::regex named_shift(R"(\(1 << (kvm_ioeventfd_flag_nr_\w+)\)\s*)");
  static const std::map<std::string, int> named_bits = {
      {"kvm_ioeventfd_flag_nr_datamatch", kvm_ioeventfd_flag_nr_datamatch},
      {"kvm_ioeventfd_flag_nr_pio", kvm_ioeventfd_flag_nr_pio},
      {"kvm_ioeventfd_flag_nr_deassign", kvm_ioeventfd_flag_nr_deassign},
      {"kvm_ioeventfd_flag_nr_virtio_ccw_notify", kvm_ioeventfd_flag_nr_virtio_ccw_notify},
  };
  std::smatch match;
  if (std::regex_match(text, match, named_shift))
    return std::uint64_t{1} << named_bits.at(match[1]);
  if (std::regex_match(text, match, number)) return std::stoull(match[1], nullptr, 0);
  if (std::regex_match(text, match, shift)) return std::stoull(match[1]) << std::stoi(match[2]);
  if (std::regex_match(text, match, bit)) return std::uint64_t{1} << std::stoi(match[1]);
  return std::nullopt;
}

struct IoctlText {
  Direction direction;
  std::uint64_t nr;
  std::string argument;  // The type that the kernel takes the size of; "" for none.
};

// "_IOWR(KVMIO, 0xe0, struct kvm_create_device)" taken apart.
std::optional<IoctlText> IoctlOf(const std::string& text) {
  static const std::regex ioctl(
      R"((_IO|_IOR|_IOW|_IOWR)\(\s*KVMIO\s*,\s*(0x[0-9a-fA-F]+)\s*(?:,\s*([^)]*?)\s*)?\)\s*)");
  static const std::map<std::string, Direction> directions = {{"_IO", Direction::kNone},
                                                              {"_IOR", Direction::kRead},
                                                              {"_IOW", Direction::kWrite},
                                                              {"_IOWR", Direction::kReadWrite}};
  std::smatch match;
  if (!std::regex_match(text, match, ioctl)) return std::nullopt;
  return IoctlText{directions.at(match[1]), std::stoull(match[2], nullptr, 0), match[3]};
}

// The size in bytes of an ioctl's argument. Not known for structs that other architectures own.
std::optional<std::size_t> SizeOf(std::string_view type) {
  if (type.empty()) return 0;
  for (const MachineNumber* row = kMachineArgumentSizes; row->name != nullptr; ++row) {
    if (type == row->name) return row->value;
  }
  return std::nullopt;
}

// Every named number of uapi/constants.h by its kernel name.
std::map<std::string, std::uint64_t> OurConstants() {
  std::map<std::string, std::uint64_t> constants = {
      {"KVM_API_VERSION", std::uint64_t{kApiVersion}},
      {"KVMIO", kKvmio},
      {"KVM_VM_TYPE_ARM_IPA_SIZE_MASK", kVmTypeArmIpaSizeMask},
  };
  for (const std::span<const FlagName> table :
       {std::span<const FlagName>(kMemRegionFlags),
        std::span<const FlagName>(kMemoryAttributeFlags),
        std::span<const FlagName>(kSetMemoryAttributes2Flags),
        std::span<const FlagName>(kMemoryExitFlags), std::span<const FlagName>(kGuestMemfdFlags),
        std::span<const FlagName>(kDirtyLogManualFlags), std::span<const FlagName>(kDirtyGfnFlags),
        std::span<const FlagName>(kIrqfdFlags), std::span<const FlagName>(kIoeventfdFlags),
        std::span<const FlagName>(kMsiFlags), std::span<const FlagName>(kCreateDeviceFlags),
        std::span<const FlagName>(kX86DisableExitsFlags),
        std::span<const FlagName>(kMsrExitReasonFlags),
        std::span<const FlagName>(kBusLockDetectionFlags),
        std::span<const FlagName>(kX86NotifyVmexitFlags),
        std::span<const FlagName>(kPmuCapFlags)}) {
    for (const FlagName& flag : table) constants.emplace(flag.name, flag.bit);
  }
  for (const std::span<const ValueName> table :
       {std::span<const ValueName>(kX86VmTypes), std::span<const ValueName>(kS390VmTypes),
        std::span<const ValueName>(kPowerpcVmTypes), std::span<const ValueName>(kMipsVmTypes)}) {
    for (const ValueName& row : table) constants.emplace(row.name, row.value);
  }
  for (std::size_t i = 0; i < kExitReasonNames.size(); ++i) {
    constants.emplace("KVM_EXIT_" + std::string(kExitReasonNames[i]), i);
  }
  return constants;
}

// What came of holding one of the header's definitions beside ours.
enum class Outcome { kCompared, kComparedWithoutSize, kNotOurs };

Outcome Compare(const std::string& name, const std::string& text) {
  if (name.starts_with("KVM_CAP_")) {
    const std::optional<int> number = CapabilityNumberIn(name, HeaderVersion::kNext20260923);
    if (!number.has_value()) return Outcome::kNotOurs;
    EXPECT_EQ(ValueOf(text), static_cast<std::uint64_t>(*number)) << name;
    return Outcome::kCompared;
  }
  if (const std::optional<IoctlId> id = IoctlByName(name); id.has_value()) {
    const std::optional<IoctlText> machine = IoctlOf(text);
    EXPECT_TRUE(machine.has_value()) << name << ' ' << text;
    if (!machine.has_value()) return Outcome::kCompared;
    const IoctlDef& ours = GetIoctl(*id);
    EXPECT_EQ(machine->direction, ours.direction) << name;
    EXPECT_EQ(machine->nr, ours.nr) << name;
    const std::optional<std::size_t> size = SizeOf(machine->argument);
    if (!size.has_value()) return Outcome::kComparedWithoutSize;
    EXPECT_EQ(*size, ours.size) << name;
    return Outcome::kCompared;
  }
  static const std::map<std::string, std::uint64_t> constants = OurConstants();
  const auto found = constants.find(name);
  if (found == constants.end()) return Outcome::kNotOurs;
  EXPECT_EQ(ValueOf(text), found->second) << name << ' ' << text;
  return Outcome::kCompared;
}

// Whether a line of unlisted_names.tsv covers a definition: by its name, or, unless it is an ioctl,
// by a prefix and '*'.
bool Covers(std::string_view pattern, std::string_view name, const std::string& text) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern) && !IoctlOf(text).has_value();
}

// Whether unlisted_names.tsv is about this machine's header.
bool IsListedHeader(const Definitions& definitions) {
  const HeaderVersion any_later = HeaderVersion::kLinux612;
  const auto has = [&](int number) {
    return definitions.contains(std::string(CapabilityNameIn(number, any_later)));
  };
  return has(kListedHeadersLastCapability) && !has(kListedHeadersLastCapability + 1);
}

TEST(MachineHeaderTest, EveryDefinitionThatWeHaveToo) {
  const Definitions definitions = ReadDefinitions();
  ASSERT_GT(definitions.size(), 500U) << kHeader;
  int compared = 0;
  for (const auto& [name, text] : definitions) {
    if (Compare(name, text) != Outcome::kNotOurs) ++compared;
  }
  EXPECT_GT(compared, 300);
}

TEST(MachineHeaderTest, EveryDefinitionIsOursOrListedAndTheListHasNothingElse) {
  const Definitions definitions = ReadDefinitions();
  if (!IsListedHeader(definitions)) GTEST_SKIP() << "the list is for Linux 6.1's header";
  const auto list = ReadTsv("tests/uapi/unlisted_names.tsv");
  ASSERT_FALSE(list.empty());
  std::set<std::string> unused;
  for (const auto& row : list) unused.insert(row[0]);
  for (const auto& [name, text] : definitions) {
    switch (Compare(name, text)) {
      case Outcome::kCompared:
        break;
      case Outcome::kComparedWithoutSize:
        ADD_FAILURE() << name << " takes an argument of unknown size: " << text;
        break;
      case Outcome::kNotOurs: {
        const auto line =
            std::ranges::find_if(list, [&](const auto& row) { return Covers(row[0], name, text); });
        if (line == list.end()) {
          ADD_FAILURE() << name << " is neither ours nor listed: " << text;
        } else {
          unused.erase((*line)[0]);
        }
        break;
      }
    }
  }
  for (const std::string& pattern : unused) ADD_FAILURE() << pattern << " covers nothing";
}

TEST(MachineHeaderTest, ConstantsThatTheHeaderNamesOtherwise) {
  EXPECT_EQ(kIoeventfdFlagFastMmio, 1U << kvm_ioeventfd_flag_nr_fast_mmio);
#ifdef __x86_64__
  EXPECT_EQ(kDirtyLogPageOffset, KVM_DIRTY_LOG_PAGE_OFFSET);
  EXPECT_EQ(kPioPageOffset, KVM_PIO_PAGE_OFFSET);
  EXPECT_EQ(kX86CoalescedMmioPageOffset, KVM_COALESCED_MMIO_PAGE_OFFSET);
#endif
}

}  // namespace
}  // namespace kvm_model::uapi
