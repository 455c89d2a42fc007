// Why a call fails, and which single change lets it succeed.
#include "tools/explain/why_not.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::explain {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::optional<WhyNot> Explain(std::string_view text, std::optional<int> line = std::nullopt) {
  return ExplainFailure(scenario::Parse("x.kvmt", text).value(), line);
}

std::vector<std::string> TextsOf(const WhyNot& why, Change::Kind kind) {
  std::vector<std::string> texts;
  for (const Change& change : why.experiments.changes) {
    if (change.kind == kind) texts.push_back(change.text);
  }
  return texts;
}

constexpr std::string_view kPinned = R"(host x86 rfc-v4
kvm = open()
vm = create_vm(kvm, SW_PROTECTED)
gmem = create_guest_memfd(vm, size=4p, flags=MMAP|INIT_SHARED)
map = mmap(gmem, 0, 4p)
pin = pin(map, 1p)
set_memory_attributes2(gmem, 0, 4p, PRIVATE, PRESERVE) -> 0
)";

TEST(WhyNotTest, ThePinIsWhatHasToGo) {
  const auto why = Explain(kPinned);
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->line, 7);
  EXPECT_EQ(why->answer, "EAGAIN error_offset=0x1000");
  EXPECT_EQ(why->function, "__kvm_gmem_set_attributes");
  EXPECT_EQ(why->check, "a page has unexpected references");
  EXPECT_THAT(why->trail, HasSubstr("a page has unexpected references: yes (first page=1)"));
  // Without the mapping the pin fails: that is another scenario.
  EXPECT_THAT(TextsOf(*why, Change::Kind::kLeaveOut), ElementsAre("pin = pin(map, 1p)"));
  EXPECT_THAT(TextsOf(*why, Change::Kind::kArgument),
              Contains("set_memory_attributes2(gmem, 0, 1p, PRIVATE, PRESERVE)"));
}

TEST(WhyNotTest, TheTypeOfTheVmCanBeTheReason) {
  const auto why = Explain(R"(host x86 rfc-v4
kvm = open()
vm = create_vm(kvm, SNP)
gmem = create_guest_memfd(vm, size=4p)
set_memory_attributes2(gmem, 0, 4p, 0, PRESERVE)
)");
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(TextsOf(*why, Change::Kind::kEarlier),
              Contains("vm = create_vm(kvm, type=SW_PROTECTED)"));
  EXPECT_THAT(TextsOf(*why, Change::Kind::kArgument),
              Contains("set_memory_attributes2(gmem, 0, 4p, 0, flags=ZERO)"));
}

TEST(WhyNotTest, TheHostAndTheRevisionCanBeTheReason) {
  const auto why =
      Explain(R"(host x86 rfc-v4 kvm.vm_memory_attributes=1 CONFIG_KVM_VM_MEMORY_ATTRIBUTES=y
kvm = open()
vm = create_vm(kvm, SW_PROTECTED)
gmem = create_guest_memfd(vm, size=4p)
set_memory_attributes2(gmem, 0, 4p, 0)
)");
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->answer, "ENOTTY error_offset=unwritten");
  EXPECT_THAT(TextsOf(*why, Change::Kind::kSetting), Contains("kvm.vm_memory_attributes=n"));
  const auto old = Explain(R"(host x86 linux-7.0
kvm = open()
vm = create_vm(kvm, SW_PROTECTED)
gmem = create_guest_memfd(vm, size=4p)
set_memory_attributes2(gmem, 0, 4p, 0)
)");
  ASSERT_TRUE(old.has_value());
  EXPECT_THAT(TextsOf(*old, Change::Kind::kRevision), ElementsAre("rfc-v4", "next-20260923"));
}

TEST(WhyNotTest, ALineChoosesAmongFailures) {
  constexpr std::string_view kTwo = R"(host x86 rfc-v4
kvm = open()
create_vm(kvm, 99) -> EINVAL
close(77) -> EBADF
)";
  EXPECT_EQ(Explain(kTwo)->line, 3);
  EXPECT_EQ(Explain(kTwo, 4)->line, 4);
  EXPECT_EQ(Explain(kTwo, 4)->answer, "EBADF");
  EXPECT_FALSE(Explain(kTwo, 2).has_value());
  EXPECT_FALSE(Explain(kTwo, 99).has_value());
}

TEST(WhyNotTest, WhatHoldsHasNothingToExplain) {
  EXPECT_FALSE(Explain("host x86 rfc-v4\nkvm = open()\n").has_value());
  EXPECT_FALSE(Explain("host x86 rfc-v4\n").has_value());
}

TEST(WhyNotTest, EachValueIsTriedOnce) {
  const auto why = Explain("host x86 rfc-v4\nkvm = open()\ncreate_vm(kvm, 77)\n");
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(TextsOf(*why, Change::Kind::kArgument),
              ElementsAre("create_vm(kvm, type=0)", "create_vm(kvm, type=SW_PROTECTED)",
                          "create_vm(kvm, type=SEV)", "create_vm(kvm, type=SEV_ES)",
                          "create_vm(kvm, type=SNP)", "create_vm(kvm, type=TDX)"));
}

TEST(WhyNotTest, TheCheckIsTheOneThatDecided) {
  const auto why = Explain(
      "host x86 linux-6.18\nkvm = open()\nvm = create_vm(kvm)\n"
      "set_memory_attributes2(vm, 0, 1p, 0)\n");
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->check, "the revision has it on a VM");
}

constexpr std::string_view kRepeated = R"(host x86 rfc-v4
kvm = open()
vm = create_vm(kvm, SW_PROTECTED)
gmem = create_guest_memfd(vm, size=4p, flags=MMAP|INIT_SHARED)
map = mmap(gmem, 0, 4p)
pin(map, 2p)
repeat 3 {
  resident(gmem) -> [2,3)
  repeat 2 {
    set_memory_attributes2(gmem, $ip+1p, 1p, PRIVATE, PRESERVE)
  }
}
close(99)
)";

TEST(WhyNotTest, OfARepeatTheFirstTurnThatFailsIsExplained) {
  for (const std::optional<int> line : {std::optional<int>(), std::optional<int>(10)}) {
    const auto why = Explain(kRepeated, line);
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->line, 10);
    EXPECT_EQ(why->turn, 1U);
    EXPECT_EQ(why->answer, "EAGAIN error_offset=0x2000");
    EXPECT_THAT(why->trail, HasSubstr("a page has unexpected references: yes (first page=2)"));
    EXPECT_THAT(TextsOf(*why, Change::Kind::kLeaveOut), ElementsAre("pin(map, 2p)"));
    EXPECT_THAT(TextsOf(*why, Change::Kind::kArgument),
                Contains("set_memory_attributes2(gmem, 1p, 1p, PRIVATE, PRESERVE)"));
  }
  EXPECT_EQ(Explain(kRepeated, 13)->turn, std::nullopt);
}

// A change of the line is one in every turn: it must not make an earlier one fail.
TEST(WhyNotTest, AChangeInARepeatIsOneInEachTurn) {
  const auto why = Explain(R"(host x86 rfc-v4
kvm = open()
repeat 6 {
  vm = create_vm(kvm, $i+4)
  create_guest_memfd(vm, 1p)
}
)");
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->line, 4);
  EXPECT_EQ(why->turn, 2U);
  EXPECT_THAT(TextsOf(*why, Change::Kind::kArgument), Contains("vm = create_vm(kvm, type=SNP)"));
}

TEST(WhyNotTest, ExperimentsAreBoundedAndTellIt) {
  const scenario::Scenario pinned = scenario::Parse("x.kvmt", kPinned).value();
  const auto all = ExplainFailure(pinned, std::nullopt);
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->experiments.left_out, 0U);
  const auto few = ExplainFailure(pinned, std::nullopt, {.experiments = 5});
  EXPECT_EQ(few->experiments.tried, 5U);
  EXPECT_EQ(few->experiments.left_out, all->experiments.tried - 5);
  EXPECT_THAT(TextsOf(*few, Change::Kind::kLeaveOut), ElementsAre("pin = pin(map, 1p)"));
  // Each makes six calls: of thirteen the third experiment is the last.
  const auto short_of_calls = ExplainFailure(pinned, std::nullopt, {.calls = 13});
  EXPECT_EQ(short_of_calls->experiments.tried, 3U);
}

TEST(WhyNotTest, WhereNoChangeHelpsThereIsNone) {
  const auto why = Explain("host x86 rfc-v4\nclose(77)\n");
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(why->experiments.changes, IsEmpty());
  EXPECT_THAT(why->trail, Not(IsEmpty()));
}

}  // namespace
}  // namespace kvm_model::explain
