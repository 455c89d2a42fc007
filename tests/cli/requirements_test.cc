#include "tools/cli/requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/embedded_file.h"
#include "tools/scenario/names.h"
#include "uapi/capabilities.h"
#include "uapi/errno.h"

namespace kvm_model::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

RequirementList Parsed(std::string_view text) {
  const auto list = ParseRequirements(text, "list");
  if (list.has_value()) return *list;
  for (const std::string& error : list.error()) ADD_FAILURE() << error;
  return {};
}

std::vector<std::string> Errors(std::string_view text) {
  const auto list = ParseRequirements(text, "list");
  if (!list.has_value()) return list.error();
  ADD_FAILURE() << "no error in: " << text;
  return {};
}

// The one requirement of a list.
Requirement One(std::string_view text) {
  const RequirementList list = Parsed(text);
  if (list.requirements.size() == 1) return list.requirements[0];
  ADD_FAILURE() << list.requirements.size() << " requirements in: " << text;
  return {};
}

// --- What a list may say.

TEST(RequirementsParser, ReadsEverythingThatAListMaySay) {
  const RequirementList list = Parsed(
      "# A comment.\n"
      "\n"
      "program QEMU 10.2 # and this is part of the name\n"
      "  source  https://example.org/a#b, kvm-all.c  \n"
      "architectures x86 arm64\n"
      "KVM_CAP_USER_MEMORY # a comment\n"
      "NR_MEMSLOTS >= 32 on system\n"
      "arch x86\n"
      "\toptional KVM_CAP_GUEST_MEMFD_FLAGS has MMAP|0x2 on vm\r\n"
      "arch all\n"
      "KVM_CAP_IRQFD>=0x10");
  EXPECT_EQ(list.program, "QEMU 10.2 # and this is part of the name");
  EXPECT_EQ(list.source, "https://example.org/a#b, kvm-all.c");
  EXPECT_THAT(list.architectures, ElementsAre("x86", "arm64"));
  ASSERT_THAT(list.requirements, SizeIs(4));

  const Requirement& memory = list.requirements[0];
  EXPECT_EQ(memory.capability, "KVM_CAP_USER_MEMORY");
  EXPECT_EQ(memory.test, RequirementTest::kPositive);
  EXPECT_EQ(memory.scope, RequirementScope::kSystem);
  EXPECT_FALSE(memory.optional);
  EXPECT_EQ(memory.arch, "");
  EXPECT_EQ(memory.line, 6);

  const Requirement& slots = list.requirements[1];
  EXPECT_EQ(slots.capability, "KVM_CAP_NR_MEMSLOTS");
  EXPECT_EQ(slots.test, RequirementTest::kAtLeast);
  EXPECT_EQ(slots.value, 32u);
  EXPECT_EQ(slots.scope, RequirementScope::kSystem);

  const Requirement& flags = list.requirements[2];
  EXPECT_EQ(flags.test, RequirementTest::kHas);
  EXPECT_EQ(flags.value, 3u);
  EXPECT_EQ(flags.scope, RequirementScope::kVm);
  EXPECT_TRUE(flags.optional);
  EXPECT_EQ(flags.arch, "x86");
  EXPECT_EQ(ToString(flags), "KVM_CAP_GUEST_MEMFD_FLAGS has MMAP|0x2 on vm");

  const Requirement& irqfd = list.requirements[3];
  EXPECT_EQ(irqfd.value, 16u);
  EXPECT_EQ(irqfd.arch, "");
  EXPECT_EQ(ToString(irqfd), "KVM_CAP_IRQFD >= 0x10");
}

TEST(RequirementsParser, TakesEachRevisionsNames) {
  EXPECT_EQ(One("MEMORY_ATTRIBUTES2").capability, "KVM_CAP_MEMORY_ATTRIBUTES2");
  EXPECT_EQ(One("KVM_CAP_S390_VSIE_ESAMODE").capability, "KVM_CAP_S390_VSIE_ESAMODE");
}

TEST(RequirementsParser, TakesFlagsByBothTheirNamesAndOnTheirArchitecture) {
  EXPECT_EQ(One("GUEST_MEMFD_FLAGS has GUEST_MEMFD_FLAG_MMAP").value, 1u);
  EXPECT_EQ(One("GUEST_MEMFD_FLAGS has MMAP|INIT_SHARED").value, 3u);
  EXPECT_EQ(One("VM_TYPES has SNP").value, 0x10u);
  EXPECT_EQ(One("arch x86\nSET_GUEST_DEBUG2 has USE_HW_BP").value, 0x20000u);
  EXPECT_EQ(One("arch s390\nSET_GUEST_DEBUG2 has USE_HW_BP").value, 0x10000u);
}

TEST(RequirementsParser, TakesNumbersUpToTheGreatestAnswer) {
  EXPECT_EQ(One("IRQCHIP >= 0").value, 0u);
  EXPECT_EQ(One("IRQCHIP >= 9223372036854775807").value, 0x7fffffffffffffffu);
  EXPECT_EQ(One("IRQCHIP >= 0x7fffffffffffffff").value, 0x7fffffffffffffffu);
  EXPECT_EQ(One("IRQCHIP has 0X10").value, 16u);
}

TEST(RequirementsParser, SkipsAByteOrderMarkAndAnyBytesInComments) {
  EXPECT_EQ(One("\xef\xbb\xbf# \xff\x01\nIRQCHIP # \xc3\xa9").line, 2);
}

// --- What is wrong with a list.

struct Malformed {
  std::string_view situation;
  std::string_view text;
  std::string_view error;

  friend void PrintTo(const Malformed& row, std::ostream* out) { *out << row.situation; }
};

class MalformedList : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedList, IsRefusedWithThisMessage) {
  EXPECT_THAT(Errors(GetParam().text), ElementsAre(GetParam().error));
}

using namespace std::string_view_literals;  // some texts hold NUL bytes

constexpr Malformed kMalformed[] = {
    {"Empty", "", "list:1:1: no requirement in this list"},
    {"OnlyHeaders", "program p\nsource s\narch x86\n# no more\n",
     "list:1:1: no requirement in this list"},
    {"UnknownCapability", "# \nKVM_CAP_FROBNICATE_TWICE",
     "list:2:1: unknown capability 'KVM_CAP_FROBNICATE_TWICE'"},
    {"MisspeltCapability", "  KVM_CAP_GUEST_MEMFT",
     "list:1:3: unknown capability 'KVM_CAP_GUEST_MEMFT'; did you mean KVM_CAP_GUEST_MEMFD?"},
    {"MisspeltShortCapability", "optional USER_MEMROY2",
     "list:1:10: unknown capability 'USER_MEMROY2'; did you mean USER_MEMORY2?"},
    {"LowerCaseCapability", "irqchip",
     "list:1:1: unknown capability 'irqchip'; did you mean IRQCHIP?"},
    {"MisspeltKeyword", "progam QEMU",
     "list:1:1: unknown capability 'progam'; did you mean program?"},
    {"CapabilityNumber", "234", "list:1:1: unknown capability '234'"},
    {"PrefixAlone", "KVM_CAP_", "list:1:1: unknown capability 'KVM_CAP_'"},
    {"OptionalAlone", "optional # nothing", "list:1:9: 'optional' needs a capability after it"},
    {"UnknownOperator", "IRQCHIP == 1",
     "list:1:9: expected '>=', 'has', 'on' or the end of the line, found '=='"},
    {"LeastWithoutNumber", "IRQCHIP >=", "list:1:11: '>=' needs a number after it"},
    {"LeastNegative", "IRQCHIP >= -1", "list:1:12: '-1' is no number from 0 to 2^63 - 1"},
    {"LeastWithSign", "IRQCHIP >= +1", "list:1:12: '+1' is no number from 0 to 2^63 - 1"},
    {"LeastTooGreat", "IRQCHIP >= 9223372036854775808",
     "list:1:12: '9223372036854775808' is no number from 0 to 2^63 - 1"},
    {"LeastFarTooGreat", "IRQCHIP >= 0x10000000000000000",
     "list:1:12: '0x10000000000000000' is no number from 0 to 2^63 - 1"},
    {"LeastNoDigits", "IRQCHIP >= 0x", "list:1:12: '0x' is no number from 0 to 2^63 - 1"},
    {"LeastWord", "IRQCHIP >= many", "list:1:12: 'many' is no number from 0 to 2^63 - 1"},
    {"LeastTwice", "IRQCHIP >= >= 1", "list:1:12: '>=' is no number from 0 to 2^63 - 1"},
    {"HasNothing", "GUEST_MEMFD_FLAGS has", "list:1:22: 'has' needs flags or a number after it"},
    {"HasUnknownFlag", "GUEST_MEMFD_FLAGS has MMAP|INIT_SHARD",
     "list:1:28: unknown flag 'INIT_SHARD' of KVM_CAP_GUEST_MEMFD_FLAGS; did you mean "
     "INIT_SHARED?"},
    {"HasFarFromAnyFlag", "GUEST_MEMFD_FLAGS has FROBNICATE",
     "list:1:23: unknown flag 'FROBNICATE' of KVM_CAP_GUEST_MEMFD_FLAGS"},
    {"HasFlagOfACapabilityWithoutFlags", "IRQCHIP has SOMETHING",
     "list:1:13: 'SOMETHING' is no number of at most 63 bits, and KVM_CAP_IRQCHIP has no named "
     "flags"},
    {"HasFlagOnAnArchitectureWithoutFlags", "arch mips\nIRQCHIP has SOMETHING",
     "list:2:13: 'SOMETHING' is no number of at most 63 bits, and KVM_CAP_IRQCHIP has no named "
     "flags on mips"},
    {"HasFlagThatDiffersByArchitecture", "SET_GUEST_DEBUG2 has USE_HW_BP",
     "list:1:22: 'USE_HW_BP' means different bits on different architectures: name one first"},
    {"HasZero", "GUEST_MEMFD_FLAGS has 0", "list:1:23: '0' has no bits to look for"},
    {"HasTooGreat", "IRQCHIP has 0x8000000000000000",
     "list:1:13: '0x8000000000000000' is no number of at most 63 bits, and KVM_CAP_IRQCHIP has no "
     "named flags"},
    {"HasTrailingBar", "GUEST_MEMFD_FLAGS has MMAP|",
     "list:1:28: a flag or a number is missing here"},
    {"HasTwoBars", "GUEST_MEMFD_FLAGS has MMAP||INIT_SHARED",
     "list:1:28: a flag or a number is missing here"},
    {"HasSpacesAroundBar", "GUEST_MEMFD_FLAGS has MMAP | INIT_SHARED",
     "list:1:28: unexpected '|' at the end of the line"},
    {"OnNothing", "IRQCHIP on", "list:1:11: 'on' needs 'system' or 'vm' after it"},
    {"OnVcpu", "IRQCHIP on vcpu", "list:1:12: expected 'system' or 'vm', found 'vcpu'"},
    {"WordsAfterScope", "IRQCHIP on vm >= 1", "list:1:15: unexpected '>=' at the end of the line"},
    {"WordsAfterNumber", "IRQCHIP >= 1 please",
     "list:1:14: unexpected 'please' at the end of the line"},
    {"ScopeWithoutOn", "IRQCHIP system",
     "list:1:9: expected '>=', 'has', 'on' or the end of the line, found 'system'"},
    {"SecondProgram", "program a\nIRQCHIP\nprogram b",
     "list:3:1: a second 'program' line; the first is line 1"},
    {"SecondSource", "source a\nsource a\nIRQCHIP",
     "list:2:1: a second 'source' line; the first is line 1"},
    {"SecondArchitectures", "architectures x86\narchitectures arm64\nIRQCHIP",
     "list:2:1: a second 'architectures' line; the first is line 1"},
    {"SecondVmType", "vm-type SNP\nvm-type TDX\nIRQCHIP",
     "list:2:1: a second 'vm-type' line; the first is line 1"},
    {"VmTypeWithoutAny", "vm-type\nIRQCHIP", "list:1:8: 'vm-type' needs a VM type after it"},
    {"VmTypeTwo", "vm-type SNP TDX\nIRQCHIP", "list:1:13: unexpected 'TDX' at the end of the line"},
    {"ProgramWithoutName", "program \nIRQCHIP", "list:1:8: 'program' needs a text after it"},
    {"SourceWithoutText", "source\nIRQCHIP", "list:1:7: 'source' needs a text after it"},
    {"ArchitecturesWithoutAny", "architectures\nIRQCHIP",
     "list:1:14: 'architectures' needs an architecture after it"},
    {"ArchitecturesUnknown", "architectures x86 sparc\nIRQCHIP",
     "list:1:19: unknown architecture 'sparc'"},
    {"ArchWithoutAny", "arch\nIRQCHIP", "list:1:5: 'arch' needs an architecture or 'all' after it"},
    {"ArchUnknown", "arch arm46\nIRQCHIP",
     "list:1:6: unknown architecture 'arm46'; did you mean arm64?"},
    {"ArchTwo", "arch x86 arm64\nIRQCHIP", "list:1:10: unexpected 'arm64' at the end of the line"},
    {"ArchNotAmongTheArchitectures", "arch riscv\nIRQCHIP\narchitectures x86 arm64",
     "list:1:6: 'riscv' isn't among the architectures of line 3: x86 arm64"},
    {"NulByte", "IRQ\0CHIP"sv,
     "list:1:4: the byte 0x00 may stand in comments only, and this is none"},
    {"NotUtf8", "IRQCHIP\nIRQFD \xff # comment",
     "list:2:7: the byte 0xff may stand in comments only, and this is none"},
    {"ControlByteInProgram", "program a\x1b[0m\nIRQCHIP",
     "list:1:10: the byte 0x1b may stand in comments only, and this is none"},
};

INSTANTIATE_TEST_SUITE_P(Each, MalformedList, ::testing::ValuesIn(kMalformed),
                         [](const auto& instance) {
                           return std::string(instance.param.situation);
                         });

TEST(RequirementsParser, TellsEveryLinesErrorInOrder) {
  EXPECT_THAT(Errors("IRQCHIP on\nIRQFD\narch x87\nIRQFD >= x\n"),
              ElementsAre("list:1:11: 'on' needs 'system' or 'vm' after it",
                          "list:3:6: unknown architecture 'x87'; did you mean x86?",
                          "list:4:10: 'x' is no number from 0 to 2^63 - 1"));
}

TEST(RequirementsParser, TellsASectionsErrorAtItsPlaceAmongTheOthers) {
  EXPECT_THAT(Errors("architectures x86\narch riscv\nIRQCHIP on\n"),
              ElementsAre("list:2:6: 'riscv' isn't among the architectures of line 1: x86",
                          "list:3:11: 'on' needs 'system' or 'vm' after it"));
}

TEST(RequirementsParser, CountsTheErrorsAfterTheTwentieth) {
  std::string text;
  for (int line = 0; line < 25; ++line) text += "IRQCHIP on\n";
  const std::vector<std::string> errors = Errors(text);
  ASSERT_THAT(errors, SizeIs(21));
  EXPECT_THAT(errors[19], StartsWith("list:20:"));
  EXPECT_EQ(errors[20], "list: 5 more lines with errors");
}

TEST(RequirementsParser, CutsALongWordInAMessage) {
  EXPECT_THAT(Errors(std::string(100'000, 'A')),
              ElementsAre("list:1:1: unknown capability '" + std::string(64, 'A') + "...'"));
}

TEST(RequirementsParser, SurvivesRandomTexts) {
  constexpr std::uint32_t kSeed = 20260923;
  SCOPED_TRACE(kSeed);
  const std::vector<std::string> pieces = {"program",
                                           "source",
                                           "architectures",
                                           "arch",
                                           "all",
                                           "x86",
                                           "optional",
                                           "IRQCHIP",
                                           "VM_TYPES",
                                           "has",
                                           ">=",
                                           "on",
                                           "vm",
                                           "|",
                                           "#",
                                           "\n",
                                           " ",
                                           "\t",
                                           "\r",
                                           "0x",
                                           "-1",
                                           "99",
                                           "SNP",
                                           "SNP|TDX",
                                           std::string(1, '\0'),
                                           "\xff",
                                           "\xef\xbb\xbf"};
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto left = random() % 30; left > 0; --left) {
      text += pieces[random() % pieces.size()];
      if (random() % 2 == 0) text += ' ';
    }
    const auto list = ParseRequirements(text, "list");
    if (list.has_value()) {
      EXPECT_FALSE(list->requirements.empty()) << text;
    } else {
      EXPECT_FALSE(list.error().empty()) << text;
    }
  }
}

// --- Whether a host gives what a list wants.

// Answers the same to everything.
AskRequirement Always(RequirementAnswer answer) {
  return [answer](std::string_view, RequirementScope) { return answer; };
}

RequirementResult Check(std::string_view text, RequirementAnswer answer) {
  const RequirementReport report = CheckRequirements(Parsed(text), "x86", Always(answer));
  if (report.results.size() == 1) return report.results[0];
  ADD_FAILURE() << report.results.size() << " results for: " << text;
  return {};
}

struct Checked {
  std::string_view situation;
  std::string_view requirement;
  RequirementAnswer answer;
  RequirementVerdict verdict;
  std::string_view reason;

  friend void PrintTo(const Checked& row, std::ostream* out) { *out << row.situation; }
};

class RequirementCheck : public ::testing::TestWithParam<Checked> {};

TEST_P(RequirementCheck, HasThisVerdictAndReason) {
  const RequirementResult result = Check(GetParam().requirement, GetParam().answer);
  EXPECT_EQ(result.verdict, GetParam().verdict);
  EXPECT_EQ(result.reason, GetParam().reason);
  EXPECT_EQ(result.answer, GetParam().answer);
}

constexpr auto kMet = RequirementVerdict::kMet;
constexpr auto kMissing = RequirementVerdict::kMissing;
constexpr auto kUnknown = RequirementVerdict::kUnknown;

const Checked kChecked[] = {
    {"Positive", "IRQCHIP", RequirementAnswer::Value(1), kMet, "answers 1"},
    {"Zero", "IRQCHIP", RequirementAnswer::Value(0), kMissing, "answers 0"},
    {"Negative", "IRQCHIP", RequirementAnswer::Value(-3), kMissing, "answers -3"},
    {"Enough", "NR_MEMSLOTS >= 32", RequirementAnswer::Value(32), kMet, "answers 32, at least 32"},
    {"TooFew", "NR_MEMSLOTS >= 32", RequirementAnswer::Value(31), kMissing,
     "answers 31, less than 32"},
    {"NegativeIsLessThanAnything", "NR_MEMSLOTS >= 0", RequirementAnswer::Value(-1), kMissing,
     "answers -1, less than 0"},
    {"AllBits", "GUEST_MEMFD_FLAGS has MMAP|INIT_SHARED", RequirementAnswer::Value(7), kMet,
     "answers 0x7, which has MMAP|INIT_SHARED"},
    {"SomeBits", "GUEST_MEMFD_FLAGS has MMAP|INIT_SHARED|0x8", RequirementAnswer::Value(1),
     kMissing, "answers 0x1, without INIT_SHARED|0x8"},
    {"NegativeHasNoBits", "GUEST_MEMFD_FLAGS has MMAP", RequirementAnswer::Value(-1), kMissing,
     "answers -1, without MMAP"},
    {"Errno", "IRQCHIP", RequirementAnswer::Error(uapi::Errno::kEINVAL), kMissing,
     "fails with EINVAL"},
    {"NotKnown", "IRQCHIP >= 0", RequirementAnswer::Unknown(), kUnknown, "the answer isn't known"},
};

INSTANTIATE_TEST_SUITE_P(Each, RequirementCheck, ::testing::ValuesIn(kChecked),
                         [](const auto& instance) {
                           return std::string(instance.param.situation);
                         });

TEST(CheckRequirements, AsksForEachLineOfTheArchitectureInItsScopeOnce) {
  const RequirementList list = Parsed(
      "IRQCHIP\narch arm64\nIRQFD\narch x86\nMP_STATE on vm\narch all\noptional XSAVE on system");
  std::vector<std::string> asked;
  const auto ask = [&asked](std::string_view capability, RequirementScope scope) {
    asked.push_back(std::string(capability) +
                    (scope == RequirementScope::kVm ? " of the VM" : " of the system"));
    return RequirementAnswer::Value(1);
  };
  const RequirementReport report = CheckRequirements(list, "x86", ask);
  EXPECT_THAT(asked, ElementsAre("KVM_CAP_IRQCHIP of the system", "KVM_CAP_MP_STATE of the VM",
                                 "KVM_CAP_XSAVE of the system"));
  EXPECT_TRUE(report.architecture_supported);
  ASSERT_THAT(report.results, SizeIs(3));
  EXPECT_EQ(report.results[1].requirement.line, 5);
}

TEST(CheckRequirements, AnArchitectureThatTheProgramDoesNotRunOnIsMissing) {
  const RequirementList list = Parsed("architectures x86 arm64\nIRQCHIP");
  const RequirementReport report =
      CheckRequirements(list, "riscv", Always(RequirementAnswer::Value(1)));
  EXPECT_FALSE(report.architecture_supported);
  EXPECT_THAT(report.results, IsEmpty());
  EXPECT_EQ(report.Overall(), kMissing);
}

TEST(CheckRequirements, AnArchitectureWithoutRequirementsIsMet) {
  const RequirementList list = Parsed("architectures x86 mips\narch x86\nIRQCHIP");
  const RequirementReport report =
      CheckRequirements(list, "mips", Always(RequirementAnswer::Value(0)));
  EXPECT_TRUE(report.architecture_supported);
  EXPECT_EQ(report.Overall(), kMet);
}

RequirementVerdict Overall(std::string_view text) {
  // IRQCHIP is there, IRQFD isn't, of the others nothing is known.
  const auto ask = [](std::string_view capability, RequirementScope) {
    if (capability == "KVM_CAP_IRQCHIP") return RequirementAnswer::Value(1);
    if (capability == "KVM_CAP_IRQFD") return RequirementAnswer::Value(0);
    return RequirementAnswer::Unknown();
  };
  return CheckRequirements(Parsed(text), "x86", ask).Overall();
}

TEST(CheckRequirements, TheWorstOfWhatIsNotOptionalDecides) {
  EXPECT_EQ(Overall("IRQCHIP"), kMet);
  EXPECT_EQ(Overall("IRQCHIP\noptional IRQFD\noptional XSAVE"), kMet);
  EXPECT_EQ(Overall("IRQCHIP\nXSAVE"), kUnknown);
  EXPECT_EQ(Overall("XSAVE\nIRQFD\nIRQCHIP"), kMissing);
  EXPECT_EQ(Overall("optional IRQFD\nXSAVE"), kUnknown);
}

// --- The lists that are built in.

class BuiltInList : public ::testing::TestWithParam<EmbeddedFile> {};

TEST_P(BuiltInList, SaysWhatItIsAboutAndAsksForKnownCapabilities) {
  const auto list = ParseRequirements(GetParam().text, GetParam().name);
  ASSERT_TRUE(list.has_value()) << list.error().front();
  EXPECT_FALSE(list->program.empty());
  EXPECT_THAT(list->source, StartsWith("https://"));
  EXPECT_FALSE(list->architectures.empty());
  for (const Requirement& requirement : list->requirements) {
    EXPECT_TRUE(uapi::CapabilityNumber(requirement.capability).has_value())
        << requirement.capability;
  }
}

// A capability that is asked for twice was meant to be another one.
TEST_P(BuiltInList, AsksForNothingTwice) {
  const RequirementList list = Parsed(GetParam().text);
  for (const std::string_view arch : scenario::kArchitectures) {
    std::vector<std::string> asked;
    const auto ask = [&asked](std::string_view capability, RequirementScope) {
      EXPECT_EQ(std::ranges::count(asked, capability), 0) << capability;
      asked.emplace_back(capability);
      return RequirementAnswer::Value(1);
    };
    CheckRequirements(list, arch, ask);
  }
}

TEST_P(BuiltInList, IsMissingSomethingWhereEverythingAnswersZero) {
  const RequirementReport report =
      CheckRequirements(Parsed(GetParam().text), "x86", Always(RequirementAnswer::Value(0)));
  EXPECT_TRUE(report.architecture_supported);
  EXPECT_EQ(report.Overall(), kMissing);
}

INSTANTIATE_TEST_SUITE_P(Each, BuiltInList, ::testing::ValuesIn(BuiltInRequirementLists()),
                         [](const auto& instance) {
                           std::string name(instance.param.name);
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(BuiltInRequirementLists, HoldsTheseLists) {
  std::vector<std::string> names;
  for (const EmbeddedFile& list : BuiltInRequirementLists()) names.emplace_back(list.name);
  EXPECT_THAT(names, UnorderedElementsAre("qemu", "qemu-snp", "qemu-tdx", "firecracker",
                                          "cloud-hypervisor", "kvmtool"));
}

}  // namespace
}  // namespace kvm_model::cli
