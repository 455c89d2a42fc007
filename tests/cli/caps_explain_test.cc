#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "nlohmann/json.hpp"
#include "tests/cli/command_line.h"
#include "tools/cli/capability_query.h"
#include "tools/cli/host_spec.h"
#include "tools/cli/presets.h"
#include "tools/cli/step_glossary.h"

namespace kvm_model::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

// The part of the text under a heading.
std::string Section(const std::string& text, std::string_view heading) {
  const std::size_t start = text.find("\n" + std::string(heading) + "\n");
  if (start == std::string::npos) return {};
  return text.substr(start + 1, text.find("\n\n", start + 1) - start);
}

// The changes that a JSON explanation tells, as "kind change value".
std::vector<std::string> Changes(const Json& json) {
  std::vector<std::string> changes;
  for (const Json& change : json["changes"]) {
    const std::string answer =
        change["value"].is_null() ? change["errno"].dump() : change["value"].dump();
    changes.push_back(absl::StrFormat("%s %s %s", std::string(change["kind"]),
                                      std::string(change["change"]), answer));
  }
  return changes;
}

TEST(CapsExplainTest, TellsWhyX2apicApiIsElevenAndWhatMakesItFifteen) {
  const std::string text = RunCaps("explain KVM_CAP_X2APIC_API --scope vm").out;
  EXPECT_THAT(text, HasSubstr("The answer is 11:\n"
                              "  yes           1  KVM_X2APIC_API_USE_32BIT_IDS\n"
                              "  yes           2  KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK\n"
                              "  no            4  KVM_X2APIC_ENABLE_SUPPRESS_EOI_BROADCAST\n"
                              "  yes           8  KVM_X2APIC_DISABLE_SUPPRESS_EOI_BROADCAST\n"));
  EXPECT_THAT(Section(text, "What it is"), HasSubstr("The answer is a set of flags"));
  EXPECT_THAT(Section(text, "How it is decided"),
              HasSubstr("irqchip_split(kvm) is false (the program has not taken over"));
  EXPECT_THAT(Section(text, "How sure this is"), HasSubstr("Known"));
  EXPECT_THAT(Section(text, "What would change it"),
              AllOf(HasSubstr("/dev/kvm -> 15: also ENABLE_SUPPRESS_EOI_BROADCAST"),
                    HasSubstr("KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP, 24) -> 15: also "
                              "ENABLE_SUPPRESS_EOI_BROADCAST\n"
                              "      as irqchip_split(kvm) is true: the program emulates")));
  EXPECT_THAT(Section(text, "Tried, and the answer stays the same"), HasSubstr("SW_PROTECTED"));
}

TEST(CapsExplainTest, JsonHasTheFieldsOfGetAndTheTrail) {
  const Json json = CapsJson("explain X2APIC_API");
  const Json get = CapsJson("get X2APIC_API");
  for (const auto& [field, value] : get.items()) EXPECT_EQ(json[field], value) << field;
  EXPECT_TRUE(json["meaning"].is_string());
  EXPECT_THAT(std::string(json["documented"]), HasSubstr("7.7"));
  EXPECT_TRUE(json.contains("gates"));
  const Json& trail = json["trail"];
  ASSERT_GE(trail.size(), 3U);
  EXPECT_EQ(trail[0]["function"], "kvm_vm_ioctl_check_extension_generic");
  EXPECT_EQ(trail[0]["kind"], "enter");
  EXPECT_EQ(trail.back()["kind"], "value");
  EXPECT_EQ(trail.back()["number"], 11);
  const auto split = std::ranges::find_if(
      trail, [](const Json& step) { return step.value("condition", "") == "irqchip_split(kvm)"; });
  ASSERT_NE(split, trail.end());
  EXPECT_EQ((*split)["outcome"], false);
  EXPECT_EQ((*split)["text"], "irqchip_split(kvm) is false");
  EXPECT_THAT(Changes(json), Contains("call KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP, 24) 15"));
}

TEST(CapsExplainTest, CsvHasARowForEachChange) {
  EXPECT_THAT(RunCaps("explain MSI_DEVID --arch arm64 --format csv").out,
              AllOf(HasSubstr("kind,change,answer\nasked,arm64/rfc-v4/DEFAULT,0\n"),
                    HasSubstr("scope,/dev/kvm,EINVAL\n")));
}

// Each change that is told is a host that `caps get` can be asked about, and gives that answer.
TEST(CapsExplainTest, ToldChangesAreWhatGetAnswers) {
  for (const std::string_view name : {"VM_TYPES", "GUEST_MEMFD_MEMORY_ATTRIBUTES", "NR_VCPUS",
                                      "MAX_VCPUS", "X86_SMM", "MEMORY_ATTRIBUTES2_FLAGS"}) {
    const Json explanation = CapsJson(absl::StrFormat("explain %s", name));
    for (const Json& change : explanation["changes"]) {
      std::string options;
      const std::string what = change["change"];
      if (change["kind"] == "scope") options = "--scope system";
      if (change["kind"] == "vm_type") options = "--vm-type " + what;
      if (change["kind"] == "revision") options = "--revision " + what;
      if (change["kind"] == "setting") options = "--set " + what;
      if (options.empty()) continue;
      const Json get = CapsJson(absl::StrFormat("get %s %s", name, options));
      EXPECT_EQ(get["value"], change["value"]) << name << " " << what;
      EXPECT_EQ(get["errno"], change["errno"]) << name << " " << what;
    }
  }
}

TEST(CapsExplainTest, EverySettingIsTriedOrRefused) {
  const Json json = CapsJson("explain VM_TYPES --host x86-snp-host");
  EXPECT_THAT(Changes(json), Contains("setting CONFIG_KVM_SW_PROTECTED_VM=n 29"));
  EXPECT_THAT(Changes(json), Contains("setting hw.vendor=any 63"));
  // Without SEV-SNP the VM that is asked can't be made.
  EXPECT_THAT(Changes(json), Not(Contains(HasSubstr("hw.snp=n"))));
  EXPECT_THAT(json["without_effect"],
              Contains(Json::parse(R"({"kind": "setting", "change": "hw.cpus"})")));
}

TEST(CapsExplainTest, PlainNumbersAreTriedAroundTheirValue) {
  const std::vector<std::string> changes = Changes(CapsJson("explain NR_VCPUS"));
  for (const std::string_view each :
       {"hw.cpus=4 4", "hw.cpus=7 7", "hw.cpus=9 9", "hw.cpus=16 16"}) {
    EXPECT_THAT(changes, Contains("setting " + std::string(each)));
  }
}

TEST(CapsExplainTest, TwoChangesAreTriedWhereNoneAloneHelps) {
  const Outcome outcome = RunCaps("explain MEMORY_ATTRIBUTES2");
  EXPECT_THAT(outcome.out, HasSubstr("SNP with CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y -> 8"));
  EXPECT_THAT(RunCaps("explain ARM_EL2 --arch arm64").out, HasSubstr("host arm64-nested -> 1"));
}

TEST(CapsExplainTest, CallsOnTheVmComeFirst) {
  EXPECT_THAT(Changes(CapsJson("explain MSI_DEVID --arch arm64")),
              Contains("call KVM_CREATE_DEVICE(KVM_DEV_TYPE_ARM_VGIC_ITS) 1"));
  EXPECT_THAT(Changes(CapsJson("explain PPC_SMT --arch powerpc")),
              Contains("call KVM_ENABLE_CAP(KVM_CAP_PPC_SMT, 8) 8"));
  // Nobody can call anything on a VM before /dev/kvm is asked.
  EXPECT_THAT(Changes(CapsJson("explain X2APIC_API --scope system")),
              Not(Contains(HasSubstr("call "))));
}

TEST(CapsExplainTest, ANameThatTheRevisionLacksIsToldSo) {
  const std::string text = RunCaps(
                               "explain MEMORY_ATTRIBUTES2_FLAGS --host "
                               "x86-snp-host/linux-7.0")
                               .out;
  EXPECT_THAT(text, HasSubstr("linux-7.0 has no capability of this name"));
  EXPECT_THAT(Section(text, "What would change it"), HasSubstr("rfc-v4 -> 1"));
}

TEST(CapsExplainTest, ANumberWithAnotherMeaningElsewhereIsToldSo) {
  EXPECT_THAT(RunCaps("explain 250").out, HasSubstr("250 means this in rfc-v4 only"));
}

TEST(CapsExplainTest, ANumberWithoutANameIsExplained) {
  const Outcome outcome = RunCaps("explain 9999");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("no name (9999)"));
  EXPECT_THAT(outcome.out, HasSubstr("The answer is 0."));
  EXPECT_TRUE(CapsJson("explain 9999")["meaning"].is_null());
}

TEST(CapsExplainTest, ANegativeAnswerIsACallThatFails) {
  EXPECT_THAT(RunCaps("explain MSI_DEVID --arch arm64 --scope system").out,
              HasSubstr("\nThe call fails with EINVAL.\n"));
}

TEST(CapsExplainTest, WhatIsInferredIsToldWithTheNote) {
  const std::string text = RunCaps("explain MAX_VCPUS --host x86-tdx-host").out;
  EXPECT_THAT(Section(text, "How sure this is"), HasSubstr("Inferred"));
  EXPECT_THAT(Section(text, "How sure this is"), HasSubstr("processors"));
}

TEST(CapsExplainTest, EveryCapabilityOfEveryPresetIsExplained) {
  for (const Preset& preset : Presets()) {
    const std::string host = " --host " + std::string(preset.name);
    const Json list = CapsJson("list --all" + host);
    // A tenth of them: the whole is thousands of hosts that are booted.
    for (std::size_t i = 0; i < list.size(); i += 10) {
      const Outcome outcome = RunCaps("explain " + std::string(list[i]["name"]) + host);
      EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
      EXPECT_THAT(outcome.out, HasSubstr("What would change it"));
    }
  }
}

// A row of the glossary that no trail records explains nothing.
TEST(StepGlossaryTest, EachTextIsOneThatSomeTrailRecords) {
  std::set<std::string_view> unseen;
  for (const StepAbout& row : StepGlossary()) {
    EXPECT_TRUE(unseen.insert(row.text).second) << row.text << " stands twice";
    EXPECT_THAT(row.holds, Not(IsEmpty())) << row.text;
  }
  for (const Preset& preset : Presets()) {
    for (const std::string_view revision : {preset.revision, Revisions().front().name}) {
      const auto spec = ParseHostSpec(absl::StrFormat("%s/%s", preset.name, revision));
      ASSERT_TRUE(spec.has_value());
      const auto host = CreateHost(*spec);
      if (!host.has_value() && revision != preset.revision) continue;
      ASSERT_TRUE(host.has_value());
      const auto asker = CapabilityAsker::Open(*host, spec->vm_type);
      ASSERT_TRUE(asker.has_value());
      for (const CapabilityName& name : CapabilitiesOf(**host)) {
        for (const TrailStep& step : (*asker)->Ask(name).trail) unseen.erase(step.text);
      }
    }
  }
  EXPECT_THAT(unseen, IsEmpty());
}

}  // namespace
}  // namespace kvm_model::cli
