// Which scenarios show an errno of a call, and which are shown to people.
#include "tools/explain/outcomes.h"

#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::explain {
namespace {

scenario::Scenario Parsed(std::string_view text) { return scenario::Parse("x.kvmt", text).value(); }

std::vector<const Shown*> AllOf(const std::vector<Shown>& shown) {
  std::vector<const Shown*> all;
  for (const Shown& one : shown) all.push_back(&one);
  return all;
}

TEST(OutcomesTest, SignalsAndExitsAreFailuresToo) {
  const std::vector<scenario::Scenario> suite = {
      Parsed("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, SW_PROTECTED)\n"
             "gmem = create_guest_memfd(vm, 1p, MMAP)\nmap = mmap(gmem, 0, 1p)\n"
             "host_read(map, 0) -> SIGBUS\nhost_read(NULL, 0) -> SIGSEGV\n"
             "guest_read(vm, 4G) -> MMIO\nguest_read(vm, 4G, private) -> MEMORY_FAULT\n")};
  const Outcomes outcomes = FindOutcomes(suite);
  EXPECT_EQ(outcomes.failures.at({"host access", "SIGBUS"}).front().line, 6);
  EXPECT_EQ(outcomes.failures.at({"host access", "SIGSEGV"}).front().line, 7);
  EXPECT_EQ(outcomes.failures.at({"guest access", "MMIO"}).front().line, 8);
  EXPECT_EQ(outcomes.failures.at({"guest access", "MEMORY_FAULT"}).front().line, 9);
}

TEST(OutcomesTest, CallsGoByTheKernelsNames) {
  const std::vector<scenario::Scenario> suite = {
      Parsed("host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, 99) -> EINVAL\n"
             "ioctl(kvm, KVM_GET_API_VERSION, 1) -> EINVAL\nioctl(kvm, 0x1234, 0) -> EINVAL\n"
             "vm = create_vm(kvm)\nresident(vm) -> EBADF\n")};
  const Outcomes outcomes = FindOutcomes(suite);
  EXPECT_TRUE(outcomes.failures.contains({"KVM_CREATE_VM", "EINVAL"}));
  EXPECT_TRUE(outcomes.failures.contains({"KVM_GET_API_VERSION", "EINVAL"}));
  EXPECT_TRUE(outcomes.failures.contains({"ioctl", "EINVAL"}));
  EXPECT_EQ(outcomes.failures.size(), 3U) << "a look at the model is no call";
  EXPECT_EQ(outcomes.successes.at("KVM_CREATE_VM").front().line, 6);
}

TEST(OutcomesTest, AFailureCountsWhereTheScenarioExpectsIt) {
  const std::vector<scenario::Scenario> suite = {
      Parsed("host x86 rfc-v4\nkvm = open()\nclose(99)\nclose(98) -> EBADF\n")};
  EXPECT_TRUE(FindOutcomes(suite).failures.empty()) << "the first failure ends the scenario";
}

// The second scenario is longer, and shows the failure and the call that works.
TEST(OutcomesTest, AnExampleWithBothIsTaken) {
  const std::vector<scenario::Scenario> suite = {
      Parsed("host x86 rfc-v4\nkvm = open()\ncreate_vm(kvm, 99) -> EINVAL\n"),
      Parsed("host x86 rfc-v4\nkvm = open()\ncreate_vm(kvm, 99) -> EINVAL\ncreate_vm(kvm)\n"),
      Parsed("host arm64 rfc-v4\nkvm = open()\ncreate_vm(kvm) -> fd\n")};
  const Outcomes outcomes = FindOutcomes(suite);
  const std::vector<const Shown*> failures =
      AllOf(outcomes.failures.at({"KVM_CREATE_VM", "EINVAL"}));
  const std::vector<const Shown*> successes = AllOf(outcomes.successes.at("KVM_CREATE_VM"));
  const Example both = SimplestExample(suite, failures, successes);
  EXPECT_EQ(both.fails->scenario, 1U);
  EXPECT_EQ(both.works->scenario, 1U);
  EXPECT_EQ(both.works->line, 4);
  const Example apart = SimplestExample(suite, {failures.data(), 1}, successes);
  EXPECT_EQ(apart.fails->scenario, 0U);
  EXPECT_EQ(apart.works->scenario, 1U) << "of the same architecture";
  EXPECT_EQ(SimplestExample(suite, failures, {}).works, nullptr);
  const Example works = SimplestExample(suite, {}, successes);
  EXPECT_EQ(works.fails, nullptr);
  EXPECT_EQ(works.works->scenario, 1U) << "on x86";
}

}  // namespace
}  // namespace kvm_model::explain
