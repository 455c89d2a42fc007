#include "kvm_model/revision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "uapi/header_version.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;

TEST(RevisionTest, TheyComeOldestFirst) {
  std::vector<std::string_view> names;
  for (const Revision& revision : Revisions()) names.push_back(revision.name);
  EXPECT_THAT(names,
              ElementsAre("linux-6.12", "linux-6.18", "linux-7.0", "rfc-v4", "next-20260923"));
}

TEST(RevisionTest, NamesLeadToTheirRecord) {
  for (const Revision& revision : Revisions()) EXPECT_EQ(FindRevision(revision.name), &revision);
}

TEST(RevisionTest, UnknownNamesLeadNowhere) {
  EXPECT_EQ(FindRevision(""), nullptr);
  EXPECT_EQ(FindRevision("rfc-v"), nullptr);
  EXPECT_EQ(FindRevision("RFC-V4"), nullptr);
}

TEST(RevisionTest, TheSeedIsTheDefault) { EXPECT_EQ(&DefaultRevision(), FindRevision("rfc-v4")); }

TEST(RevisionTest, EachNamesNumbersByAHeaderOfItsOwn) {
  std::set<uapi::HeaderVersion> headers;
  for (const Revision& revision : Revisions()) {
    EXPECT_TRUE(headers.insert(revision.header).second) << revision.name;
    EXPECT_FALSE(revision.summary.empty());
  }
}

TEST(RevisionTest, ConversionsArriveWithTheSeed) {
  for (const std::string_view name : {"linux-6.12", "linux-6.18", "linux-7.0"}) {
    const Revision& revision = *FindRevision(name);
    EXPECT_FALSE(revision.guest_memfd_attributes) << name;
    EXPECT_FALSE(revision.content_modes()) << name;
    EXPECT_FALSE(revision.memory_attributes2_cap.has_value()) << name;
    EXPECT_EQ(revision.attribute_switch, AttributeSwitch::kNone) << name;
    EXPECT_EQ(revision.vm_attributes_symbol, "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES") << name;
  }
  const Revision& seed = DefaultRevision();
  EXPECT_TRUE(seed.guest_memfd_attributes && seed.memory_attributes_core &&
              seed.init_shared_with_private_memory);
  EXPECT_EQ(seed.memory_attributes2_cap, 248);
  EXPECT_EQ(seed.guest_memfd_attributes_cap, 249);
  EXPECT_EQ(seed.content_modes_cap, 250);
  EXPECT_EQ(seed.attribute_switch, AttributeSwitch::kVmMemoryAttributes);
  EXPECT_EQ(seed.vm_attributes_symbol, "CONFIG_KVM_VM_MEMORY_ATTRIBUTES");
}

TEST(RevisionTest, WhatWasMergedHasOneCapabilityAndNoModes) {
  const Revision& merged = *FindRevision("next-20260923");
  EXPECT_TRUE(merged.guest_memfd_attributes);
  EXPECT_EQ(merged.guest_memfd_attributes_cap, 252);
  EXPECT_EQ(merged.memory_attributes2_cap, std::nullopt);
  EXPECT_FALSE(merged.content_modes());
  EXPECT_EQ(merged.attribute_switch, AttributeSwitch::kInPlaceConversion);
  EXPECT_FALSE(merged.memory_attributes_core);
}

}  // namespace
}  // namespace kvm_model
