// s390's huge pages behind guests: KVM_CAP_S390_HPAGE_1M and KVM_CAP_S390_HPAGE_2G.
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Cap;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

Result<std::int64_t> Enable(Machine& machine, int vm, std::int64_t capability,
                            std::uint32_t flags = 0) {
  return machine.EnableCap(vm, static_cast<std::uint32_t>(capability), /*arg=*/0, flags);
}

// Pages of a size that guests may be backed by: since which revision, and what allows them.
struct HugePages {
  std::string name;
  std::string revision;
  std::int64_t capability;
  Settings settings;
};

void PrintTo(const HugePages& pages, std::ostream* out) { *out << pages.name; }

Settings Uncontrolled(Settings settings) {
  settings.push_back({"CONFIG_KVM_S390_UCONTROL", "y"});
  return settings;
}

class S390HugePagesTest : public ::testing::TestWithParam<HugePages> {};

TEST_P(S390HugePagesTest, AUserControlledVmHasNone) {
  const auto& [name, revision, capability, settings] = GetParam();
  for (const bool allowed : {false, true}) {
    Machine machine("s390", Uncontrolled(allowed ? settings : Settings{}), revision);
    const int answer = allowed ? 1 : 0;
    EXPECT_THAT(machine.Check(machine.kvm(), capability), Answers(answer));
    EXPECT_THAT(machine.Check(*machine.CreateVm(), capability), Answers(answer));
    EXPECT_THAT(machine.Check(*machine.CreateVm(uapi::kVmS390Ucontrol), capability), Answers(0));
  }
}

TEST_P(S390HugePagesTest, AreEnabledBeforeTheFirstVcpu) {
  const auto& [name, revision, capability, settings] = GetParam();
  Machine machine("s390", settings, revision);
  const int vm = *machine.CreateVm();
  EXPECT_THAT(Enable(machine, vm, capability, /*flags=*/1), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(Enable(machine, vm, capability), Answers(0));
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(Enable(machine, vm, capability), FailsWith(Errno::kEBUSY));
}

TEST_P(S390HugePagesTest, AreRefusedWhereTheyAreNotAllowed) {
  const auto& [name, revision, capability, settings] = GetParam();
  Machine machine("s390", {}, revision);
  const int vm = *machine.CreateVm();
  EXPECT_THAT(Enable(machine, vm, capability), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(Enable(machine, vm, capability), FailsWith(Errno::kEBUSY)) << "looked at first";
}

TEST_P(S390HugePagesTest, AreRefusedOnAUserControlledVm) {
  const auto& [name, revision, capability, settings] = GetParam();
  Machine machine("s390", Uncontrolled(settings), revision);
  const int vm = *machine.CreateVm(uapi::kVmS390Ucontrol);
  EXPECT_THAT(Enable(machine, vm, capability), FailsWith(Errno::kEINVAL));
  ASSERT_THAT(machine.CreateVcpu(vm), Succeeds());
  EXPECT_THAT(Enable(machine, vm, capability), FailsWith(Errno::kEBUSY));
}

const HugePages kHugePages[] = {
    {"of_1_MiB", "rfc-v4", Cap("KVM_CAP_S390_HPAGE_1M"), {{"kvm.hpage", "y"}}},
    {"of_2_GiB",
     "next-20260923",
     Cap("KVM_CAP_S390_HPAGE_2G"),
     {{"kvm.hpage", "y"}, {"kvm.hpage_2g", "y"}}},
};

INSTANTIATE_TEST_SUITE_P(Sizes, S390HugePagesTest, ::testing::ValuesIn(kHugePages),
                         [](const auto& which) { return which.param.name; });

TEST(S390CapabilityTest, PagesOf2GiBNeedThoseOf1MiBAndTheMergedRevision) {
  const std::int64_t capability = Cap("KVM_CAP_S390_HPAGE_2G");
  Machine without("s390", {{"kvm.hpage_2g", "y"}}, "next-20260923");
  EXPECT_THAT(without.Check(without.kvm(), capability), Answers(0));
  Machine before("s390", {{"kvm.hpage", "y"}}, "linux-7.0");
  EXPECT_THAT(before.Check(before.kvm(), capability), Answers(0));
  EXPECT_THAT(Enable(before, *before.CreateVm(), capability), FailsWith(Errno::kEINVAL));
}

}  // namespace
}  // namespace kvm_model
