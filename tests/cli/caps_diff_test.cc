#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr std::string_view kCpus = "diff --from x86-intel,hw.cpus=4 --to x86-intel,hw.cpus=6";

TEST(CapsDiffTest, TellsBothAnswersWhereTheTrailsPartAndWhy) {
  const Outcome outcome = RunCaps(kCpus);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "1 capability answers otherwise, asked of a VM: from | to\n"
            "\n"
            "  from  x86/rfc-v4/DEFAULT,hw.vendor=intel,hw.tdx=n,hw.cpus=4\n"
            "  to    x86/rfc-v4/DEFAULT,hw.vendor=intel,hw.tdx=n,hw.cpus=6\n"
            "\n"
            "KVM_CAP_NR_VCPUS (9): 4 | 6\n"
            "  in kvm_vm_ioctl_check_extension(): num_online_cpus() is 4 | 6\n"
            "  because of hw.cpus 4 -> 6\n");
}

TEST(CapsDiffTest, TellsItAsCsv) {
  EXPECT_EQ(RunCaps(std::string(kCpus) + " --format csv").out,
            "number,name,from,to,from_step,to_step,because\n"
            "9,KVM_CAP_NR_VCPUS,4,6,num_online_cpus() is 4,num_online_cpus() is 6,"
            "hw.cpus 4 -> 6\n");
}

TEST(CapsDiffTest, TellsItAsJson) {
  const Json json = CapsJson(std::string(kCpus));
  EXPECT_EQ(json["from"]["host"], "x86/rfc-v4/DEFAULT,hw.vendor=intel,hw.tdx=n,hw.cpus=4");
  EXPECT_EQ(json["to"]["arch"], "x86");
  EXPECT_EQ(json["to"]["vm_type"], "DEFAULT");
  ASSERT_EQ(json["differences"].size(), 1U);
  const Json& one = json["differences"][0];
  EXPECT_EQ(one["name"], "KVM_CAP_NR_VCPUS");
  EXPECT_EQ(one["from"]["value"], 4);
  EXPECT_EQ(one["to"]["value"], 6);
  EXPECT_EQ(one["from"]["function"], "kvm_vm_ioctl_check_extension");
  EXPECT_EQ(one["from"]["step"], "num_online_cpus() is 4");
  EXPECT_EQ(one["because"], Json::parse(R"([{"name": "hw.cpus", "from": "4", "to": "6"}])"));
  EXPECT_EQ(one["needed"], Json::array());
}

TEST(CapsDiffTest, SaysInOneLineThatNothingDiffers) {
  const Outcome outcome = RunCaps("diff --from x86-amd --to x86-amd,kvm.tdp_mmu=y");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith("No capability answers otherwise, asked of a VM: x86/"));
  EXPECT_EQ(outcome.out.find('\n'), outcome.out.size() - 1);
  const Json json = CapsJson("diff --from x86-amd --to x86-amd");
  EXPECT_EQ(json["differences"], Json::array());
}

const Json* Find(const Json& json, std::string_view name) {
  for (const Json& one : json["differences"]) {
    if (one["name"] == name) return &one;
  }
  return nullptr;
}

TEST(CapsDiffTest, AnSnpHostAndATdxHostDifferByVendorAndByTypeOfVm) {
  const Json json = CapsJson("diff --from x86-snp-host --to x86-tdx-host");
  const Json* types = Find(json, "KVM_CAP_VM_TYPES");
  ASSERT_NE(types, nullptr);
  EXPECT_EQ((*types)["from"]["value"], 0b011111);
  EXPECT_EQ((*types)["to"]["flags"], Json::parse(R"(["DEFAULT", "SW_PROTECTED", "TDX"])"));
  EXPECT_EQ((*types)["because"],
            Json::parse(R"([{"name": "hw.vendor", "from": "amd", "to": "intel"}])"));
  const Json* vcpus = Find(json, "KVM_CAP_MAX_VCPUS");
  ASSERT_NE(vcpus, nullptr);
  EXPECT_EQ((*vcpus)["because"],
            Json::parse(R"([{"name": "VM type", "from": "SNP", "to": "TDX"}])"));
  EXPECT_FALSE((*vcpus)["needed"].empty());
}

TEST(CapsDiffTest, OfDevKvmTheTypeOfVmIsNoDifference) {
  const Json json =
      CapsJson("diff --scope system --from x86-snp-host --to x86-snp-host/rfc-v4/SEV");
  EXPECT_EQ(json["differences"], Json::array());
  EXPECT_TRUE(json["from"]["vm_type"].is_null());
}

TEST(CapsDiffTest, ARevisionThatLacksTheNameAnswersZero) {
  const Json json = CapsJson("diff --from x86-snp-host/linux-7.0 --to x86-snp-host");
  const Json* modes = Find(json, "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS");
  ASSERT_NE(modes, nullptr);
  EXPECT_EQ((*modes)["from"]["value"], 0);
  EXPECT_EQ((*modes)["from"]["step"], "this revision has no such capability");
  EXPECT_EQ((*modes)["because"][0]["name"], "revision");
}

TEST(CapsDiffTest, BetweenArchitecturesThatIsTheReason) {
  const Json json = CapsJson("diff --from x86-intel --to arm64-server");
  ASSERT_FALSE(json["differences"].empty());
  for (const Json& one : json["differences"]) EXPECT_EQ(one["because"][0]["name"], "architecture");
}

// What is told to differ is what the lists show to differ.
TEST(CapsDiffTest, AgreesWithList) {
  const std::string_view pairs[][2] = {{"x86-snp-host", "x86-tdx-host/linux-6.18"},
                                       {"x86-intel", "x86-pvm"},
                                       {"power-hv", "power-pr"},
                                       {"s390-z16", "s390-ucontrol/linux-7.0"}};
  for (const auto& [from, to] : pairs) {
    std::map<std::string, Json> answers[2];
    for (const int side : {0, 1}) {
      for (const Json& row : CapsJson("list --host " + std::string(side == 0 ? from : to))) {
        answers[side][row["name"]] = {row["value"], row["errno"], row["known"]};
      }
    }
    std::set<std::string> expected;
    for (const int side : {0, 1}) {
      for (const auto& [name, answer] : answers[side]) {
        const auto other = answers[1 - side].find(name);
        if (other == answers[1 - side].end() || other->second != answer) expected.insert(name);
      }
    }
    std::set<std::string> told;
    const Json json = CapsJson("diff --from " + std::string(from) + " --to " + std::string(to));
    for (const Json& one : json["differences"]) told.insert(one["name"]);
    EXPECT_EQ(told, expected) << from << " " << to;
  }
}

TEST(CapsDiffTest, AWrongHostIsToldWithItsOption) {
  const Outcome outcome = RunCaps("diff --from x86-intel --to x86-amdd");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--to: 'x86-amdd', column 1"));
  EXPECT_THAT(outcome.err, HasSubstr("did you mean x86-amd?"));
  EXPECT_THAT(RunCaps("diff --from x86-intel,hw.snp=y --to x86-amd").err,
              HasSubstr("--from: no such x86 host"));
  EXPECT_EQ(RunCaps("diff --from x86-intel").exit_code, 2);
}

}  // namespace
}  // namespace kvm_model::cli
