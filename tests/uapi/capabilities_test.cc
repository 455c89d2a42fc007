#include "uapi/capabilities.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/uapi/tsv.h"
#include "uapi/header_version.h"

namespace kvm_model::uapi {
namespace {

using enum HeaderVersion;

// Cap() is an integer constant: it can stand where the language wants one.
constexpr std::string_view WhatTheSwitchSays(int capability) {
  switch (capability) {
    case Cap("KVM_CAP_IRQCHIP"):
      return "irqchip";
    case Cap("KVM_CAP_GUEST_MEMFD"):
      return "guest_memfd";
    case Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", kRfcV4):
      return "attributes of a guest_memfd, rfc-v4";
    case Cap("KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", kNext20260923):
      return "attributes of a guest_memfd, merged";
    default:
      return "";
  }
}
static_assert(WhatTheSwitchSays(0) == "irqchip");
static_assert(WhatTheSwitchSays(234) == "guest_memfd");
static_assert(WhatTheSwitchSays(249) == "attributes of a guest_memfd, rfc-v4");
static_assert(WhatTheSwitchSays(252) == "attributes of a guest_memfd, merged");

TEST(CapabilitiesTest, EveryNumberHasARowOrIsAGap) {
  std::set<int> named;
  for (const CapabilityName& row : AllCapabilities()) named.insert(row.number);
  EXPECT_EQ(kMaxCapability, 252);
  for (int number = 0; number <= kMaxCapability; ++number) {
    const bool gap = std::ranges::find(CapabilityGaps(), number) != CapabilityGaps().end();
    EXPECT_NE(named.contains(number), gap) << number;
  }
  EXPECT_EQ(named.size() + CapabilityGaps().size(), 253U);
}

TEST(CapabilitiesTest, NumbersThatChangedHandsAreNamedByTheHeader) {
  struct Expectation {
    int number;
    std::string_view rfc_v4;
    std::string_view next;
  };
  const Expectation expectations[] = {
      {247, "KVM_CAP_S390_KEYOP", "KVM_CAP_S390_KEYOP"},
      {248, "KVM_CAP_MEMORY_ATTRIBUTES2", "KVM_CAP_S390_VSIE_ESAMODE"},
      {249, "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES", "KVM_CAP_S390_HPAGE_2G"},
      {250, "KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", "KVM_CAP_PPC_COMPAT_CAPS"},
      {251, "", "KVM_CAP_ARM_PMU_V3_STRICT"},
      {252, "", "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES"},
      {253, "", ""},
  };
  for (const Expectation& expected : expectations) {
    EXPECT_EQ(CapabilityNameIn(expected.number, kRfcV4), expected.rfc_v4);
    EXPECT_EQ(CapabilityNameIn(expected.number, kNext20260923), expected.next);
    for (const HeaderVersion older : {kLinux612, kLinux618}) {
      EXPECT_EQ(CapabilityNameIn(expected.number, older), "");
    }
  }
}

TEST(CapabilitiesTest, EachHeaderEndsWhereItsReleaseDid) {
  const std::map<HeaderVersion, int> last = {
      {kLinux612, 238}, {kLinux618, 244}, {kLinux70, 247}, {kRfcV4, 250}, {kNext20260923, 252}};
  ASSERT_EQ(last.size(), kHeaderVersions.size());
  for (const auto& [header, number] : last) {
    EXPECT_NE(CapabilityNameIn(number, header), "") << HeaderVersionName(header);
    EXPECT_EQ(CapabilityNameIn(number + 1, header), "") << HeaderVersionName(header);
  }
}

TEST(CapabilitiesTest, NameAndNumberLeadToEachOtherInEveryHeader) {
  for (const CapabilityName& row : AllCapabilities()) {
    for (const HeaderVersion header : kHeaderVersions) {
      if (!row.headers.Contains(header)) continue;
      EXPECT_EQ(CapabilityNameIn(row.number, header), row.name);
      EXPECT_EQ(CapabilityNumberIn(row.name, header), row.number) << row.name;
      EXPECT_EQ(CapabilityNumberIn(CapabilityShortName(row.name), header), row.number) << row.name;
    }
  }
}

TEST(CapabilitiesTest, OneNameHasTwoNumbersAndAnswersWithTheSeriesOwn) {
  std::map<std::string_view, std::set<int>> numbers;
  for (const CapabilityName& row : AllCapabilities()) numbers[row.name].insert(row.number);
  for (const auto& [name, values] : numbers) {
    if (name == "KVM_CAP_GUEST_MEMFD_MEMORY_ATTRIBUTES") {
      EXPECT_EQ(values, (std::set<int>{249, 252}));
    } else {
      EXPECT_EQ(values.size(), 1U) << name;
    }
    EXPECT_EQ(CapabilityNumber(name), *values.begin()) << name;
    EXPECT_EQ(CapabilityNumber(CapabilityShortName(name)), *values.begin()) << name;
  }
}

TEST(CapabilitiesTest, ANameIsUnknownToAHeaderThatLacksIt) {
  EXPECT_EQ(CapabilityNumberIn("GUEST_MEMFD_FLAGS", kLinux612), std::nullopt);
  EXPECT_EQ(CapabilityNumberIn("GUEST_MEMFD_FLAGS", kLinux618), 244);
  EXPECT_EQ(CapabilityNumberIn("MEMORY_ATTRIBUTES2_FLAGS", kNext20260923), std::nullopt);
  EXPECT_EQ(CapabilityNumberIn("S390_HPAGE_2G", kRfcV4), std::nullopt);
}

TEST(CapabilitiesTest, UnknownNamesAndNumbersAreNotFound) {
  for (const std::string_view name : {"", "KVM_CAP_", "irqchip", "IRQCHIP ", "CAP_IRQCHIP"}) {
    EXPECT_EQ(CapabilityNumber(name), std::nullopt) << name;
  }
  for (const HeaderVersion header : kHeaderVersions) {
    for (const int number : {-1, 5, 17, 28, 253, 0x7fffffff}) {
      EXPECT_EQ(CapabilityNameIn(number, header), "") << number;
    }
  }
}

TEST(CapabilitiesTest, EveryRowIsTheSpecificationsRow) {
  const auto rows = ReadTsv("tests/data/caps.tsv");
  ASSERT_EQ(rows.size(), 254U - 1);
  for (const auto& row : rows) {
    ASSERT_GE(row.size(), 3U);
    const int number = std::stoi(row[0]);
    const std::string& name = row[1];
    const std::string& in_linux70 = row[2];
    if (in_linux70 == "yes") {
      EXPECT_EQ(CapabilityNameIn(number, kLinux70), name);
      EXPECT_EQ(CapabilityNameIn(number, kNext20260923), name);
    } else if (in_linux70 == "rfc-v4 only") {
      EXPECT_EQ(CapabilityNameIn(number, kRfcV4), name);
      EXPECT_EQ(CapabilityNameIn(number, kLinux70), "");
    } else if (name.starts_with("KVM_CAP_")) {
      EXPECT_EQ(CapabilityNameIn(number, kNext20260923), name);
      EXPECT_EQ(CapabilityNameIn(number, kLinux70), "");
    } else {
      EXPECT_NE(std::ranges::find(CapabilityGaps(), number), CapabilityGaps().end()) << number;
    }
  }
}

TEST(HeaderVersionTest, NamesLeadBackToVersions) {
  for (const HeaderVersion header : kHeaderVersions) {
    EXPECT_EQ(HeaderVersionByName(HeaderVersionName(header)), header);
  }
  EXPECT_EQ(HeaderVersionName(kRfcV4), "rfc-v4");
  EXPECT_EQ(HeaderVersionByName("linux-7.1"), std::nullopt);
}

TEST(HeaderVersionTest, SetsHoldWhatTheyWereGiven) {
  constexpr HeaderVersionSet kOne = {kRfcV4};
  constexpr HeaderVersionSet kTwo = {kRfcV4, kLinux70};
  EXPECT_TRUE(HeaderVersionSet().Empty());
  EXPECT_TRUE(kOne.Contains(kRfcV4));
  EXPECT_FALSE(kOne.Contains(kLinux70));
  EXPECT_TRUE(kOne.Intersects(kTwo));
  EXPECT_FALSE(kOne.Intersects({kLinux612, kNext20260923}));
}

}  // namespace
}  // namespace kvm_model::uapi
