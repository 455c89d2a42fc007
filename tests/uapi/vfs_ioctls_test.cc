#include "uapi/vfs_ioctls.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "gtest/gtest.h"
#include "uapi/ioctls.h"

namespace kvm_model::uapi {
namespace {

constexpr VfsNumbering kNumberings[] = {VfsNumbering::kGeneric, VfsNumbering::kS390,
                                        VfsNumbering::kPowerpc, VfsNumbering::kMips};

TEST(VfsIoctlsTest, GenericNumbersAreThisMachines) {
  struct Expectation {
    VfsIoctl id;
    unsigned long request;
  };
  const Expectation expectations[] = {
      {VfsIoctl::kFioclex, FIOCLEX},      {VfsIoctl::kFionclex, FIONCLEX},
      {VfsIoctl::kFionbio, FIONBIO},      {VfsIoctl::kFioasync, FIOASYNC},
      {VfsIoctl::kFioqsize, FIOQSIZE},    {VfsIoctl::kFigetbsz, FIGETBSZ},
      {VfsIoctl::kFiemap, FS_IOC_FIEMAP}, {VfsIoctl::kFifreeze, FIFREEZE},
      {VfsIoctl::kFiclone, FICLONE},
  };
  for (const Expectation& expected : expectations) {
    EXPECT_EQ(VfsRequest(expected.id, VfsNumbering::kGeneric), expected.request)
        << GetVfsIoctl(expected.id).name;
  }
}

TEST(VfsIoctlsTest, RowsStandInTheOrderOfTheEnum) {
  for (std::size_t i = 0; i < vfs_ioctl_table::kRows.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(vfs_ioctl_table::kRows[i].id), i);
  }
}

TEST(VfsIoctlsTest, OldNumbersDifferByArchitecture) {
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioclex, VfsNumbering::kPowerpc), 0x20006601U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFionclex, VfsNumbering::kPowerpc), 0x20006602U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFionbio, VfsNumbering::kPowerpc), 0x8004667eU);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioasync, VfsNumbering::kPowerpc), 0x8004667dU);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioqsize, VfsNumbering::kPowerpc), 0x40086680U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioclex, VfsNumbering::kMips), 0x6601U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioqsize, VfsNumbering::kMips), 0x667fU);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFigetbsz, VfsNumbering::kMips), 0x20000002U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFiclone, VfsNumbering::kMips), 0x80049409U);
  EXPECT_EQ(VfsRequest(VfsIoctl::kFioqsize, VfsNumbering::kS390), 0x545eU);
}

TEST(VfsIoctlsTest, RequestLeadsBackToTheIoctl) {
  for (const VfsNumbering numbering : kNumberings) {
    std::set<std::uint32_t> requests;
    for (const VfsIoctlDef& ioctl : vfs_ioctl_table::kRows) {
      const std::uint32_t request = VfsRequest(ioctl.id, numbering);
      EXPECT_TRUE(requests.insert(request).second) << ioctl.name;
      EXPECT_EQ(FindVfsIoctl(request, numbering), ioctl.id) << ioctl.name;
    }
    EXPECT_EQ(FindVfsIoctl(0, numbering), std::nullopt);
    EXPECT_EQ(FindVfsIoctl(0xffffffff, numbering), std::nullopt);
  }
}

TEST(VfsIoctlsTest, NoneOfKvmsOwnIsAnsweredByTheFileSystem) {
  for (std::size_t i = 0; i < AllIoctls().size(); ++i) {
    const IoctlId id{static_cast<std::uint8_t>(i)};
    EXPECT_EQ(FindVfsIoctl(Request(id, Encoding::kGeneric), VfsNumbering::kGeneric), std::nullopt);
    if (!HasRequest(id, Encoding::kPowerpcMips)) continue;
    const std::uint32_t request = Request(id, Encoding::kPowerpcMips);
    EXPECT_EQ(FindVfsIoctl(request, VfsNumbering::kPowerpc), std::nullopt);
    EXPECT_EQ(FindVfsIoctl(request, VfsNumbering::kMips), std::nullopt);
  }
}

}  // namespace
}  // namespace kvm_model::uapi
