#include "kvm_model/fd_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using uapi::Errno;

// A file that tells its end.
class TestFile : public File {
 public:
  explicit TestFile(bool* released = nullptr) : released_(released) {}
  ~TestFile() override {
    if (released_ != nullptr) *released_ = true;
  }
  std::string_view name() const override { return "test"; }
  FileStatus Status() const override { return {}; }
  Result<std::int64_t> Ioctl(Caller&, std::uint32_t, std::uint64_t) override { return 0; }

 private:
  bool* const released_;
};

std::shared_ptr<File> AFile() { return std::make_shared<TestFile>(); }

TEST(FdTableTest, TheFirstFileGetsTheNumberBehindTheStandardOnes) {
  FdTable fds;
  EXPECT_THAT(fds.Open(), IsEmpty());
  EXPECT_THAT(fds.Install(AFile()), Answers(3));
  EXPECT_THAT(fds.Install(AFile()), Answers(4));
  EXPECT_THAT(fds.Open(), ElementsAre(3, 4));
}

TEST(FdTableTest, TheLowestFreeNumberIsGivenOut) {
  FdTable fds;
  for (int i = 0; i < 4; ++i) ASSERT_THAT(fds.Install(AFile()), Succeeds());
  EXPECT_THAT(fds.Close(5), Succeeds());
  EXPECT_THAT(fds.Close(4), Succeeds());
  EXPECT_THAT(fds.Install(AFile()), Answers(4));
  EXPECT_THAT(fds.Install(AFile()), Answers(5));
  EXPECT_THAT(fds.Install(AFile()), Answers(7));
}

TEST(FdTableTest, NumbersThatAreNotOpenAreBad) {
  FdTable fds;
  for (const int fd : {-1, 0, 1, 2, 3, 1024, 0x7fffffff, static_cast<int>(0x80000000u)}) {
    EXPECT_THAT(fds.Get(fd), FailsWith(Errno::kEBADF)) << fd;
    EXPECT_THAT(fds.Close(fd), FailsWith(Errno::kEBADF)) << fd;
    EXPECT_THAT(fds.Dup(fd), FailsWith(Errno::kEBADF)) << fd;
  }
}

TEST(FdTableTest, AFileOpenedAsAPathTakesNoCallButCloses) {
  FdTable fds;
  const int fd = *fds.Install(AFile(), true);
  EXPECT_THAT(fds.Get(fd), FailsWith(Errno::kEBADF));
  const int copy = *fds.Dup(fd);
  EXPECT_THAT(fds.Get(copy), FailsWith(Errno::kEBADF));
  EXPECT_THAT(fds.Close(fd), Succeeds());
}

TEST(FdTableTest, TheLimitCountsNumbersAndNotFiles) {
  FdTable fds;
  fds.SetLimit(5);
  EXPECT_THAT(fds.Install(AFile()), Answers(3));
  EXPECT_THAT(fds.Install(AFile()), Answers(4));
  EXPECT_THAT(fds.Install(AFile()), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(fds.Reserve(), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(fds.Dup(3), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(fds.Open(), ElementsAre(3, 4));
  EXPECT_THAT(fds.Close(3), Succeeds());
  EXPECT_THAT(fds.Dup(4), Answers(3));
}

TEST(FdTableTest, WhatIsOpenBeyondALowerLimitStaysOpen) {
  FdTable fds;
  for (int i = 0; i < 3; ++i) ASSERT_THAT(fds.Install(AFile()), Succeeds());
  fds.SetLimit(4);
  EXPECT_THAT(fds.Get(5), Succeeds());
  EXPECT_THAT(fds.Close(5), Succeeds());
  EXPECT_THAT(fds.Install(AFile()), FailsWith(Errno::kEMFILE));
}

TEST(FdTableTest, AReservationThatIsDroppedGivesItsNumberBack) {
  FdTable fds;
  {
    const auto reserved = fds.Reserve();
    ASSERT_THAT(reserved, Succeeds());
    EXPECT_THAT(fds.Install(AFile()), Answers(4)) << "the number is taken";
    EXPECT_THAT(fds.Get(3), FailsWith(Errno::kEBADF)) << "and leads nowhere";
  }
  EXPECT_THAT(fds.Install(AFile()), Answers(3));
}

TEST(FdTableTest, AReservationBecomesItsFile) {
  FdTable fds;
  auto reserved = fds.Reserve();
  const std::shared_ptr<File> file = AFile();
  EXPECT_EQ(std::move(*reserved).Install(file), 3);
  EXPECT_THAT(fds.Get(3), Answers(file));
  EXPECT_THAT(fds.Close(3), Succeeds());
}

TEST(FdTableTest, ADuplicateLeadsToTheSameFileUntilTheLastIsClosed) {
  bool released = false;
  FdTable fds;
  const int fd = *fds.Install(std::make_shared<TestFile>(&released));
  const int copy = *fds.Dup(fd);
  EXPECT_EQ(*fds.Get(fd), *fds.Get(copy));
  EXPECT_THAT(fds.Close(fd), Succeeds());
  EXPECT_FALSE(released);
  EXPECT_THAT(fds.Close(copy), Succeeds());
  EXPECT_TRUE(released);
}

TEST(FdTableTest, AChildSharesTheFilesAndNotTheNumbers) {
  bool released = false;
  FdTable fds;
  fds.SetLimit(6);
  const int fd = *fds.Install(std::make_shared<TestFile>(&released));
  const std::unique_ptr<FdTable> child = fds.Fork();
  EXPECT_THAT(fds.Close(fd), Succeeds());
  EXPECT_FALSE(released);
  EXPECT_THAT(child->Open(), ElementsAre(fd));
  EXPECT_THAT(fds.Get(fd), FailsWith(Errno::kEBADF));
  EXPECT_THAT(child->Close(fd), Succeeds());
  EXPECT_TRUE(released);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(child->Install(AFile()), Succeeds());
  EXPECT_THAT(child->Install(AFile()), FailsWith(Errno::kEMFILE)) << "the limit is inherited";
}

TEST(FdTableTest, AReservationIsNotInheritedByAChild) {
  FdTable fds;
  const auto reserved = fds.Reserve();
  EXPECT_THAT(fds.Fork()->Install(AFile()), Answers(3));
}

}  // namespace
}  // namespace kvm_model
