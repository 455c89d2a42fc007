// The matrix's parts: worlds, scenarios moved there, what a cell finds out, and the list of cells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tests/matrix/cell.h"
#include "tests/matrix/cell_list.h"
#include "tests/matrix/judge.h"
#include "tests/matrix/world.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::matrix {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
using scenario::Scenario;
using Outcome = scenario::Verdict::Outcome;

const World kMergedTdx = {"x86", "next-20260923", {{"CONFIG_KVM_AMD_SEV", "n"}}, "TDX"};

Scenario Parsed(std::string_view text) { return scenario::Parse("a.kvmt", text).value(); }

std::string Moved(std::string_view text, const World& world) {
  const auto moved = InWorld(Parsed(text), world);
  return moved.has_value() ? scenario::PrintScenario(*moved) : moved.error();
}

// ---- Worlds ----

std::set<std::string> Names() {
  std::set<std::string> names;
  for (const World& world : ComparedWorlds()) names.insert(NameOf(world));
  return names;
}

TEST(WorldsTest, EachIsThereOnce) { EXPECT_EQ(Names().size(), ComparedWorlds().size()); }

TEST(WorldsTest, HaveTheVmTypesThatTheirKernelCanCreate) {
  EXPECT_THAT(Names(),
              AllOf(Contains("x86/rfc-v4/SNP"), Contains("x86/rfc-v4/SNP,CONFIG_KVM_INTEL_TDX=n"),
                    Not(Contains("x86/rfc-v4/SNP,CONFIG_KVM_AMD_SEV=n")),
                    Contains("x86/next-20260923/TDX,CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y,"
                             "kvm.gmem_in_place_conversion=1"),
                    Contains("arm64/next-20260923/DEFAULT"), Not(Contains("x86/linux-6.12/TDX")),
                    // It is off by default there: the same world again.
                    Not(Contains("x86/linux-6.12/SNP,CONFIG_KVM_INTEL_TDX=n"))));
}

TEST(InWorldTest, NamedVmTypesAreTheWorlds) {
  EXPECT_EQ(Moved("host x86 rfc-v4\nkvm = open()\ncreate_vm(kvm)\ncreate_vm(kvm, SNP)\n"
                  "repeat 2 {\n  create_vm(kvm, type=SEV)\n}\ncreate_vm(kvm, 9) -> EINVAL\n",
                  kMergedTdx),
            "host x86 next-20260923 CONFIG_KVM_AMD_SEV=n\n\nkvm = open()\n"
            "create_vm(kvm, type=TDX)\ncreate_vm(kvm, type=TDX)\n"
            "repeat 2 {\n  create_vm(kvm, type=TDX)\n}\ncreate_vm(kvm, 9) -> EINVAL\n");
}

TEST(InWorldTest, OtherSettingsStay) {
  EXPECT_THAT(Moved("host x86 rfc-v4 hw.maxphyaddr=40 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y "
                    "kvm.vm_memory_attributes=0 hw.vendor=amd\nkvm = open()\n",
                    kMergedTdx),
              HasSubstr("host x86 next-20260923 hw.maxphyaddr=40 CONFIG_KVM_AMD_SEV=n\n"));
}

TEST(InWorldTest, WhatCannotBeThereSaysWhy) {
  EXPECT_EQ(Moved("host arm64 rfc-v4\nkvm = open()\n", kMergedTdx), "it is about arm64");
  EXPECT_THAT(Moved("host x86 rfc-v4 hw.tdp=n hw.tdx=y\nkvm = open()\n", kMergedTdx),
              HasSubstr("there is no such host: "));
}

TEST(InWorldTest, ARuleWithoutVmsIsTheSameForEachType) {
  EXPECT_FALSE(MakesVms(Parsed("host x86 rfc-v4\nkvm = open()\n")));
  EXPECT_TRUE(MakesVms(Parsed("host x86 rfc-v4\nkvm = open()\nrepeat 2 {\n create_vm(kvm)\n}\n")));
}

// ---- What a cell finds out ----

constexpr std::string_view kConversion =
    "# A page becomes private.\n"
    "rule CONV-X\n"
    "host x86 rfc-v4\n"
    "kvm = open()\n"
    "vm = create_vm(kvm, SW_PROTECTED)\n"
    "gmem = create_guest_memfd(vm, 4p, flags=MMAP|INIT_SHARED)\n"
    "repeat 2 {\n"
    "  set_memory_attributes2(gmem, $ip, 1p, PRIVATE, ZERO) -> EOPNOTSUPP\n"
    "}\n";

TEST(JudgeTest, RepeatsAreUnrolled) {
  EXPECT_THAT(scenario::PrintScenario(Unrolled(Parsed(kConversion))),
              AllOf(HasSubstr("(gmem, 0p, 1p, PRIVATE, ZERO)\n"),
                    HasSubstr("(gmem, 1p, 1p, PRIVATE, ZERO)\n"), Not(HasSubstr("repeat"))));
}

TEST(JudgeTest, AsWrittenTheExpectationsCount) {
  const Scenario wrong = Parsed("host x86 rfc-v4\nopen() -> EINVAL\n");
  const Judgement judged = AsWritten(wrong, 1);
  EXPECT_EQ(judged.verdict.outcome, Outcome::kFail);
  EXPECT_EQ(judged.verdict.line, 2);
}

TEST(JudgeTest, ComparedOnlyTheTwinCounts) {
  const Judgement judged = Compared(Parsed("host x86 rfc-v4\nopen() -> EINVAL\n"), /*seed=*/1);
  EXPECT_EQ(judged.verdict.outcome, Outcome::kPass);
}

TEST(JudgeTest, BytesThatNobodyKnowsAreNoDifference) {
  const Scenario scrambled = Parsed(
      "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, SW_PROTECTED)\n"
      "gmem = create_guest_memfd(vm, 4p, flags=MMAP|INIT_SHARED)\n"
      "map = mmap(gmem, 0, 4p)\nhost_write(map, 0, 'x')\n"
      "set_memory_attributes2(gmem, 0, 4p, PRIVATE)\n"
      "set_memory_attributes2(gmem, 0, 4p, attributes=0)\nhost_read(map, 0)\n");
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(Compared(scrambled, seed).verdict.outcome, Outcome::kPass);
  }
}

// The model has fewer addresses than a process: docs/fidelity.md.
TEST(JudgeTest, ADifferenceIsShownByAScenario) {
  const Judgement judged =
      Compared(Parsed("# Far too much.\nrule GMEM-X\nhost x86 rfc-v4\nkvm = open()\n"
                      "mmap(-1, 0, 30T, prot=none, flags=PRIVATE|ANONYMOUS)\n"),
               /*seed=*/1);
  EXPECT_EQ(judged.verdict.outcome, Outcome::kFail);
  EXPECT_EQ(judged.verdict.expected, "ok");
  EXPECT_EQ(judged.verdict.actual, "ENOMEM");
  EXPECT_THAT(judged.verdict.trail, HasSubstr("not so many addresses"));
  const Judgement again = AsWritten(judged.shown, 1);
  EXPECT_EQ(again.verdict.outcome, Outcome::kFail);
  EXPECT_EQ(again.verdict.actual, "ENOMEM");
  EXPECT_EQ(judged.shown.rule, "GMEM-X");
}

TEST(JudgeTest, WhatTheTwinHasNotGotIsSkipped) {
  const Judgement judged = Compared(
      Parsed("host x86 rfc-v4\nkvm = open()\ncheck_extension(kvm, KVM_CAP_HLT) -> 1\n"), 1);
  EXPECT_EQ(judged.verdict.outcome, Outcome::kSkip);
  EXPECT_EQ(judged.verdict.reason, "the twin doesn't answer this capability");
  EXPECT_EQ(Compared(Parsed("host x86 rfc-v4\nopen() -> any\n"), 1).verdict.outcome,
            Outcome::kSkip);
}

TEST(CellTest, ReportsEachKindOfCallsOnce) {
  Scenario other = Parsed(kConversion);
  other.file = "b.kvmt";
  other.host.revision = "linux-7.0";
  Tables tables;
  tables.areas = {{"CONV-", "conversions", "a text"}};
  std::ostringstream out;
  EXPECT_TRUE(RunCell({Parsed(kConversion), other}, tables,
                      {kMergedTdx, "model " + NameOf(kMergedTdx), 7}, out));
  const Json report = Json::parse(out.str());
  ASSERT_EQ(report["scenarios"].size(), 1U);
  EXPECT_EQ(report["scenarios"][0]["backend"], "model x86/next-20260923/TDX,CONFIG_KVM_AMD_SEV=n");
  EXPECT_EQ(report["rules"][0]["sentence"], "A page becomes private.");
  EXPECT_EQ(report["areas"][0]["document"], "a text");
}

// ---- The list ----

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CellListTest, CellsBzlIsFresh) {
  const auto suite = cli::LoadRuleSuite();
  ASSERT_TRUE(suite.has_value());
  const std::vector<World> worlds = ComparedWorlds();
  EXPECT_TRUE(ReadFile("tests/matrix/cells.bzl") == RenderCells(ListCells(*suite, worlds), worlds))
      << "bazel run //tests/matrix:render_cells makes it anew";
}

// "82,967" of 82967, as a page writes numbers of this size.
std::string WithComma(std::size_t number) {
  return number < 1000 ? std::to_string(number)
                       : absl::StrFormat("%d,%03d", number / 1000, number % 1000);
}

TEST(CellListTest, ThePageHasItsSize) {
  const auto suite = cli::LoadRuleSuite();
  ASSERT_TRUE(suite.has_value());
  const std::vector<World> worlds = ComparedWorlds();
  const std::vector<RuleCells> rules = ListCells(*suite, worlds);
  std::size_t written = 0;
  std::size_t compared = 0;
  for (const RuleCells& rule : rules) {
    written += rule.written.size();
    for (const World& world : worlds) {
      const bool makes_a_difference = rule.makes_vms || world.vm_type == "DEFAULT";
      if (rule.compared.contains(world.arch) && makes_a_difference) ++compared;
    }
  }
  EXPECT_THAT(
      ReadFile("docs/matrix.md"),
      AllOf(HasSubstr(absl::StrFormat("| rules | %d |\n", rules.size())),
            HasSubstr(absl::StrFormat("| worlds that are compared | %d |\n", worlds.size())),
            HasSubstr("| cells as written | " + WithComma(written) + " |\n"),
            HasSubstr("| cells that are compared | " + WithComma(compared) + " |\n")));
}

TEST(CellListTest, EachRuleHasACell) {
  const auto suite = cli::LoadRuleSuite();
  ASSERT_TRUE(suite.has_value());
  const std::vector<RuleCells> list = ListCells(*suite, ComparedWorlds());
  EXPECT_EQ(list.size(), suite->catalogue.rules.size());
  std::size_t compared = 0;
  for (const RuleCells& rule : list) {
    EXPECT_FALSE(rule.written.empty()) << rule.rule;
    compared += rule.compared.size();
  }
  EXPECT_GT(compared, 350U);
}

}  // namespace
}  // namespace kvm_model::matrix
