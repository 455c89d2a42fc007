// kvmsim explain: topics by their names, and what is printed of them.
#include <fstream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ExplainTest, AnErrnoOfACallHasItsMeaningAndAnExample) {
  for (const std::string_view words :
       {"KVM_SET_MEMORY_ATTRIBUTES2 EAGAIN", "set_memory_attributes2/eagain"}) {
    const Outcome outcome = RunExplain(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(StartsWith("KVM_SET_MEMORY_ATTRIBUTES2: EAGAIN\n"),
                                   HasSubstr("What helps: Let go of the page"),
                                   HasSubstr("a page has unexpected references"),
                                   HasSubstr("(CONV-EAGAIN-TWO-PINS)\nand works in line"),
                                   HasSubstr("    unpin(b)\n"), HasSubstr("(MERGED-18)")));
  }
}

TEST(ExplainTest, WhereTheCallWorksElsewhereBothScenariosAreShown) {
  const Outcome outcome = RunExplain("KVM_ENABLE_CAP E2BIG");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\nIt fails: "), HasSubstr("KVM_CAP_DIRTY_LOG_RING")));
  EXPECT_THAT(RunExplain("poison ENOENT").out, HasSubstr("The page is a hole"));
}

TEST(ExplainTest, ACallOrAnErrnoAloneIsAList) {
  EXPECT_THAT(RunExplain("KVM_CREATE_VCPU").out,
              AllOf(HasSubstr("KVM_CREATE_VCPU EEXIST\n  The VM has a vCPU of that id.\n"),
                    HasSubstr("KVM_CREATE_VCPU EINVAL\n")));
  EXPECT_THAT(RunExplain("EHWPOISON").out, AllOf(HasSubstr("KVM_PRE_FAULT_MEMORY EHWPOISON\n"),
                                                 HasSubstr("populate EHWPOISON\n")));
}

TEST(ExplainTest, ARuleHasItsSourceAndItsScenarios) {
  EXPECT_THAT(RunExplain("conv-einval").out,
              AllOf(StartsWith("CONV-EINVAL\n"), HasSubstr("Read in RFC v4"),
                    HasSubstr("Holds on x86: rfc-v4\n"),
                    HasSubstr("A call fails by kvm_gmem_set_attributes: "),
                    HasSubstr("    rule CONV-EINVAL\n"),
                    HasSubstr("More: kvmsim explain 'KVM_SET_MEMORY_ATTRIBUTES2' EINVAL")));
}

TEST(ExplainTest, ATermIsShownByAScenario) {
  EXPECT_THAT(RunExplain("content mode").out,
              AllOf(StartsWith("content mode\n  What a converted page holds"),
                    HasSubstr("\nShown by tests/conformance/")));
}

TEST(ExplainTest, WithoutATopicItListsThem) {
  EXPECT_THAT(RunExplain("").out, AllOf(StartsWith("Terms\n"), HasSubstr("guest_memfd"),
                                        HasSubstr("KVM_RUN: EINTR"), HasSubstr("conversions\n")));
}

TEST(ExplainTest, WhatIsNoTopicIsToldWithWhatIsNear) {
  const Outcome outcome = RunExplain("CONV-EINVALL");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean CONV-EINVAL?"));
  EXPECT_EQ(RunExplain("mmap EAGAIN").exit_code, 2) << "no scenario shows it";
}

class ExplainFileTest : public ::testing::Test {
 protected:
  std::string Write(std::string_view text) {
    const std::string path = ::testing::TempDir() + "asked.kvmt";
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(ExplainFileTest, AFailingCallIsExplainedByWhatWouldChangeIt) {
  const std::string path = Write(
      "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, SNP)\n"
      "gmem = create_guest_memfd(vm, size=4p)\n"
      "set_memory_attributes2(gmem, 0, 4p, 0, PRESERVE) -> 0\n");
  for (const std::string_view suffix : {"", ":5"}) {
    const Outcome outcome = RunExplain(path + std::string(suffix));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("asked.kvmt:5: set_memory_attributes2"),
                      HasSubstr("  answers EOPNOTSUPP"), HasSubstr("\nThe decisions\n"),
                      HasSubstr("with an earlier call changed vm = create_vm(kvm, "
                                "type=SW_PROTECTED) -> 0\n")));
  }
  EXPECT_THAT(RunExplain(path + ":2").err,
              HasSubstr("asked.kvmt:2: no call that fails, outside of a"));
}

TEST_F(ExplainFileTest, WhatCantBeExplainedSaysWhy) {
  const std::string path = Write("host x86 rfc-v4\nkvm = open()\n");
  EXPECT_THAT(RunExplain(path).err, HasSubstr("no call outside of a repeat fails on the model"));
  EXPECT_EQ(RunExplain(path).exit_code, 2);
  EXPECT_THAT(RunExplain("/no/such.kvmt").err, HasSubstr("/no/such.kvmt: can't be read"));
  EXPECT_THAT(RunExplain(Write("nonsense\n")).err, HasSubstr("asked.kvmt:1:"));
}

}  // namespace
}  // namespace kvm_model::cli
