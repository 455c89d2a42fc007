#include "uapi/flags.h"

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "gtest/gtest.h"
#include "uapi/constants.h"

namespace kvm_model::uapi {
namespace {

constexpr std::span<const FlagName> kFlagTables[] = {
    kMemRegionFlags,
    kMemoryAttributeFlags,
    kSetMemoryAttributes2Flags,
    kMemoryExitFlags,
    kGuestMemfdFlags,
    kDirtyLogManualFlags,
    kDirtyGfnFlags,
    kIrqfdFlags,
    kIoeventfdFlags,
    kMsiFlags,
    kCreateDeviceFlags,
    kX86DisableExitsFlags,
    kMsrExitReasonFlags,
    kBusLockDetectionFlags,
    kX86NotifyVmexitFlags,
    kPmuCapFlags,
    kFallocateModes,
    kMmapProts,
    kMmapFlags,
};

constexpr std::span<const ValueName> kValueTables[] = {kX86VmTypes, kS390VmTypes, kPowerpcVmTypes,
                                                       kMipsVmTypes};

TEST(DecodeFlagsTest, NamesFlagsInTheTablesOrder) {
  EXPECT_EQ(DecodeFlags(3, kSetMemoryAttributes2Flags), "ZERO|PRESERVE");
  EXPECT_EQ(DecodeFlags(2, kSetMemoryAttributes2Flags), "PRESERVE");
  EXPECT_EQ(DecodeFlags(8, kMemoryAttributeFlags), "PRIVATE");
  EXPECT_EQ(DecodeFlags(kFallocPunchHole | kFallocKeepSize, kFallocateModes),
            "KEEP_SIZE|PUNCH_HOLE");
}

TEST(DecodeFlagsTest, NoFlagIsZero) {
  for (const auto table : kFlagTables) EXPECT_EQ(DecodeFlags(0, table), "0");
}

TEST(DecodeFlagsTest, BitsWithoutANameComeLastInHexadecimal) {
  EXPECT_EQ(DecodeFlags(0x8000000000000005, kSetMemoryAttributes2Flags), "ZERO|0x8000000000000004");
  EXPECT_EQ(DecodeFlags(0x10, kSetMemoryAttributes2Flags), "0x10");
  EXPECT_EQ(DecodeFlags(~std::uint64_t{0}, {}), "0xffffffffffffffff");
}

TEST(DecodeFlagsTest, ACombinationWithItsOwnNameIsNotTakenApart) {
  EXPECT_EQ(DecodeFlags(kMapSharedValidate, kMmapFlags), "SHARED_VALIDATE");
  EXPECT_EQ(DecodeFlags(kMapShared | kMapFixed, kMmapFlags), "SHARED|FIXED");
}

TEST(ParseFlagsTest, TakesBackWhatDecodeFlagsSaid) {
  for (const auto table : kFlagTables) {
    for (std::uint64_t value = 0; value < 4096; ++value) {
      EXPECT_EQ(ParseFlags(DecodeFlags(value, table), table), value);
    }
    EXPECT_EQ(ParseFlags(DecodeFlags(~std::uint64_t{0}, table), table), ~std::uint64_t{0});
  }
}

TEST(ParseFlagsTest, TakesFullNamesAndNumbers) {
  EXPECT_EQ(ParseFlags("KVM_MEM_READONLY|LOG_DIRTY_PAGES|0x10|64", kMemRegionFlags), 0x53);
}

TEST(ParseFlagsTest, RefusesWhatIsNeitherNameNorNumber) {
  for (const std::string_view text :
       {"", "|", "ZERO|", "|ZERO", "zero", "ZERO PRESERVE", "0x", "-1", "1x", " 1",
        "18446744073709551616", "0x10000000000000000"}) {
    EXPECT_EQ(ParseFlags(text, kSetMemoryAttributes2Flags), std::nullopt) << text;
  }
}

TEST(FlagTablesTest, NamesEndInTheirShortNamesAndAreUnique) {
  for (const auto table : kFlagTables) {
    ASSERT_FALSE(table.empty());
    for (const FlagName& flag : table) {
      EXPECT_NE(flag.bit, 0U) << flag.name;
      EXPECT_TRUE(flag.name.ends_with(flag.short_name)) << flag.name;
      EXPECT_EQ(ParseFlags(flag.name, table), flag.bit);
      EXPECT_EQ(ParseFlags(flag.short_name, table), flag.bit);
    }
  }
}

TEST(ValueTablesTest, ValuesAndNamesLeadToEachOther) {
  for (const auto table : kValueTables) {
    ASSERT_FALSE(table.empty());
    for (const ValueName& row : table) {
      EXPECT_EQ(ValueShortName(row.value, table), row.short_name);
      EXPECT_EQ(ValueByName(row.short_name, table), row.value);
      EXPECT_EQ(ValueByName(row.name, table), row.value);
    }
    EXPECT_EQ(ValueShortName(99, table), "");
    EXPECT_EQ(ValueByName("NONE", table), std::nullopt);
  }
}

TEST(ValueTablesTest, TypesOfAnX86Vm) {
  constexpr std::string_view kInOrder[] = {"DEFAULT", "SW_PROTECTED", "SEV",
                                           "SEV_ES",  "SNP",          "TDX"};
  for (std::uint64_t type = 0; type < std::size(kInOrder); ++type) {
    EXPECT_EQ(ValueShortName(type, kX86VmTypes), kInOrder[type]);
  }
}

TEST(ExitReasonTest, ValuesHaveTheirNames) {
  EXPECT_EQ(ExitReasonName(ExitReason::kUnknown), "UNKNOWN");
  EXPECT_EQ(ExitReasonName(ExitReason::kMemoryFault), "MEMORY_FAULT");
  EXPECT_EQ(static_cast<int>(ExitReason::kMemoryFault), 39);
  EXPECT_EQ(ExitReasonName(ExitReason::kSnpReqCerts), "SNP_REQ_CERTS");
  EXPECT_EQ(ExitReasonName(ExitReason{44}), "");
}

}  // namespace
}  // namespace kvm_model::uapi
