// kvmsim explain: topics by their names, and what is printed of them.
#include <fstream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

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

TEST(ExplainTest, ARuleThatIsConcludedSaysSo) {
  for (const std::string rule : {"CONV-POISON-EAGAIN", "GMEM-FAULT-POISON"}) {
    EXPECT_THAT(RunExplain(rule).out, StartsWith(rule + "  (inferred)\n"));
  }
  EXPECT_THAT(RunExplain("CONV-EAGAIN-TWO-PINS").out, StartsWith("CONV-EAGAIN-TWO-PINS\n"));
}

TEST(ExplainTest, ATermHasItsReasonItsExamplesAndWhatDiffers) {
  EXPECT_THAT(RunExplain("content mode").out,
              AllOf(StartsWith("content mode\n  Also: contents, "),
                    HasSubstr("\n  Why: Between host and guest"), HasSubstr("\nIt fails: tests/"),
                    HasSubstr("\nIt works: tests/"), HasSubstr("\nBetween revisions\n"),
                    HasSubstr("(MERGED-15)\n"),
                    HasSubstr("\nWhat KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS answers"),
                    HasSubstr("3 (ZERO|PRESERVE) in rfc-v4"),
                    HasSubstr("\nSee also: ZERO, PRESERVE, scramble, conversion\n")));
  EXPECT_THAT(RunExplain("Elevated Refcount").out,
              AllOf(StartsWith("refcount\n"), HasSubstr("\nand works in line ")));
}

TEST(ExplainTest, ATermThatIsAnErrnoTooHasItsCalls) {
  EXPECT_THAT(RunExplain("SIGBUS").out,
              AllOf(StartsWith("SIGBUS\n"), HasSubstr("\nhost access SIGBUS\n"),
                    HasSubstr("\npin SIGBUS\n")));
  EXPECT_THAT(RunExplain("ehwpoison").out, HasSubstr("\nSee also: poison\n"));
}

TEST(ExplainTest, SignalsAndExitsOfACallAreExplained) {
  EXPECT_THAT(RunExplain("host_read SIGBUS").out, AllOf(StartsWith("host access: SIGBUS\n"),
                                                        HasSubstr("What helps: Convert the page")));
  EXPECT_THAT(RunExplain("guest access MEMORY_FAULT").out, HasSubstr("(GUEST-MISMATCH)\n"));
}

TEST(ExplainTest, ACapabilityLeadsToItsExplanation) {
  for (const std::string_view words : {"KVM_CAP_X2APIC_API", "x2apic_api", "129"}) {
    EXPECT_THAT(
        RunExplain(words).out,
        AllOf(StartsWith("KVM_CAP_X2APIC_API (129) on x86 rfc-v4"), HasSubstr("\nWhat it is\n"),
              HasSubstr("\nHow it is decided\n"),
              HasSubstr("  x86: 3 (USE_32BIT_IDS|DISABLE_BROADCAST_QUIRK) in linux-6.12; 15"),
              HasSubstr("  arm64 riscv s390 loongarch powerpc mips: 0 in every revision\n"),
              HasSubstr("kvmsim caps explain KVM_CAP_X2APIC_API --host HOST")));
  }
  // Asked where it answers.
  EXPECT_THAT(RunExplain("KVM_CAP_PPC_DAWR1").out, HasSubstr(" on powerpc rfc-v4"));
  EXPECT_EQ(RunExplain("99999").exit_code, 2);
}

TEST(ExplainTest, ANumberThatTheDefaultRevisionLacksIsExplainedWhereItHasAName) {
  EXPECT_THAT(
      RunExplain("252").out,
      AllOf(StartsWith("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES (252) on x86 next-20260923"),
            HasSubstr("Note: 252 means this in next-20260923; it has no name in rfc-v4, where this "
                      "capability is 249.\n"),
            HasSubstr("\nWhat KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES answers on /dev/kvm")));
  EXPECT_THAT(RunExplain("251").out,
              AllOf(StartsWith("KVM_CAP_ARM_PMU_V3_STRICT (251) on arm64 next-20260923"),
                    HasSubstr("it has no name in rfc-v4.\n"), HasSubstr("not known")));
  EXPECT_EQ(RunExplain("253").exit_code, 2) << "no revision names it";
}

TEST(ExplainTest, ASettingHasItsArchitecturesAndWhatItChanges) {
  for (const std::string_view words : {"hw.vendor", "hw.vendor=amd"}) {
    EXPECT_THAT(
        RunExplain(words).out,
        AllOf(StartsWith("hw.vendor\n\nx86\n"), HasSubstr("  Default: any in every revision\n"),
              HasSubstr("\n    amd\n      KVM_CAP_NESTED_STATE on /dev/kvm: 8320 -> 4224\n"),
              HasSubstr(" more (--format json names")));
  }
  EXPECT_THAT(RunExplain("kvm.vm_memory_attributes").out,
              AllOf(HasSubstr("Where it isn't there: the module has this parameter only with "
                              "CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y"),
                    HasSubstr("CAP-PARAMETER-OFF")));
  EXPECT_THAT(RunExplain("config_kvm_intel_tdx").out, StartsWith("CONFIG_KVM_INTEL_TDX\n"));
}

TEST(ExplainTest, AConditionOfATrailIsToldInWords) {
  EXPECT_EQ(RunExplain("tdp_enabled").out,
            "tdp_enabled\n  A condition in decisions.\n"
            "  Where it holds, the processor walks the guest's page tables and KVM's (EPT, NPT).\n"
            "  Where it doesn't, KVM shadows the guest's page tables.\n");
}

TEST(ExplainTest, WithoutATopicItListsThem) {
  EXPECT_THAT(RunExplain("").out, AllOf(StartsWith("Terms\n"), HasSubstr("guest_memfd"),
                                        HasSubstr("KVM_RUN: EINTR"), HasSubstr("conversions\n")));
}

TEST(ExplainTest, WhatIsNoTopicIsToldWithWhatIsNear) {
  const Outcome outcome = RunExplain("CONV-EINVALL");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean CONV-EINVAL"));
  EXPECT_THAT(RunExplain("refcout").err, HasSubstr("did you mean refcount?"));
  EXPECT_THAT(RunExplain("hw.vender").err, HasSubstr("did you mean hw.vendor?"));
  EXPECT_THAT(RunExplain("KVM_CREATE_VN").err, HasSubstr("did you mean KVM_CREATE_VM, "));
  EXPECT_EQ(RunExplain("mmap EAGAIN").exit_code, 2) << "no scenario shows it";
}

Json JsonOf(std::string_view words) {
  const Outcome outcome = RunExplain(std::string(words) + " --format json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return Json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
}

TEST(ExplainJsonTest, AnErrnoHasWhatTheTextHas) {
  const Json json = JsonOf("KVM_SET_MEMORY_ATTRIBUTES2 EAGAIN");
  EXPECT_EQ(json["kind"], "errno");
  EXPECT_EQ(json["call"], "KVM_SET_MEMORY_ATTRIBUTES2");
  EXPECT_EQ(json["errno"], "EAGAIN");
  EXPECT_THAT(json["helps"], HasSubstr("Let go of the page"));
  EXPECT_EQ(json["checks"][0]["check"], "a page has unexpected references");
  EXPECT_EQ(json["fails"]["rule"], "CONV-EAGAIN-TWO-PINS");
  EXPECT_GT(json["works"]["line"], json["fails"]["line"]);
  EXPECT_THAT(json["fails"]["scenario"], HasSubstr("unpin(b)\n"));
  EXPECT_EQ(json["shown_on"]["x86"], Json({"rfc-v4", "next-20260923"}));
  EXPECT_FALSE(json["changes"].empty());
}

TEST(ExplainJsonTest, ATermHasWhatTheTextHas) {
  const Json json = JsonOf("content mode");
  EXPECT_EQ(json["kind"], "term");
  EXPECT_EQ(json["also"][0], "contents");
  EXPECT_THAT(json["why"], StartsWith("Between host and guest"));
  EXPECT_EQ(json["changes"][0]["rule"], "MERGED-03");
  EXPECT_EQ(json["answers"].size(), 7U * 5U);
  EXPECT_EQ(json["answers"][0]["answer"], Json(nullptr)) << "linux-6.12 has no such capability";
  EXPECT_EQ(json["answers"][3]["answer"], "3 (ZERO|PRESERVE)");
  EXPECT_EQ(json["see_also"][0], "ZERO");
  EXPECT_EQ(JsonOf("scramble")["fails"], Json(nullptr));
  EXPECT_EQ(JsonOf("SIGBUS")["errnos"][0]["call"], "host access");
}

TEST(ExplainJsonTest, OtherTopicsHaveTheirKinds) {
  const Json rule = JsonOf("CONV-EINVAL");
  EXPECT_EQ(rule["kind"], "rule");
  EXPECT_EQ(rule["area"], "conversions");
  EXPECT_EQ(rule["errnos"][0]["errno"], "EINVAL");
  EXPECT_EQ(JsonOf("EHWPOISON")["kind"], "list");
  EXPECT_EQ(JsonOf("EHWPOISON")["term"], "poison");
  const Json capability = JsonOf("129");
  EXPECT_EQ(capability["kind"], "capability");
  EXPECT_EQ(capability["value"], 11);
  EXPECT_FALSE(capability["answers"].empty());
  const Json later = JsonOf("252");
  EXPECT_EQ(later["name"], "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES");
  EXPECT_EQ(later["revision"], "next-20260923");
  EXPECT_THAT(later["note"], HasSubstr("it has no name in rfc-v4"));
  EXPECT_FALSE(later["answers"].empty());
  const Json setting = JsonOf("hw.vendor");
  EXPECT_EQ(setting["kind"], "setting");
  EXPECT_EQ(setting["archs"][0]["defaults"]["rfc-v4"], "any");
  EXPECT_EQ(setting["archs"][0]["others"][1]["value"], "amd");
  EXPECT_EQ(setting["archs"][0]["others"][1]["changes"][0]["to"], "4224");
  EXPECT_EQ(JsonOf("tdp_enabled")["kind"], "condition");
  const Json all = JsonOf("");
  EXPECT_EQ(all["calls"]["KVM_RUN"][0], "EINTR");
  EXPECT_GT(all["capabilities"].size(), 200U);
  EXPECT_GT(all["settings"].size(), 40U);
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
              HasSubstr("asked.kvmt:2: no call that fails stands there"));
}

TEST_F(ExplainFileTest, OfACallInARepeatTheTurnIsTold) {
  const std::string path =
      Write("host x86 rfc-v4\nkvm = open()\nrepeat 3 {\n  create_vm(kvm, $i+4)\n}\n");
  EXPECT_THAT(RunExplain(path).out,
              HasSubstr("asked.kvmt:4: create_vm(kvm, $i+4) (turn 2)\n  answers EINVAL\n"));
  const Json json = JsonOf(path);
  EXPECT_EQ(json["kind"], "call");
  EXPECT_EQ(json["line"], 4);
  EXPECT_EQ(json["turn"], 2);
  EXPECT_EQ(json["answer"], "EINVAL");
  EXPECT_EQ(json["changes"][0]["kind"], "argument");
  EXPECT_EQ(json["left_out"], 0);
}

// Each experiment makes all the calls before it anew.
TEST_F(ExplainFileTest, WhereExperimentsAreCutItIsTold) {
  const std::string path = Write(
      "host x86 rfc-v4\nkvm = open()\nrepeat 100000 {\n  check_extension(kvm, 1)\n}\n"
      "create_vm(kvm, 99)\n");
  const Outcome outcome = RunExplain(path);
  EXPECT_THAT(outcome.out, HasSubstr("\n  answers EINVAL\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr(" changes the first 6 were tried: more would take too long.\n"));
  EXPECT_GT(JsonOf(path)["left_out"], 0);
}

TEST_F(ExplainFileTest, WhatCantBeExplainedSaysWhy) {
  const std::string path = Write("host x86 rfc-v4\nkvm = open()\n");
  EXPECT_THAT(RunExplain(path).err, HasSubstr("no call fails on the model"));
  EXPECT_EQ(RunExplain(path).exit_code, 2);
  EXPECT_THAT(RunExplain("/no/such.kvmt").err, HasSubstr("/no/such.kvmt: can't be read"));
  EXPECT_THAT(RunExplain(Write("nonsense\n")).err, HasSubstr("asked.kvmt:1:"));
}

}  // namespace
}  // namespace kvm_model::cli
