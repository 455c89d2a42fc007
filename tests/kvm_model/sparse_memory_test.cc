#include "kvm_model/sparse_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tests/kvm_model/resource_limit.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = 4096;

std::byte ByteAt(const SparseMemory& memory, std::uint64_t offset) {
  std::array<std::byte, 1> byte{std::byte{0xee}};
  memory.Read(offset, byte);
  return byte[0];
}

bool WriteByte(SparseMemory& memory, std::uint64_t offset, std::byte value) {
  return memory.Write(offset, std::array<std::byte, 1>{value});
}

std::int64_t BlocksOf(const SparseMemory& memory) {
  struct stat status{};
  EXPECT_EQ(fstat(memory.fd(), &status), 0);
  return status.st_blocks;
}

TEST(SparseMemoryTest, WithoutAWriteThereIsNoFile) {
  SparseMemory memory;
  EXPECT_EQ(ByteAt(memory, 5), std::byte{0});
  memory.Discard(0, 10 * kPage);
  EXPECT_EQ(memory.fd(), -1);
}

TEST(SparseMemoryTest, WhatIsWrittenIsReadBack) {
  SparseMemory memory;
  const std::array<std::byte, 4> bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  ASSERT_TRUE(memory.Write(kPage - 2, bytes));
  std::array<std::byte, 6> read{};
  memory.Read(kPage - 3, read);
  EXPECT_EQ(read, (std::array<std::byte, 6>{std::byte{0}, std::byte{1}, std::byte{2}, std::byte{3},
                                            std::byte{4}, std::byte{0}}));
}

TEST(SparseMemoryTest, ReadsBeyondWhatWasWrittenAreZero) {
  SparseMemory memory;
  ASSERT_TRUE(WriteByte(memory, 0, std::byte{9}));
  EXPECT_EQ(ByteAt(memory, 1), std::byte{0});
  EXPECT_EQ(ByteAt(memory, 100 * kPage), std::byte{0});
}

TEST(SparseMemoryTest, TheHighestPageCanBeUsedWithoutMemoryForTheOthers) {
  SparseMemory memory;
  const std::uint64_t last = std::uint64_t{std::numeric_limits<std::int64_t>::max()} - kPage;
  ASSERT_TRUE(WriteByte(memory, last, std::byte{9}));
  EXPECT_EQ(ByteAt(memory, last), std::byte{9});
  EXPECT_LT(BlocksOf(memory), 1024);
}

TEST(SparseMemoryTest, AnOffsetThatIsNoFileOffsetIsRefused) {
  SparseMemory memory;
  EXPECT_FALSE(WriteByte(memory, std::uint64_t{1} << 63, std::byte{9}));
  EXPECT_EQ(ByteAt(memory, std::uint64_t{1} << 63), std::byte{0});
}

// The program's own files are limited, not the pages of its guests: it runs short, and lives.
TEST(SparseMemoryTest, AWritePastTheProgramsFileSizeLimitIsRefused) {
  SparseMemory memory;
  bool below = false;
  bool at = true;
  bool across = true;
  {
    const ResourceLimit limit(RLIMIT_FSIZE, 2 * kPage);
    below = WriteByte(memory, 2 * kPage - 1, std::byte{9});
    at = WriteByte(memory, 2 * kPage, std::byte{9});
    across = memory.Write(2 * kPage - 1, std::array<std::byte, 2>{});
    memory.Discard(0, 4 * kPage);
  }
  EXPECT_TRUE(below);
  EXPECT_FALSE(at);
  EXPECT_FALSE(across);
  EXPECT_EQ(ByteAt(memory, 2 * kPage - 1), std::byte{0});
}

TEST(SparseMemoryTest, WithoutADescriptorForTheFileWritesFail) {
  SparseMemory memory;
  bool written = true;
  {
    const ResourceLimit limit(RLIMIT_NOFILE, 0);
    written = WriteByte(memory, 0, std::byte{9});
  }
  EXPECT_FALSE(written);
  EXPECT_EQ(memory.fd(), -1);
  EXPECT_TRUE(WriteByte(memory, 0, std::byte{9}));
}

TEST(SparseMemoryTest, DiscardedPagesReadZeroAndGiveTheirMemoryBack) {
  SparseMemory memory;
  for (std::uint64_t page = 0; page < 8; ++page) {
    ASSERT_TRUE(WriteByte(memory, page * kPage, std::byte{9}));
  }
  const std::int64_t before = BlocksOf(memory);
  memory.Discard(2 * kPage, 4 * kPage);
  EXPECT_EQ(ByteAt(memory, 1 * kPage), std::byte{9});
  EXPECT_EQ(ByteAt(memory, 2 * kPage), std::byte{0});
  EXPECT_EQ(ByteAt(memory, 5 * kPage), std::byte{0});
  EXPECT_EQ(ByteAt(memory, 6 * kPage), std::byte{9});
  EXPECT_LT(BlocksOf(memory), before);
}

}  // namespace
}  // namespace kvm_model
