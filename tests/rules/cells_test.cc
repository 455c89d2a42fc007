// Cells of the tables of capabilities as scenarios.
#include "tools/rules/cells.h"

#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kvm_model::rules {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kCells =
    "# A comment.\n"
    "arch\tnumber\tcap\tsystem_scope\tvm_scope\tdepends_on\tanswered_by\n"
    "x86\t1\tKVM_CAP_HLT\t1\tsame\tunconditional\tarch\n"
    "x86\t11\tKVM_CAP_PIT\t1\t0/1\tCONFIG_KVM_IOAPIC\tgeneric\n"
    "short\trow\n";

TEST(CellsTest, EachHasARuleAndASentence) {
  const std::vector<Cell> cells = ParseCells(kCells);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].rule, "CAP-X86-1");
  EXPECT_EQ(cells[0].sentence, "KVM_CAP_HLT (1) on x86: 1 on /dev/kvm and on a VM.");
  EXPECT_EQ(cells[0].function, "kvm_vm_ioctl_check_extension");
  EXPECT_EQ(cells[1].sentence,
            "KVM_CAP_PIT (11) on x86: 1 on /dev/kvm, 0/1 on a VM; CONFIG_KVM_IOAPIC.");
  EXPECT_EQ(cells[1].function, "kvm_vm_ioctl_check_extension_generic");
}

TEST(CellsTest, AnExerciseIsAScenarioOnItsHost) {
  const auto scenarios = CellScenarios(kCells,
                                       "arch\tnumbers\tsettings\tvm\tsystem\tvm_answer\n"
                                       "x86\t11 12\tCONFIG_KVM_IOAPIC=n\tSEV after "
                                       "SPLIT_IRQCHIP=24 and CREATE_IRQCHIP\t0\tEINVAL\n"
                                       "x86\t11\t-\tDEFAULT\t1\t1\n");
  ASSERT_EQ(scenarios.size(), 3U);
  EXPECT_EQ(scenarios[0].name, "capabilities/x86/1");
  EXPECT_THAT(scenarios[0].text, HasSubstr("host x86 linux-7.0\n"));
  EXPECT_EQ(scenarios[1].name, "capabilities/x86/11-1");
  EXPECT_THAT(scenarios[1].text, EndsWith("rule CAP-X86-11\n"
                                          "host x86 linux-7.0 CONFIG_KVM_IOAPIC=n\n\n"
                                          "kvm = open()\n"
                                          "vm  = create_vm(kvm, SEV)\n"
                                          "enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, args=[24])\n"
                                          "ioctl(vm, KVM_CREATE_IRQCHIP, 0)\n"
                                          "check_extension(kvm, 11) -> 0\n"
                                          "check_extension(vm, 11)  -> EINVAL\n"));
  EXPECT_THAT(scenarios[2].text, HasSubstr("vm  = create_vm(kvm)\n"));
}

TEST(CellsTest, AnExerciseThatNeedsADeviceHasNone) {
  const auto scenarios = CellScenarios(kCells, "x86\t11\t-\tDEFAULT after VGIC_V3\t1\t1\n");
  ASSERT_EQ(scenarios.size(), 1U);
  EXPECT_EQ(scenarios[0].name, "capabilities/x86/1");
}

TEST(CellsTest, WhatIsNoTableHasNoCells) {
  for (const std::string_view text : {"", "\n\n", "# x\n", "\t\t\t", "x86\t1", "\0\xff"}) {
    EXPECT_THAT(ParseCells(text), IsEmpty());
    EXPECT_THAT(CellScenarios(text, text), IsEmpty());
  }
}

}  // namespace
}  // namespace kvm_model::rules
