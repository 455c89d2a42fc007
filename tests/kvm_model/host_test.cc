#include "kvm_model/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/revision.h"
#include "kvm_model/setting.h"

namespace kvm_model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Assignments = std::vector<SettingAssignment>;

std::shared_ptr<const Host> Boots(std::string_view arch, const Assignments& settings = {},
                                  std::string_view revision = "rfc-v4") {
  auto host = Host::Create(*FindArch(arch), *FindRevision(revision), settings);
  EXPECT_TRUE(host.has_value()) << host.error().message;
  return host.value_or(nullptr);
}

HostError Refusal(std::string_view arch, const Assignments& settings,
                  std::string_view revision = "rfc-v4") {
  auto host = Host::Create(*FindArch(arch), *FindRevision(revision), settings);
  EXPECT_FALSE(host.has_value()) << "the host boots";
  return host.has_value() ? HostError{} : host.error();
}

TEST(HostTest, EveryArchitectureBootsWithItsDefaultsOnEveryRevision) {
  for (const Arch* arch : Architectures()) {
    for (const Revision& revision : Revisions()) {
      const auto host = Host::Create(*arch, revision);
      ASSERT_TRUE(host.has_value()) << arch->traits().name << " " << host.error().message;
      EXPECT_EQ(&(*host)->arch(), arch);
      EXPECT_EQ(&(*host)->revision(), &revision);
      EXPECT_EQ((*host)->page_size(), std::uint64_t{1} << (*host)->facts().page_shift);
    }
  }
}

TEST(HostTest, WhatAHostPrintsBootsTheSameHostAgain) {
  for (const Arch* arch : Architectures()) {
    for (const Revision& revision : Revisions()) {
      const std::string_view name = arch->traits().name;
      const Assignments settings = Boots(name, {}, revision.name)->Settings();
      EXPECT_THAT(settings, Not(IsEmpty()));
      const auto again = Boots(name, settings, revision.name);
      ASSERT_NE(again, nullptr) << name;
      for (const SettingAssignment& setting : again->Settings()) {
        const auto same = [&](const SettingAssignment& other) {
          return other.name == setting.name && other.value == setting.value;
        };
        EXPECT_EQ(std::ranges::count_if(settings, same), 1) << name << " " << setting.name;
      }
    }
  }
}

TEST(HostTest, NoSettingHasTwoRowsAndEachSaysWhatItMeans) {
  for (const Arch* arch : Architectures()) {
    std::vector<std::string_view> names;
    for (const Setting& setting : arch->settings()) {
      EXPECT_THAT(names, Not(::testing::Contains(setting.name)));
      names.push_back(setting.name);
      EXPECT_FALSE(setting.meaning.empty()) << setting.name;
      EXPECT_EQ(setting.exists != nullptr, !setting.absent_because.empty()) << setting.name;
    }
  }
}

TEST(HostTest, AnUnknownSettingSuggestsTheNearest) {
  const HostError error = Refusal("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTE", "y"}});
  EXPECT_EQ(error.setting, "CONFIG_KVM_VM_MEMORY_ATTRIBUTE");
  EXPECT_THAT(error.message, AllOf(HasSubstr("no setting CONFIG_KVM_VM_MEMORY_ATTRIBUTE"),
                                   HasSubstr("did you mean CONFIG_KVM_VM_MEMORY_ATTRIBUTES?")));
}

TEST(HostTest, AShortenedSettingSuggestsItsWholeName) {
  EXPECT_THAT(Refusal("x86", {{"XEN", "y"}}).message, HasSubstr("did you mean CONFIG_KVM_XEN?"));
  EXPECT_THAT(Refusal("x86", {{"KVM_XEN", "y"}}).message,
              HasSubstr("did you mean CONFIG_KVM_XEN?"));
  EXPECT_THAT(Refusal("x86", {{"vendor", "amd"}}).message, HasSubstr("did you mean hw.vendor?"));
}

TEST(HostTest, NothingIsSuggestedForSomethingElseEntirely) {
  EXPECT_THAT(Refusal("x86", {{"xyzzy", "1"}}).message, Not(HasSubstr("did you mean")));
  EXPECT_THAT(Refusal("x86", {{"", ""}}).message, Not(HasSubstr("did you mean")));
}

TEST(HostTest, ASettingIsSetOnce) {
  const HostError error = Refusal("x86", {{"hw.cpus", "4"}, {"hw.tdp", "y"}, {"hw.cpus", "4"}});
  EXPECT_EQ(error.setting, "hw.cpus");
  EXPECT_EQ(error.message, "hw.cpus is set twice");
}

TEST(HostTest, SwitchesTakeYesAndNo) {
  EXPECT_EQ((*Boots("x86", {{"CONFIG_KVM_SMM", "n"}}))["CONFIG_KVM_SMM"], 0);
  EXPECT_EQ((*Boots("x86", {{"CONFIG_KVM_SMM", "0"}}))["CONFIG_KVM_SMM"], 0);
  EXPECT_EQ((*Boots("x86", {{"CONFIG_KVM_SMM", "1"}}))["CONFIG_KVM_SMM"], 1);
  for (const std::string value : {"", "Y", "yes", "2", "m", " y"}) {
    EXPECT_THAT(Refusal("x86", {{"CONFIG_KVM_SMM", value}}).message,
                HasSubstr("the value must be y or n"))
        << value;
  }
}

TEST(HostTest, NumbersAreDecimalOrHexadecimalAndNotNegative) {
  EXPECT_EQ((*Boots("x86", {{"hw.cpus", "17"}}))["hw.cpus"], 17);
  EXPECT_EQ((*Boots("x86", {{"hw.cpus", "0x11"}}))["hw.cpus"], 17);
  for (const std::string value : {"", "-1", "1k", "0x", "99999999999999999999", "four"}) {
    EXPECT_THAT(Refusal("x86", {{"hw.cpus", value}}).message,
                HasSubstr("a number that is not negative"))
        << value;
  }
}

TEST(HostTest, SomeNumbersAreAChoice) {
  EXPECT_EQ(Boots("arm64", {{"CONFIG_PAGE_SHIFT", "16"}})->page_size(), 65536u);
  const HostError error = Refusal("arm64", {{"CONFIG_PAGE_SHIFT", "13"}});
  EXPECT_EQ(error.setting, "CONFIG_PAGE_SHIFT");
  EXPECT_THAT(error.message, HasSubstr("the value must be 12, 14, 16"));
}

TEST(HostTest, WordsAreAChoice) {
  EXPECT_EQ(Boots("x86", {{"hw.vendor", "amd"}})->Settings()[3].value, "amd");
  EXPECT_THAT(Refusal("x86", {{"hw.vendor", "zilog"}}).message,
              HasSubstr("the value must be any, intel, amd, pvm"));
}

TEST(HostTest, WhatFollowsFromOthersCanBeNamedButNotChosen) {
  EXPECT_NE(Boots("x86", {{"CONFIG_KVM_GUEST_MEMFD", "y"}}), nullptr);
  const HostError error = Refusal("x86", {{"CONFIG_KVM_GUEST_MEMFD", "n"}});
  EXPECT_EQ(error.setting, "CONFIG_KVM_GUEST_MEMFD");
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("CONFIG_KVM_GUEST_MEMFD=n can't be chosen"), HasSubstr("64-bit")));
}

TEST(HostTest, PrivateMemoryBringsGuestMemfdIn612) {
  const auto host = Boots("x86", {}, "linux-6.12");
  EXPECT_EQ(host->Get("CONFIG_KVM_PRIVATE_MEM"), 1);
  EXPECT_TRUE(host->facts().guest_memfd);
  EXPECT_THAT(Refusal("x86", {{"CONFIG_KVM_GUEST_MEMFD", "y"}}, "linux-6.12").message,
              HasSubstr("CONFIG_KVM_PRIVATE_MEM"));
  EXPECT_THAT(Refusal("x86", {{"CONFIG_KVM_PRIVATE_MEM", "y"}}).message,
              HasSubstr("CONFIG_KVM_GUEST_MEMFD"));
  const Assignments none = {{"CONFIG_KVM_SW_PROTECTED_VM", "n"}, {"CONFIG_KVM_AMD_SEV", "n"}};
  EXPECT_FALSE(Boots("x86", none, "linux-6.12")->facts().guest_memfd);
  for (const Arch* arch : Architectures()) {
    if (arch->traits().name == "x86") continue;
    EXPECT_FALSE(Boots(arch->traits().name, {}, "linux-6.12")->facts().guest_memfd);
  }
}

TEST(HostTest, TheParameterExistsOnlyWithItsKconfigSymbol) {
  EXPECT_FALSE(Boots("x86")->Get("kvm.vm_memory_attributes").has_value());
  const HostError error = Refusal("x86", {{"kvm.vm_memory_attributes", "n"}});
  EXPECT_EQ(error.setting, "kvm.vm_memory_attributes");
  EXPECT_THAT(error.message, HasSubstr("only with CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y"));

  const auto on = Boots("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
  EXPECT_EQ(on->Get("kvm.vm_memory_attributes"), 1);
  EXPECT_TRUE(on->facts().vm_memory_attributes);
  const auto off =
      Boots("x86", {{"kvm.vm_memory_attributes", "n"}, {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}});
  EXPECT_TRUE(off->facts().vm_memory_attributes_config);
  EXPECT_FALSE(off->facts().vm_memory_attributes);
}

TEST(HostTest, OlderRevisionsHaveTheSymbolWithoutTheParameter) {
  for (const std::string_view revision : {"linux-6.12", "linux-6.18", "linux-7.0"}) {
    const auto host = Boots("x86", {}, revision);
    EXPECT_EQ(host->Get("CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES"), 1);
    EXPECT_FALSE(host->Get("CONFIG_KVM_VM_MEMORY_ATTRIBUTES").has_value());
    EXPECT_TRUE(host->facts().vm_memory_attributes);
    EXPECT_THAT(Refusal("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}, revision).message,
                HasSubstr("CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES"));
    EXPECT_THAT(Refusal("x86", {{"kvm.vm_memory_attributes", "n"}}, revision).message,
                HasSubstr("does not exist here"));
  }
}

TEST(HostTest, TheMergedSwitchIsAParameterOnlyWhereBothCouldTrackAttributes) {
  constexpr std::string_view kMerged = "next-20260923";
  const Assignments no_private_vms = {{"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                                      {"CONFIG_KVM_INTEL_TDX", "n"},
                                      {"CONFIG_KVM_AMD_SEV", "n"}};
  const auto plain = Boots("x86", no_private_vms, kMerged);
  EXPECT_FALSE(plain->facts().private_mem_hook) << "guest_memfd doesn't select it";
  EXPECT_FALSE(plain->facts().in_place_conversion);
  EXPECT_FALSE(plain->Get("kvm.gmem_in_place_conversion").has_value());

  const auto files = Boots("x86", {}, kMerged);
  EXPECT_TRUE(files->facts().in_place_conversion);
  EXPECT_FALSE(files->facts().vm_memory_attributes);
  EXPECT_THAT(Refusal("x86", {{"kvm.gmem_in_place_conversion", "0"}}, kMerged).message,
              HasSubstr("only with CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y"));

  const SettingAssignment both = {"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"};
  const auto usual = Boots("x86", {both}, kMerged);
  EXPECT_EQ(usual->Get("kvm.gmem_in_place_conversion"), 0);
  EXPECT_TRUE(usual->facts().vm_memory_attributes);
  EXPECT_FALSE(usual->facts().in_place_conversion);
  const auto switched = Boots("x86", {both, {"kvm.gmem_in_place_conversion", "1"}}, kMerged);
  EXPECT_TRUE(switched->facts().vm_memory_attributes_config);
  EXPECT_FALSE(switched->facts().vm_memory_attributes);
  EXPECT_TRUE(switched->facts().in_place_conversion);
}

TEST(HostTest, TheMergedRevisionHasNeitherTheOldSwitchNorTheBaseSymbol) {
  for (const std::string name : {"CONFIG_KVM_MEMORY_ATTRIBUTES", "kvm.vm_memory_attributes"}) {
    const HostError error =
        Refusal("x86", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}, {name, "y"}}, "next-20260923");
    EXPECT_EQ(error.setting, name);
    EXPECT_TRUE(error.absent);
  }
}

TEST(HostTest, OnlyX86HasPerVmAttributes) {
  for (const Arch* arch : Architectures()) {
    if (arch->traits().name == "x86") continue;
    EXPECT_THAT(Refusal(arch->traits().name, {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}).message,
                HasSubstr("has no setting CONFIG_KVM_VM_MEMORY_ATTRIBUTES"));
    const auto host = Boots(arch->traits().name);
    EXPECT_FALSE(host->facts().vm_memory_attributes) << arch->traits().name;
    EXPECT_FALSE(host->facts().private_mem_hook) << arch->traits().name;
  }
}

TEST(HostTest, PrivateMemoryNeedsTheSymbolThatTheRevisionSays) {
  EXPECT_TRUE(Boots("x86")->facts().private_mem_hook);
  const Assignments no_private_vms = {{"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                                      {"CONFIG_KVM_INTEL_TDX", "n"},
                                      {"CONFIG_KVM_AMD_SEV", "n"}};
  EXPECT_TRUE(Boots("x86", no_private_vms)->facts().private_mem_hook) << "guest_memfd selects it";
  EXPECT_FALSE(Boots("x86", no_private_vms, "linux-7.0")->facts().private_mem_hook);
  Assignments narrow = no_private_vms;
  narrow.push_back({"CONFIG_64BIT", "n"});
  EXPECT_FALSE(Boots("x86", narrow)->facts().private_mem_hook);
}

}  // namespace
}  // namespace kvm_model
