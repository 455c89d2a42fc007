// A host line on another revision.
#include "tools/revisions/other_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvm_model/revision.h"
#include "tools/scenario/ast.h"

namespace kvm_model::revisions {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kSymbol = "CONFIG_KVM_VM_MEMORY_ATTRIBUTES";

std::expected<OtherHost, std::string> Move(std::string_view from, Settings settings,
                                           std::string_view to) {
  scenario::HostLine line;
  line.arch = "x86";
  line.revision = from;
  line.settings = std::move(settings);
  return OnRevision(line, *FindRevision(to));
}

TEST(OtherHostTest, KeepsWhatTheRevisionKnows) {
  const auto host =
      Move("rfc-v4", {{"hw.cpus", "2"}, {std::string(kSymbol), "y"}}, "next-20260923");
  ASSERT_TRUE(host.has_value()) << host.error();
  EXPECT_EQ(host->line.revision, "next-20260923");
  EXPECT_THAT(host->line.settings, ElementsAre(Pair("hw.cpus", "2"), Pair(kSymbol, "y")));
  EXPECT_THAT(host->remarks, IsEmpty());
}

TEST(OtherHostTest, ASwitchThatAnotherReplacesIsTurnedAround) {
  const auto host = Move("rfc-v4", {{std::string(kSymbol), "y"}, {"kvm.vm_memory_attributes", "0"}},
                         "next-20260923");
  ASSERT_TRUE(host.has_value()) << host.error();
  EXPECT_THAT(host->line.settings,
              ElementsAre(Pair(kSymbol, "y"), Pair("kvm.gmem_in_place_conversion", "1")));
  EXPECT_THAT(host->remarks, ElementsAre("kvm.vm_memory_attributes=0 is "
                                         "kvm.gmem_in_place_conversion=1 there"));
  const auto back = OnRevision(host->line, *FindRevision("rfc-v4"));
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_THAT(back->line.settings,
              ElementsAre(Pair(kSymbol, "y"), Pair("kvm.vm_memory_attributes", "0")));
}

TEST(OtherHostTest, WhatTheRevisionHasNotIsLeftOutAndSaid) {
  const auto host =
      Move("rfc-v4", {{std::string(kSymbol), "y"}, {"kvm.vm_memory_attributes", "0"}}, "linux-7.0");
  ASSERT_TRUE(host.has_value()) << host.error();
  EXPECT_THAT(host->line.settings, IsEmpty());
  EXPECT_EQ(host->remarks.size(), 2U);
}

TEST(OtherHostTest, AHostThatCannotBeIsRefusedWithTheRule) {
  const auto host = Move("rfc-v4", {{"hw.vendor", "intel"}, {"hw.snp", "1"}}, "next-20260923");
  ASSERT_FALSE(host.has_value());
  EXPECT_THAT(host.error(), HasSubstr("hw.snp"));
}

}  // namespace
}  // namespace kvm_model::revisions
