// The gate's list alone: no call makes a protected VM, so that only a test beside it can ask for
// one.
#include "arch/arm64/pkvm.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "uapi/ioctls.h"

namespace kvm_model::arm64 {
namespace {

constexpr PkvmScope kScopes[] = {PkvmScope::kSystem, PkvmScope::kVm, PkvmScope::kProtectedVm};
constexpr std::string_view kNewRevisions[] = {"linux-7.0", "rfc-v4"};

// IRQCHIP, NR_VCPUS, MAX_VCPUS, ARM_PSCI, ARM_PSCI_0_2, MAX_VCPU_ID, MSI_DEVID, ARM_VM_IPA_SIZE,
// ARM_PTRAUTH_ADDRESS and ARM_PTRAUTH_GENERIC.
const std::set<std::int64_t> kList = {0, 9, 66, 87, 102, 128, 131, 165, 171, 172};
constexpr std::int64_t kMte = 205;
constexpr std::int64_t kPmuV3 = 126;
constexpr std::int64_t kSve = 170;

Trail Silent() { return Trail(nullptr); }

TEST(PkvmListTest, Since70TheListMteAndTheKindOfVmDecide) {
  for (const std::string_view revision : kNewRevisions) {
    for (std::int64_t number = 0; number <= 300; ++number) {
      for (const PkvmScope scope : kScopes) {
        const bool allowed =
            kList.contains(number) || (number != kMte && scope != PkvmScope::kProtectedVm);
        EXPECT_EQ(PkvmAllows(*FindRevision(revision), scope, number, Silent()), allowed)
            << number << " scope " << static_cast<int>(scope);
      }
    }
  }
}

TEST(PkvmListTest, In618ItIsForProtectedVmsAlone) {
  const Revision& revision = *FindRevision("linux-6.18");
  for (std::int64_t number = 0; number <= 300; ++number) {
    EXPECT_TRUE(PkvmAllows(revision, PkvmScope::kSystem, number, Silent())) << number;
    EXPECT_TRUE(PkvmAllows(revision, PkvmScope::kVm, number, Silent())) << number;
    EXPECT_EQ(PkvmAllows(revision, PkvmScope::kProtectedVm, number, Silent()),
              kList.contains(number) || number == kPmuV3 || number == kSve)
        << number;
  }
}

TEST(PkvmListTest, EveryIoctlHasTheCapabilityThatStandsForIt) {
  const std::map<std::string_view, std::int64_t> expected = {
      {"KVM_CREATE_IRQCHIP", 0},           {"KVM_ARM_SET_DEVICE_ADDR", 88},
      {"KVM_ARM_MTE_COPY_TAGS", 205},      {"KVM_SET_DEVICE_ATTR", 89},
      {"KVM_GET_DEVICE_ATTR", 89},         {"KVM_HAS_DEVICE_ATTR", 89},
      {"KVM_ARM_SET_COUNTER_OFFSET", 227}, {"KVM_ARM_GET_REG_WRITABLE_MASKS", 230},
      {"KVM_ARM_PREFERRED_TARGET", 9},
  };
  for (const auto& [ioctl, capability] : expected) {
    EXPECT_EQ(CapabilityOfIoctl(ioctl), capability) << ioctl;
  }
  for (const uapi::IoctlDef& ioctl : uapi::AllIoctls()) {
    EXPECT_EQ(CapabilityOfIoctl(ioctl.name).has_value(), expected.contains(ioctl.name))
        << ioctl.name;
  }
}

TEST(PkvmListTest, IoctlsFollowTheirCapabilities) {
  for (const std::string_view name : kNewRevisions) {
    const Revision& revision = *FindRevision(name);
    const auto allows = [&](PkvmScope scope, std::string_view ioctl) {
      return PkvmAllowsIoctl(revision, scope, ioctl, Silent());
    };
    EXPECT_TRUE(allows(PkvmScope::kVm, "KVM_CREATE_IRQCHIP"));
    EXPECT_TRUE(allows(PkvmScope::kProtectedVm, "KVM_CREATE_IRQCHIP"));
    EXPECT_TRUE(allows(PkvmScope::kProtectedVm, "KVM_ARM_PREFERRED_TARGET"));
    EXPECT_TRUE(allows(PkvmScope::kVm, "KVM_ARM_SET_DEVICE_ADDR"));
    EXPECT_FALSE(allows(PkvmScope::kProtectedVm, "KVM_ARM_SET_DEVICE_ADDR"));
    EXPECT_TRUE(allows(PkvmScope::kVm, "KVM_SET_DEVICE_ATTR"));
    EXPECT_FALSE(allows(PkvmScope::kProtectedVm, "KVM_SET_DEVICE_ATTR"));
    EXPECT_FALSE(allows(PkvmScope::kVm, "KVM_ARM_MTE_COPY_TAGS"));
    EXPECT_FALSE(allows(PkvmScope::kVm, "KVM_GET_PIT2"));
    EXPECT_FALSE(allows(PkvmScope::kVm, ""));
  }
  EXPECT_TRUE(PkvmAllowsIoctl(*FindRevision("linux-6.18"), PkvmScope::kProtectedVm,
                              "KVM_ARM_MTE_COPY_TAGS", Silent()));
}

}  // namespace
}  // namespace kvm_model::arm64
