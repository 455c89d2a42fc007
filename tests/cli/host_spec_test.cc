#include "tools/cli/host_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/arch.h"
#include "kvm_model/host.h"
#include "kvm_model/revision.h"
#include "tools/backends/machine_host.h"

namespace kvm_model::cli {
namespace {

using ::testing::HasSubstr;

// What the text means, written out; the error where it means nothing.
std::string Read(std::string_view text) {
  const auto spec = ParseHostSpec(text);
  return spec.has_value() ? ToText(*spec) : "error: " + spec.error();
}

TEST(HostSpecTest, WhatIsLeftOutIsTheDefault) {
  EXPECT_EQ(Read("x86"), "x86/rfc-v4/DEFAULT");
  EXPECT_EQ(Read("arm64/linux-7.0"), "arm64/linux-7.0/DEFAULT");
  EXPECT_EQ(Read("x86/rfc-v4/SNP"), "x86/rfc-v4/SNP");
}

TEST(HostSpecTest, SettingsFollowCommas) {
  EXPECT_EQ(Read("x86,hw.vendor=amd,hw.cpus=2"), "x86/rfc-v4/DEFAULT,hw.vendor=amd,hw.cpus=2");
  EXPECT_EQ(Read("x86/rfc-v4/TDX,hw.vendor=intel"), "x86/rfc-v4/TDX,hw.vendor=intel");
}

TEST(HostSpecTest, APresetBringsItsVmTypeAndSettings) {
  EXPECT_EQ(Read("x86-snp-host"), "x86/rfc-v4/SNP,hw.vendor=amd,hw.snp=y");
  EXPECT_EQ(Read("x86-pvm"), "x86/linux-6.18/DEFAULT,hw.vendor=pvm,hw.cpus=2");
}

TEST(HostSpecTest, WhatIsSaidBesideAPresetReplacesItsChoice) {
  EXPECT_EQ(Read("x86-snp-host/linux-7.0"), "x86/linux-7.0/SNP,hw.vendor=amd,hw.snp=y");
  EXPECT_EQ(Read("x86-snp-host/linux-7.0/SEV"), "x86/linux-7.0/SEV,hw.vendor=amd,hw.snp=y");
  EXPECT_EQ(Read("x86-snp-host,hw.snp=n,hw.cpus=2"),
            "x86/rfc-v4/SNP,hw.vendor=amd,hw.snp=n,hw.cpus=2");
}

TEST(HostSpecTest, ThisMachineIsAHostOrSaysWhyNot) {
  const auto machine = scenario::HostOfMachine();
  const auto spec = ParseHostSpec("machine,hw.cpus=3");
  if (!machine) {
    ASSERT_FALSE(spec.has_value());
    EXPECT_THAT(spec.error(), HasSubstr(machine.error()));
    return;
  }
  ASSERT_TRUE(spec.has_value()) << spec.error();
  EXPECT_EQ(spec->arch->traits().name, machine->arch);
  EXPECT_EQ(spec->revision->name, machine->revision);
  const auto host = CreateHost(*spec);
  ASSERT_TRUE(host.has_value()) << host.error();
  EXPECT_EQ((*host)->Get("hw.cpus"), 3);
}

TEST(HostSpecTest, TheWrittenFormIsReadBack) {
  for (const std::string_view text : {"x86", "x86-snp-host", "s390-ucontrol,hw.cpus=2"}) {
    const std::string once = Read(text);
    EXPECT_EQ(Read(once), once);
  }
}

struct Wrong {
  std::string_view text;
  std::string_view error;

  friend std::ostream& operator<<(std::ostream& out, const Wrong& wrong) {
    return out << wrong.text;
  }
};

class WrongHostTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongHostTest, ToldWithTheColumnAndASuggestion) {
  EXPECT_THAT(Read(GetParam().text), HasSubstr(std::string(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongHostTest,
    ::testing::Values(
        Wrong{"", "'', column 1: there is no architecture or preset ''"},
        Wrong{"arm6", "column 1: there is no architecture or preset 'arm6'; did you mean arm64?"},
        Wrong{"x86-snp-hots", "did you mean x86-snp-host?"},
        Wrong{"x86/", "column 5: there is no revision ''"},
        Wrong{"x86/rfc-v5", "column 5: there is no revision 'rfc-v5'; did you mean rfc-v4?"},
        Wrong{"x86/rfc-v4/", "column 12: there is no VM type of x86 ''"},
        Wrong{"x86/rfc-v4/SNPP", "column 12: there is no VM type of x86 'SNPP'; did you mean SNP?"},
        Wrong{"mips/rfc-v4/SNP", "there are DEFAULT, VZ"},
        Wrong{"x86/rfc-v4/SNP/1", "column 16: a host is ARCH/REVISION/VM_TYPE"},
        Wrong{"x86,", "column 5: a setting is NAME=VALUE, not ''"},
        Wrong{"x86,hw.tdp", "column 5: a setting is NAME=VALUE, not 'hw.tdp'"},
        Wrong{"x86,=1", "column 5: a setting is NAME=VALUE"},
        Wrong{"x86,hw.tdp=y,hw.tdp=n", "column 14: hw.tdp is set twice"}));

TEST(HostSpecTest, AHostThatCantBeIsRefusedWithTheReason) {
  const auto unknown = CreateHost(*ParseHostSpec("x86,hw.vendr=amd"));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error(), HasSubstr("did you mean hw.vendor?"));
  const auto impossible = CreateHost(*ParseHostSpec("x86,hw.vendor=intel,hw.snp=y"));
  ASSERT_FALSE(impossible.has_value());
  EXPECT_THAT(impossible.error(), HasSubstr("need an AMD processor"));
}

TEST(HostSpecTest, LaterSettingsGoOverEarlierOnes) {
  std::vector<SettingAssignment> base = {{"a", "1"}, {"b", "2"}};
  const SettingAssignment over[] = {{"b", "3"}, {"c", "4"}};
  ASSERT_TRUE(Override(base, over).has_value());
  ASSERT_EQ(base.size(), 3U);
  EXPECT_EQ(base[1].value, "3");
  EXPECT_EQ(base[2].name, "c");
}

}  // namespace
}  // namespace kvm_model::cli
