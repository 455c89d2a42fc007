#include "uapi/mm_constants.h"

#include <linux/falloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <map>
#include <string_view>

#include "gtest/gtest.h"

namespace kvm_model::uapi {
namespace {

TEST(MmConstantsTest, FallocateModesAreThisMachines) {
  const std::map<std::string_view, std::uint64_t> machine = {
      {"KEEP_SIZE", FALLOC_FL_KEEP_SIZE},         {"PUNCH_HOLE", FALLOC_FL_PUNCH_HOLE},
      {"NO_HIDE_STALE", FALLOC_FL_NO_HIDE_STALE}, {"COLLAPSE_RANGE", FALLOC_FL_COLLAPSE_RANGE},
      {"ZERO_RANGE", FALLOC_FL_ZERO_RANGE},       {"INSERT_RANGE", FALLOC_FL_INSERT_RANGE},
      {"UNSHARE_RANGE", FALLOC_FL_UNSHARE_RANGE},
  };
  ASSERT_EQ(machine.size(), kFallocateModes.size());
  for (const FlagName& mode : kFallocateModes) EXPECT_EQ(mode.bit, machine.at(mode.short_name));
}

TEST(MmConstantsTest, ProtectionsAreThisMachines) {
  EXPECT_EQ(kProtNone, std::uint64_t{PROT_NONE});
  EXPECT_EQ(kProtRead, std::uint64_t{PROT_READ});
  EXPECT_EQ(kProtWrite, std::uint64_t{PROT_WRITE});
  EXPECT_EQ(kProtExec, std::uint64_t{PROT_EXEC});
}

TEST(MmConstantsTest, MmapFlagsAreThisMachines) {
  const std::map<std::string_view, std::uint64_t> machine = {
      {"SHARED_VALIDATE", MAP_SHARED_VALIDATE},
      {"SHARED", MAP_SHARED},
      {"PRIVATE", MAP_PRIVATE},
      {"FIXED", MAP_FIXED},
      {"ANONYMOUS", MAP_ANONYMOUS},
      {"LOCKED", MAP_LOCKED},
      {"NORESERVE", MAP_NORESERVE},
      {"POPULATE", MAP_POPULATE},
      {"FIXED_NOREPLACE", MAP_FIXED_NOREPLACE},
  };
  ASSERT_EQ(machine.size(), kMmapFlags.size());
  for (const FlagName& flag : kMmapFlags) EXPECT_EQ(flag.bit, machine.at(flag.short_name));
  EXPECT_EQ(kMapTypeMask, std::uint64_t{MAP_TYPE});
}

}  // namespace
}  // namespace kvm_model::uapi
