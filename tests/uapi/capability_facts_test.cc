#include "uapi/capability_facts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/uapi/tsv.h"
#include "uapi/capabilities.h"
#include "uapi/flags.h"
#include "uapi/header_version.h"

namespace kvm_model::uapi {
namespace {

using enum CapabilityValueKind;

constexpr std::string_view kArchs[] = {"x86",       "arm64",   "riscv", "s390",
                                       "loongarch", "powerpc", "mips"};

// ---- The rows ----

TEST(CapabilityFactsTest, EveryNameOfANumberHasItsRowInTheSameOrder) {
  ASSERT_EQ(AllCapabilityFacts().size(), AllCapabilities().size());
  for (std::size_t i = 0; i < AllCapabilities().size(); ++i) {
    EXPECT_EQ(AllCapabilityFacts()[i].name, AllCapabilities()[i].name);
  }
}

TEST(CapabilityFactsTest, EveryNumberHasFactsOrWasNeverGivenOut) {
  std::set<int> numbers;
  for (std::size_t i = 0; i < AllCapabilityFacts().size(); ++i) {
    numbers.insert(AllCapabilities()[i].number);
  }
  for (int number = 0; number <= kMaxCapability; ++number) {
    const bool gap = std::ranges::find(CapabilityGaps(), number) != CapabilityGaps().end();
    EXPECT_NE(numbers.contains(number), gap) << number;
  }
}

TEST(CapabilityFactsTest, ANumberThatChangedHandsHasFactsUnderEachName) {
  for (const auto& [number, names] : std::map<int, std::vector<std::string_view>>{
           {248, {"KVM_CAP_MEMORY_ATTRIBUTES2", "KVM_CAP_S390_VSIE_ESAMODE"}},
           {249, {"KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", "KVM_CAP_S390_HPAGE_2G"}},
           {250, {"KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", "KVM_CAP_PPC_COMPAT_CAPS"}}}) {
    for (const std::string_view name : names) {
      const CapabilityFacts* facts = FindCapabilityFacts(number, name);
      ASSERT_NE(facts, nullptr) << name;
      EXPECT_EQ(facts->name, name);
    }
  }
}

TEST(CapabilityFactsTest, TheNameWithTwoNumbersHasARowForEach) {
  constexpr std::string_view kName = "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES";
  const CapabilityFacts* rfc_v4 = FindCapabilityFacts(249, kName);
  const CapabilityFacts* merged = FindCapabilityFacts(252, kName);
  ASSERT_NE(rfc_v4, nullptr);
  ASSERT_NE(merged, nullptr);
  EXPECT_NE(rfc_v4, merged);
  EXPECT_EQ(FindCapabilityFacts(kName), rfc_v4);
  EXPECT_EQ(rfc_v4->meaning, merged->meaning);
  EXPECT_EQ(rfc_v4->group, merged->group);
}

TEST(CapabilityFactsTest, UnknownNamesAreNotFound) {
  for (const std::string_view name : {"", "KVM_CAP_", "IRQCHIP", "KVM_CAP_irqchip"}) {
    EXPECT_EQ(FindCapabilityFacts(name), nullptr) << name;
  }
  EXPECT_EQ(FindCapabilityFacts(234, "KVM_CAP_GUEST_MEMFD")->name, "KVM_CAP_GUEST_MEMFD");
  EXPECT_EQ(FindCapabilityFacts(233, "KVM_CAP_GUEST_MEMFD"), nullptr);
  EXPECT_EQ(FindCapabilityFacts(5, ""), nullptr);
}

// ---- The texts ----

void ExpectPlainText(std::string_view text, std::string_view name) {
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) << name;
  EXPECT_FALSE(text.starts_with(' ') || text.ends_with(' ')) << name;
  EXPECT_EQ(text.find("  "), std::string_view::npos) << name;
  // Parentheses close before the next one opens.
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    EXPECT_TRUE(depth == 0 || depth == 1) << name;
  }
  EXPECT_EQ(depth, 0) << name;
}

TEST(CapabilityFactsTest, AMeaningIsOneSentence) {
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    const std::string_view meaning = facts.meaning;
    ExpectPlainText(meaning, facts.name);
    ASSERT_GT(meaning.size(), 20U) << facts.name;
    EXPECT_TRUE(meaning.front() >= 'A' && meaning.front() <= 'Z') << facts.name;
    EXPECT_TRUE(meaning.ends_with('.')) << facts.name;
    EXPECT_EQ(meaning.substr(0, meaning.size() - 1).find(". "), std::string_view::npos)
        << facts.name;
    EXPECT_LT(meaning.size(), 220U) << facts.name;
  }
}

TEST(CapabilityFactsTest, AMeaningIsNotSharedWithAnotherName) {
  std::map<std::string_view, std::string_view> names;
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    const auto [first, is_new] = names.emplace(facts.meaning, facts.name);
    EXPECT_TRUE(is_new || first->second == facts.name) << facts.name << " and " << first->second;
  }
}

TEST(CapabilityFactsTest, OnlyANumberHasAUnit) {
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    ExpectPlainText(facts.unit, facts.name);
    if (facts.value != kNumber) {
      EXPECT_EQ(facts.unit, "") << facts.name;
      continue;
    }
    // Two numbers count nothing.
    const bool counts = facts.name != "KVM_CAP_MIPS_64BIT" && facts.name != "KVM_CAP_ARM_USER_IRQ";
    EXPECT_NE(facts.unit.empty(), counts) << facts.name;
  }
}

// ---- The groups ----

TEST(CapabilityGroupTest, EveryGroupHasItsOwnPage) {
  std::set<std::string_view> slugs;
  std::set<std::string_view> titles;
  for (std::size_t i = 0; i < CapabilityGroups().size(); ++i) {
    const CapabilityGroupInfo& info = CapabilityGroups()[i];
    EXPECT_EQ(static_cast<std::size_t>(info.group), i);
    EXPECT_EQ(&GroupInfo(info.group), &info);
    EXPECT_TRUE(std::regex_match(std::string(info.slug), std::regex("[a-z0-9]+(-[a-z0-9]+)*")))
        << info.slug;
    EXPECT_TRUE(slugs.insert(info.slug).second) << info.slug;
    EXPECT_TRUE(titles.insert(info.title).second) << info.title;
    ExpectPlainText(info.title, info.slug);
    ExpectPlainText(info.about, info.slug);
    EXPECT_FALSE(info.title.empty() || info.title.ends_with('.')) << info.slug;
    EXPECT_TRUE(info.about.ends_with('.')) << info.slug;
  }
}

TEST(CapabilityGroupTest, EveryGroupHasCapabilities) {
  std::map<CapabilityGroup, int> sizes;
  for (const CapabilityFacts& facts : AllCapabilityFacts()) ++sizes[facts.group];
  EXPECT_EQ(sizes.size(), CapabilityGroups().size());
  for (const auto& [group, size] : sizes) EXPECT_GE(size, 4) << GroupInfo(group).slug;
}

// ---- What the specification's table says ----

// "x86, arm64" for each way to write it in the table; "" where the document names none.
std::string Architectures(std::string text) {
  if (text.find("currently x86 only") != std::string::npos) return "x86";
  if (text == "none") return "";
  if (text == "x86 SEV enabled") return "x86 with SEV";
  if (text.find(',') == std::string::npos) text = std::regex_replace(text, std::regex(" "), ", ");
  return std::regex_replace(text, std::regex("\\bppc\\b"), "powerpc");
}

std::string JoinNonempty(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

std::vector<std::string> Split(const std::string& text, const std::string& separator) {
  const std::regex pattern(separator);
  std::vector<std::string> parts(std::sregex_token_iterator(text.begin(), text.end(), pattern, -1),
                                 std::sregex_token_iterator());
  std::erase(parts, "");
  return parts;
}

std::string FdName(const std::string& name) {
  static const std::map<std::string, std::string> kNames = {
      {"system", "system"}, {"vm", "VM"}, {"vcpu", "vCPU"}, {"device", "device"}};
  return kNames.at(name.substr(0, name.find(' ')));
}

// "7.21 x86 (vm); 8.26 x86 (info)" as the facts say it.
std::string ExpectedDocumented(const std::string& column) {
  std::vector<std::string> sections;
  for (const std::string& part : Split(column, "; ")) {
    std::smatch match;
    if (!std::regex_match(part, match, std::regex(R"((\S+) (.*) \((vm|vcpu|info)\))"))) return part;
    const std::string fd = match[3] == "info" ? "" : FdName(match[3]);
    sections.push_back(match.str(1) + " (" + JoinNonempty({fd, Architectures(match[2])}, "; ") +
                       ")");
  }
  return JoinNonempty(sections, ", ");
}

// One section's heading may name two ioctls.
std::vector<std::string> IoctlsOfHeading(std::string heading) {
  heading = std::regex_replace(heading, std::regex(R"( \(deprecated\))"), "");
  if (heading == "KVM_(UN)REGISTER_COALESCED_MMIO") {
    return {"KVM_REGISTER_COALESCED_MMIO", "KVM_UNREGISTER_COALESCED_MMIO"};
  }
  // The section says that only the second needs a capability.
  if (heading == "KVM_GET_MSR_INDEX_LIST, KVM_GET_MSR_FEATURE_INDEX_LIST") {
    return {"KVM_GET_MSR_FEATURE_INDEX_LIST"};
  }
  return Split(heading, "/");
}

// "KVM_GET_IRQCHIP [vm ioctl; x86] §4.26 | ..." as the facts say it.
std::string ExpectedGates(const std::string& column) {
  std::vector<std::string> ioctls;
  for (const std::string& part : Split(column, R"( \| )")) {
    std::smatch match;
    if (!std::regex_match(part, match, std::regex(R"((.*) \[(.*); ?(.*)\] §(\S+))"))) return part;
    std::vector<std::string> fds;
    for (const std::string& fd : Split(match[2], ", | / ")) fds.push_back(FdName(fd));
    const std::string where =
        JoinNonempty({JoinNonempty(fds, ", "), Architectures(match[3]), match.str(4)}, "; ");
    for (const std::string& ioctl : IoctlsOfHeading(match[1])) {
      ioctls.push_back(ioctl + " (" + where + ")");
    }
  }
  return JoinNonempty(ioctls, ", ");
}

class SpecificationTest : public testing::Test {
 protected:
  struct Row {
    const CapabilityFacts* facts;
    std::vector<std::string> columns;
  };

  enum Column : std::size_t {
    kNumberColumn,
    kName,
    kIn70,
    kGeneric,
    kArch,
    kEnableVm,
    kEnableVcpu,
    kSections,
    kIoctls,
    kNote = 12,
  };

  void SetUp() override {
    for (auto& columns : ReadTsv("tests/data/caps.tsv")) {
      ASSERT_EQ(columns.size(), 13U) << columns[0];
      const int number = std::stoi(columns[kNumberColumn]);
      const CapabilityFacts* facts = FindCapabilityFacts(number, columns[kName]);
      if (facts == nullptr) {
        EXPECT_NE(std::ranges::find(CapabilityGaps(), number), CapabilityGaps().end()) << number;
      } else {
        rows_.push_back({facts, std::move(columns)});
      }
    }
    ASSERT_EQ(rows_.size(), 247U);
  }

  std::vector<Row> rows_;
};

// Ioctls of a later document than the table's: rfc-v4's 4.145 and the merged 4.145 and 4.146.
const std::map<std::pair<int, std::string_view>, std::string_view> kLaterGates = {
    {{248, "KVM_CAP_MEMORY_ATTRIBUTES2"},
     "KVM_SET_MEMORY_ATTRIBUTES2 (VM, guest_memfd; all; 4.145)"},
    {{250, "KVM_CAP_PPC_COMPAT_CAPS"}, "KVM_PPC_GET_COMPAT_CAPS (VM; powerpc; 4.145)"},
    {{252, "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES"},
     "KVM_SET_MEMORY_ATTRIBUTES2 (guest_memfd; all; 4.146)"},
};

TEST_F(SpecificationTest, SectionsAreThoseOfTheTable) {
  for (const Row& row : rows_) {
    EXPECT_EQ(row.facts->documented, ExpectedDocumented(row.columns[kSections])) << row.facts->name;
  }
}

TEST_F(SpecificationTest, IoctlsAreThoseOfTheTable) {
  for (const Row& row : rows_) {
    const auto later = kLaterGates.find(
        {std::stoi(row.columns[kNumberColumn]), std::string_view(row.columns[kName])});
    if (later != kLaterGates.end()) {
      EXPECT_EQ(row.columns[kIoctls], "") << row.facts->name;
      continue;
    }
    EXPECT_EQ(row.facts->gates, ExpectedGates(row.columns[kIoctls])) << row.facts->name;
  }
}

TEST_F(SpecificationTest, LaterIoctlsAreThoseOfLaterDocuments) {
  for (const auto& [key, gates] : kLaterGates) {
    const CapabilityFacts* facts = FindCapabilityFacts(key.first, key.second);
    ASSERT_NE(facts, nullptr) << key.second;
    EXPECT_EQ(facts->gates, gates);
  }
}

TEST_F(SpecificationTest, EnablingIsWhereTheTableSaysIt) {
  for (const Row& row : rows_) {
    const CapabilityFacts& facts = *row.facts;
    // Newer than the table's kernel; its section is one of those about enabling on a VM.
    const bool later = facts.name == "KVM_CAP_S390_HPAGE_2G";
    EXPECT_EQ(facts.enable_on_vm, later || !row.columns[kEnableVm].empty()) << facts.name;
    EXPECT_EQ(facts.enable_on_vcpu, !row.columns[kEnableVcpu].empty()) << facts.name;
  }
}

TEST_F(SpecificationTest, NothingIsWhatNoKernelAnswers) {
  for (const Row& row : rows_) {
    const bool in_linux70 = row.columns[kIn70] == "yes";
    const bool has_case = !row.columns[kGeneric].empty() || !row.columns[kArch].empty();
    const bool obsolete = row.columns[kNote].starts_with("obsolete");
    EXPECT_EQ(row.facts->value == kNothing, in_linux70 && (!has_case || obsolete))
        << row.facts->name;
  }
}

// ---- The flags ----

std::string Decode(std::string_view name, std::string_view arch, std::uint64_t value) {
  return DecodeFlags(value, CapabilityValueFlags(name, arch));
}

TEST(CapabilityValueFlagsTest, OnlySetsOfBitsHaveNamesOfBits) {
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    const bool bits = facts.value == kFlags || facts.value == kVmTypes;
    const bool has_table = std::ranges::any_of(kArchs, [&](std::string_view arch) {
      return !CapabilityValueFlags(facts.name, arch).empty();
    });
    EXPECT_EQ(has_table, bits) << facts.name;
  }
}

TEST(CapabilityValueFlagsTest, BitsAndNamesAreDistinctAndShortNamesLackAPrefix) {
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    for (const std::string_view arch : kArchs) {
      std::uint64_t seen = 0;
      std::set<std::string_view> names;
      for (const FlagName& flag : CapabilityValueFlags(facts.name, arch)) {
        EXPECT_TRUE(flag.bit != 0 && (flag.bit & (flag.bit - 1)) == 0) << flag.name;
        EXPECT_EQ(seen & flag.bit, 0U) << flag.name;
        seen |= flag.bit;
        EXPECT_TRUE(names.insert(flag.short_name).second) << flag.name;
        // A type of VM loses the _VM at its end, too.
        const std::string_view tail = facts.value == kVmTypes ? "_VM" : "";
        EXPECT_TRUE(flag.name.ends_with(std::string(flag.short_name).append(tail))) << flag.name;
        EXPECT_FALSE(flag.short_name.empty() || flag.short_name.starts_with("KVM_")) << flag.name;
      }
    }
  }
}

TEST(CapabilityValueFlagsTest, ValuesOfRealKernelsDecode) {
  struct Expectation {
    std::string_view name;
    std::string_view arch;
    std::uint64_t value;
    std::string_view decoded;
  };
  const Expectation expectations[] = {
      {"KVM_CAP_X2APIC_API", "x86", 15,
       "USE_32BIT_IDS|DISABLE_BROADCAST_QUIRK|ENABLE_SUPPRESS_EOI_BROADCAST|"
       "DISABLE_SUPPRESS_EOI_BROADCAST"},
      {"KVM_CAP_SET_GUEST_DEBUG2", "x86", 2031619,
       "ENABLE|SINGLESTEP|USE_SW_BP|USE_HW_BP|INJECT_DB|INJECT_BP|BLOCKIRQ"},
      {"KVM_CAP_SET_GUEST_DEBUG2", "arm64", 0x30003, "ENABLE|SINGLESTEP|USE_SW_BP|USE_HW"},
      {"KVM_CAP_SET_GUEST_DEBUG2", "s390", 0x10010003, "ENABLE|SINGLESTEP|USE_HW_BP|EXIT_PENDING"},
      {"KVM_CAP_XEN_HVM", "x86", 0x1B7,
       "HYPERCALL_MSR|INTERCEPT_HCALL|SHARED_INFO|EVTCHN_2LEVEL|EVTCHN_SEND|"
       "PVCLOCK_TSC_UNSTABLE|SHARED_INFO_HVA"},
      {"KVM_CAP_XEN_HVM", "x86", 0x48, "RUNSTATE|RUNSTATE_UPDATE_FLAG"},
      {"KVM_CAP_SYNC_REGS", "x86", 7, "REGS|SREGS|EVENTS"},
      {"KVM_CAP_ADJUST_CLOCK", "x86", 14, "TSC_STABLE|REALTIME|HOST_TSC"},
      {"KVM_CAP_X86_DISABLE_EXITS", "x86", 31, "MWAIT|HLT|PAUSE|CSTATE|APERFMPERF"},
      {"KVM_CAP_X86_BUS_LOCK_EXIT", "x86", 3, "OFF|EXIT"},
      {"KVM_CAP_PMU_CAPABILITY", "x86", 1, "DISABLE"},
      {"KVM_CAP_DISABLE_QUIRKS2", "x86", 0x5FF,
       "LINT0_REENABLED|CD_NW_CLEARED|LAPIC_MMIO_HOLE|OUT_7E_INC_RIP|MISC_ENABLE_NO_MWAIT|"
       "FIX_HYPERCALL_INSN|MWAIT_NEVER_UD_FAULTS|SLOT_ZAP_ALL|STUFF_FEATURE_MSRS|"
       "VMCS12_ALLOW_FREEZE_IN_SMM"},
      {"KVM_CAP_DISABLE_QUIRKS2", "x86", 0xA00, "IGNORE_GUEST_PAT|NESTED_SVM_SHARED_PAT"},
      {"KVM_CAP_EXIT_HYPERCALL", "x86", 4096, "MAP_GPA_RANGE"},
      {"KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2", "mips", 1, "MANUAL_PROTECT_ENABLE"},
      {"KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2", "arm64", 3, "MANUAL_PROTECT_ENABLE|INITIALLY_SET"},
      {"KVM_CAP_MEMORY_ATTRIBUTES", "x86", 8, "PRIVATE"},
      {"KVM_CAP_MEMORY_ATTRIBUTES2", "x86", 8, "PRIVATE"},
      {"KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", "x86", 8, "PRIVATE"},
      {"KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", "arm64", 3, "ZERO|PRESERVE"},
      {"KVM_CAP_GUEST_MEMFD_FLAGS", "arm64", 3, "MMAP|INIT_SHARED"},
      {"KVM_CAP_VM_TYPES", "x86", 0x3F, "DEFAULT|SW_PROTECTED|SEV|SEV_ES|SNP|TDX"},
      {"KVM_CAP_S390_MEM_OP_EXTENSION", "s390", 3, "BASE|CMPXCHG"},
      {"KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", "arm64", 0x40201000, "4K|2M|1G"},
      {"KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", "arm64", 0x02004000, "16K|32M"},
      {"KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES", "arm64", 0x20010000, "64K|512M"},
      {"KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES", "arm64", 1, "FEATURE_ID_RANGE"},
      {"KVM_CAP_PPC_SMT_POSSIBLE", "powerpc", 15, "SMT1|SMT2|SMT4|SMT8"},
  };
  for (const Expectation& expected : expectations) {
    EXPECT_EQ(Decode(expected.name, expected.arch, expected.value), expected.decoded)
        << expected.name << " on " << expected.arch;
  }
}

TEST(CapabilityValueFlagsTest, ABitsNameMayDependOnTheArchitecture) {
  EXPECT_EQ(Decode("KVM_CAP_SET_GUEST_DEBUG2", "x86", 0x10000), "USE_SW_BP");
  EXPECT_EQ(Decode("KVM_CAP_SET_GUEST_DEBUG2", "s390", 0x10000), "USE_HW_BP");
  const CapabilityFacts& sync_regs = *FindCapabilityFacts("KVM_CAP_SYNC_REGS");
  EXPECT_EQ(CapabilityValueKindOn(sync_regs, "x86"), kFlags);
  EXPECT_EQ(CapabilityValueKindOn(sync_regs, "s390"), kBoolean);
  EXPECT_TRUE(CapabilityValueFlags("KVM_CAP_SYNC_REGS", "s390").empty());
}

TEST(CapabilityValueFlagsTest, TheKindOfAValueOtherwiseIsTheSameEverywhere) {
  for (const CapabilityFacts& facts : AllCapabilityFacts()) {
    for (const std::string_view arch : kArchs) {
      const bool as_it_stands = (facts.value != kFlags && facts.value != kVmTypes) ||
                                !CapabilityValueFlags(facts.name, arch).empty();
      EXPECT_EQ(CapabilityValueKindOn(facts, arch), as_it_stands ? facts.value : kBoolean)
          << facts.name << " on " << arch;
    }
  }
}

TEST(CapabilityValueFlagsTest, UnknownNamesAndArchitecturesHaveNone) {
  EXPECT_TRUE(CapabilityValueFlags("XEN_HVM", "x86").empty());
  EXPECT_TRUE(CapabilityValueFlags("", "x86").empty());
  EXPECT_TRUE(CapabilityValueFlags("KVM_CAP_XEN_HVM", "").empty());
}

// ---- What a real kernel answered ----

TEST(RecordedAnswersTest, EveryAnswerIsOfItsKind) {
  // "195 sys=2031619 vm=2031619"; a failed ioctl's answer is negative, and x86 has none.
  std::ifstream file("tests/data/linux-6.18.44-x86-pvm-caps.txt");
  const std::regex pattern(R"((\d+) sys=(\d+) vm=(\d+))");
  std::size_t answers = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, pattern)) continue;
    const std::string_view name = CapabilityNameIn(std::stoi(match[1]), HeaderVersion::kLinux618);
    for (const std::size_t field : {2U, 3U}) {
      const std::uint64_t value = std::stoull(match[field]);
      if (value == 0) continue;
      const CapabilityFacts* facts = FindCapabilityFacts(name);
      ASSERT_NE(facts, nullptr) << line;
      ++answers;
      const CapabilityValueKind kind = CapabilityValueKindOn(*facts, "x86");
      EXPECT_NE(kind, kNothing) << line;
      EXPECT_TRUE(kind != kBoolean || value == 1) << line;
      if (kind == kFlags || kind == kVmTypes) {
        EXPECT_EQ(Decode(name, "x86", value).find("0x"), std::string::npos) << line;
      }
    }
  }
  EXPECT_EQ(answers, 196U);
}

}  // namespace
}  // namespace kvm_model::uapi
