#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tools/cli/requirements.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

// Writes a list to a file of its own; returns the file's name.
std::string File(std::string_view name, std::string_view text) {
  const std::string path = ::testing::TempDir() + std::string(name);
  std::ofstream(path) << text;
  return path;
}

std::string AProgram() {
  return File("a_program",
              "program A program\n"
              "USER_MEMORY\n"
              "NR_VCPUS >= 100\n"
              "optional MSI_DEVID\n"
              "arch arm64\n"
              "KVM_CAP_ARM_VM_IPA_SIZE >= 40 on vm\n");
}

TEST(CapsRequireTest, TellsEachRequirementAndTheConclusion) {
  const Outcome outcome = RunCaps("require " + AProgram() + " --host x86-intel");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out,
            "A program on x86/rfc-v4/DEFAULT,hw.vendor=intel,hw.tdx=n\n"
            "\n"
            "  met      KVM_CAP_USER_MEMORY      answers 1\n"
            "  missing  KVM_CAP_NR_VCPUS >= 100  answers 8, less than 100\n"
            "  missing  KVM_CAP_MSI_DEVID        answers 0 (optional)\n"
            "\n"
            "It would not start: 1 of 2 requirements not met. Optional: 0 of 1 met.\n");
}

TEST(CapsRequireTest, AListChoosesItsVmTypeWhereNobodyElseDoes) {
  const std::string list = File("an_snp_list", "vm-type SNP\nSYNC_REGS on vm\n");
  EXPECT_THAT(RunCaps("require " + list).out, HasSubstr("x86/rfc-v4/SNP"));
  EXPECT_THAT(RunCaps("require " + list + " --vm-type SEV").out, HasSubstr("x86/rfc-v4/SEV"));
  const Outcome impossible = RunCaps("require " + list + " --host x86-intel");
  EXPECT_EQ(impossible.exit_code, 1);
  EXPECT_THAT(impossible.out,
              HasSubstr("It would not start: this host creates no SNP VM: KVM_CREATE_VM answers "
                        "EINVAL."));
  const Outcome unknown = RunCaps("require " + list + " --arch arm64");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there is no VM type of arm64 'SNP'"));
}

TEST(CapsRequireTest, AListWithNothingForTheArchitectureSaysSo) {
  const std::string list = File("an_arm_list", "arch arm64\nIRQCHIP\n");
  EXPECT_THAT(RunCaps("require " + list).out,
              HasSubstr("It would start: it requires nothing on x86."));
}

TEST(CapsRequireTest, AFileNameThatIsNoUtf8IsNoTroubleInJson) {
  const Outcome outcome = RunCaps("require " + File("\xff", "IRQCHIP\n") + " --format json");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(Json::parse(outcome.out, nullptr, false).is_discarded());
}

TEST(CapsRequireTest, AHostThatMeetsThemAllExitsWithZero) {
  const Outcome outcome = RunCaps("require " + AProgram() + " --arch arm64 --set hw.cpus=200");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("It would start: 3 of 3 requirements met. Optional: 0 of 1"));
}

TEST(CapsRequireTest, TellsItAsJson) {
  const Outcome outcome = RunCaps("require " + AProgram() + " --host x86-intel --format json");
  EXPECT_EQ(outcome.exit_code, 1);
  const Json json = Json::parse(outcome.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["program"], "A program");
  EXPECT_EQ(json["starts"], false);
  EXPECT_EQ(json["arch"], "x86");
  EXPECT_EQ(json["met"], 1);
  EXPECT_EQ(json["missing"], 2);
  EXPECT_EQ(json["unknown"], 0);
  ASSERT_EQ(json["requirements"].size(), 3U);
  EXPECT_EQ(json["requirements"][1], Json::parse(R"({
    "capability": "KVM_CAP_NR_VCPUS", "requirement": "KVM_CAP_NR_VCPUS >= 100",
    "scope": "system", "optional": false, "line": 3, "verdict": "missing", "value": 8,
    "errno": null, "reason": "answers 8, less than 100"})"));
}

TEST(CapsRequireTest, TellsItAsCsv) {
  EXPECT_THAT(RunCaps("require " + AProgram() + " --format csv").out,
              StartsWith("capability,requirement,scope,optional,verdict,reason\n"
                         "KVM_CAP_USER_MEMORY,KVM_CAP_USER_MEMORY,system,false,met,answers 1\n"
                         "KVM_CAP_NR_VCPUS,KVM_CAP_NR_VCPUS >= 100,system,false,missing,"
                         "\"answers 8, less than 100\"\n"));
}

TEST(CapsRequireTest, AProgramThatDoesntRunOnTheArchitectureWouldNotStart) {
  const Outcome outcome = RunCaps("require firecracker --arch s390");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("It would not start: it does not run on s390.\n"));
}

TEST(CapsRequireTest, EveryBuiltInListIsListedAndCanBeAsked) {
  const Json lists = CapsJson("require --list");
  const std::string text = RunCaps("require --list").out;
  ASSERT_EQ(lists.size(), BuiltInRequirementLists().size());
  for (const Json& list : lists) {
    const std::string name = list["name"];
    EXPECT_THAT(text, HasSubstr(name));
    EXPECT_LT(RunCaps("require " + name).exit_code, 2) << name;
  }
  EXPECT_THAT(RunCaps("require --list --format csv").out,
              StartsWith("name,program,architectures,source\n"));
}

TEST(CapsRequireTest, QemuStartsOnAServerAndWithSnpOnlyOnAnSnpHost) {
  EXPECT_EQ(RunCaps("require qemu --host x86-intel").exit_code, 0);
  EXPECT_EQ(RunCaps("require qemu-snp --host x86-snp-host/linux-7.0").exit_code, 0)
      << RunCaps("require qemu-snp --host x86-snp-host/linux-7.0").out;
  EXPECT_EQ(RunCaps("require qemu-snp --host x86-intel").exit_code, 1);
}

TEST(CapsRequireTest, AnUnknownListIsToldWithASuggestion) {
  const Outcome outcome = RunCaps("require firecraker");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean firecracker?"));
  EXPECT_EQ(RunCaps("require").exit_code, 2);
  EXPECT_EQ(RunCaps("require " + ::testing::TempDir()).exit_code, 2);
}

TEST(CapsRequireTest, AMalformedListIsToldLineByLine) {
  const std::string file = File("malformed", "USER_MEMRY\nNR_VCPUS >= many\n");
  const Outcome outcome = RunCaps("require " + file);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(file + ":1:1: "));
  EXPECT_THAT(outcome.err, HasSubstr(file + ":2:"));
}

TEST(CapsRequireTest, AHostThatCantMakeTheVmIsRefused) {
  const Outcome outcome = RunCaps("require qemu --host x86-intel/rfc-v4/SNP");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("this host creates no SNP VM"));
}

}  // namespace
}  // namespace kvm_model::cli
