// caps get and caps list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "uapi/capabilities.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

TEST(CapsGetTest, TellsTheAnswerInEachForm) {
  EXPECT_EQ(RunCaps("get KVM_CAP_X2APIC_API --vm-type SEV").out,
            "KVM_CAP_X2APIC_API (129), asked of a VM of type SEV, x86 rfc-v4: 11 "
            "(USE_32BIT_IDS|DISABLE_BROADCAST_QUIRK|DISABLE_SUPPRESS_EOI_BROADCAST)\n");
  EXPECT_EQ(RunCaps("get 129 --format csv --scope system").out,
            "arch,revision,scope,vm_type,number,name,value,flags,errno,known,inferred\n"
            "x86,rfc-v4,system,,129,KVM_CAP_X2APIC_API,15,USE_32BIT_IDS|DISABLE_BROADCAST_QUIRK|"
            "ENABLE_SUPPRESS_EOI_BROADCAST|DISABLE_SUPPRESS_EOI_BROADCAST,,true,false\n");
  EXPECT_EQ(RunCaps("get GUEST_MEMFD --format json").out,
            "{\"arch\":\"x86\",\"revision\":\"rfc-v4\",\"scope\":\"vm\",\"vm_type\":\"DEFAULT\","
            "\"number\":234,\"name\":\"KVM_CAP_GUEST_MEMFD\",\"value\":1,\"flags\":null,"
            "\"errno\":null,\"known\":true,\"inferred\":false}\n");
}

TEST(CapsGetTest, ANegativeAnswerIsAnErrno) {
  const Json json = CapsJson("get MSI_DEVID --arch arm64 --scope system");
  EXPECT_TRUE(json["value"].is_null());
  EXPECT_EQ(json["errno"], "EINVAL");
  EXPECT_TRUE(json["vm_type"].is_null());
}

TEST(CapsGetTest, AWrongNameIsToldWithThoseThatEndInIt) {
  EXPECT_THAT(RunCaps("get SVE").err, HasSubstr("did you mean KVM_CAP_ARM_SVE?"));
  EXPECT_THAT(RunCaps("get KVM_CAP_ARM_SVEE").err, HasSubstr("did you mean KVM_CAP_ARM_SVE?"));
  EXPECT_THAT(RunCaps("get KVM_CAP_FOO").err, Not(HasSubstr("did you mean")));
  EXPECT_THAT(RunCaps("get kvm_cap_hlt").err, HasSubstr("did you mean KVM_CAP_HLT?"));
  EXPECT_THAT(RunCaps("get 18446744073709551616").err, HasSubstr("is no number of 64 bits"));
  EXPECT_EQ(RunCaps("get 18446744073709551615 --format csv").out,
            RunCaps("get -1 --format csv").out);
  EXPECT_EQ(RunCaps("get 129 --host=").exit_code, 2);
}

TEST(CapsGetTest, ANameOfAnotherRevisionIsToldSo) {
  EXPECT_THAT(RunCaps("get S390_HPAGE_2G").out,
              HasSubstr("in rfc-v4 the number 249 is KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES"));
  EXPECT_THAT(RunCaps("get 248 --revision linux-7.0").out,
              HasSubstr("other revisions call it KVM_CAP_MEMORY_ATTRIBUTES2"));
}

TEST(CapsGetTest, AnEmptySetOfFlagsIsNoFlags) {
  const Json json = CapsJson("get MEMORY_ATTRIBUTES2_FLAGS");
  EXPECT_EQ(json["value"], 0);
  EXPECT_EQ(json["flags"], Json::array());
}

TEST(CapsGetTest, AHostIsChosenByOneTextOrByItsParts) {
  EXPECT_EQ(RunCaps("get VM_TYPES --host x86-snp-host/linux-7.0").out,
            RunCaps("get VM_TYPES --revision linux-7.0 --vm-type SNP --set hw.vendor=amd").out);
  EXPECT_THAT(RunCaps("get NR_VCPUS --host x86-intel --set hw.cpus=3").out, HasSubstr(": 3\n"));
}

struct Wrong {
  std::string_view arguments;
  std::string_view error;

  friend std::ostream& operator<<(std::ostream& out, const Wrong& wrong) {
    return out << wrong.arguments;
  }
};

class WrongUsageTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongUsageTest, IsToldAndExitsWithTwo) {
  const Outcome outcome = RunCaps(GetParam().arguments);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(std::string(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUsageTest,
    ::testing::Values(
        Wrong{"", "A subcommand is required"}, Wrong{"lst", "A subcommand is required"},
        Wrong{"list --frmat json", "--frmat"}, Wrong{"list --format xml", "xml"},
        Wrong{"list --scope nobody", "nobody"}, Wrong{"get", "CAP is required"},
        Wrong{"get NO_SUCH_THING_AT_ALL", "no revision has a capability"},
        Wrong{"get GUEST_MEMFD_FLAG", "did you mean KVM_CAP_GUEST_MEMFD_FLAGS?"},
        Wrong{"list --arch arm6", "there is no architecture 'arm6'; did you mean arm64?"},
        Wrong{"list --fromat json",
              "kvmsim caps list: there is no option --fromat; did you mean --format?"},
        Wrong{"list --xyzzy=7", "kvmsim caps list: there is no option --xyzzy\n"},
        Wrong{"list --format", "kvmsim caps list: --format: 1 required"},
        Wrong{"list --revision rfc-v5", "did you mean rfc-v4?"},
        Wrong{"list --vm-type SNPP", "did you mean SNP?"},
        Wrong{"list --arch mips --vm-type SNP", "there are DEFAULT, VZ"},
        Wrong{"list --set hw.vendor", "--set: a setting is NAME=VALUE"},
        Wrong{"list --set hw.tdp=y --set hw.tdp=n", "hw.tdp is set twice"},
        Wrong{"list --set hw.vendr=amd", "did you mean hw.vendor?"},
        Wrong{"list --set hw.vendor=intel --set hw.snp=1", "need an AMD processor"},
        Wrong{"list --host x86-intel --arch x86", "--host"},
        Wrong{"list --host x86-intel --vm-type SNP", "--host"},
        Wrong{"list --host x86-intell", "--host: 'x86-intell', column 1"},
        Wrong{"list --host x86-intel/rfc-v4/SNP", "this host creates no SNP VM"},
        Wrong{"list --vm-type UCONTROL --arch s390", "this host creates no UCONTROL VM"}));

// Each architecture, on /dev/kvm and on a VM.
class EveryArchTest : public ::testing::TestWithParam<const Arch*> {
 protected:
  static std::string Options(std::string_view scope, std::string_view revision) {
    return absl::StrFormat(" --arch %s --scope %s --revision %s", GetParam()->traits().name, scope,
                           revision);
  }
};

TEST_P(EveryArchTest, ListAgreesWithGet) {
  for (const std::string_view scope : {"vm", "system"}) {
    const std::string options = Options(scope, "rfc-v4");
    for (const Json& row : CapsJson("list --all" + options)) {
      EXPECT_EQ(row, CapsJson(absl::StrFormat("get %s%s", std::string(row["name"]), options)));
    }
  }
}

TEST_P(EveryArchTest, AllListsEachNumberThatTheRevisionNamesInOrder) {
  for (const Revision& revision : Revisions()) {
    std::vector<int> expected;
    for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
      if (row.headers.Contains(revision.header)) expected.push_back(row.number);
    }
    std::vector<int> listed;
    for (const Json& row : CapsJson("list --all" + Options("system", revision.name))) {
      listed.push_back(row["number"]);
    }
    EXPECT_EQ(listed, expected) << revision.name;
  }
}

TEST_P(EveryArchTest, WithoutAllThoseThatAnswerZeroAreLeftOut) {
  Json expected = Json::array();
  for (const Json& row : CapsJson("list --all" + Options("vm", "rfc-v4"))) {
    if (row["value"] != 0) expected.push_back(row);
  }
  EXPECT_EQ(CapsJson("list" + Options("vm", "rfc-v4")), expected);
  EXPECT_FALSE(expected.empty());
}

TEST_P(EveryArchTest, EveryRowHasTheFieldsOfGet) {
  for (const Json& row : CapsJson("list --all" + Options("vm", "rfc-v4"))) {
    EXPECT_EQ(row["arch"], GetParam()->traits().name);
    EXPECT_EQ(row["scope"], "vm");
    EXPECT_EQ(row["vm_type"], "DEFAULT");
    EXPECT_TRUE(row["number"].is_number_integer());
    EXPECT_TRUE(row["name"].is_string());
    EXPECT_TRUE(row["value"].is_null() || row["value"].is_number_integer());
    EXPECT_TRUE(row["flags"].is_null() || row["flags"].is_array());
    EXPECT_TRUE(row["errno"].is_null() || row["errno"].is_string());
    EXPECT_EQ(row["value"].is_null(), !row["known"] || !row["errno"].is_null());
    EXPECT_TRUE(row["inferred"].is_boolean());
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryArchTest, ::testing::ValuesIn(Architectures()),
                         [](const auto& row) { return std::string(row.param->traits().name); });

TEST(CapsListTest, CsvHasTheRowsOfGet) {
  const Outcome csv = RunCaps("list --format csv --host x86-snp-host");
  const std::vector<std::string> lines = absl::StrSplit(csv.out, '\n');
  const std::vector<std::string> one =
      absl::StrSplit(RunCaps("get VM_TYPES --format csv --host x86-snp-host").out, '\n');
  EXPECT_EQ(lines[0], one[0]);
  EXPECT_NE(std::ranges::find(lines, one[1]), lines.end());
}

TEST(CapsListTest, TextIsATableThatTellsWhomItAsked) {
  const std::string text = RunCaps("list --host x86-snp-host/linux-7.0").out;
  EXPECT_THAT(text, StartsWith("x86 linux-7.0, asked of a VM of type SNP: "));
  EXPECT_THAT(text, HasSubstr("\nnumber  name"));
  EXPECT_THAT(text, HasSubstr("\n   234  KVM_CAP_GUEST_MEMFD  "));
  EXPECT_THAT(RunCaps("list --scope system").out, HasSubstr("asked of /dev/kvm"));
}

TEST(CapsListTest, TheHelpSaysEveryArchitecturesVmTypes) {
  const Outcome help = RunCaps("list --help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("x86        DEFAULT, SW_PROTECTED, SEV, SEV_ES, SNP, TDX\n"));
  EXPECT_THAT(help.out, HasSubstr("mips       DEFAULT, VZ\n"));
}

}  // namespace
}  // namespace kvm_model::cli
