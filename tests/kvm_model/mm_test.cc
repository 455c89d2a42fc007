#include "kvm_model/mm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "kvm_model/mapping.h"
#include "kvm_model/page.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using uapi::Errno;

constexpr unsigned kShift = 12;
constexpr std::uint64_t kPage = 1 << kShift;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

std::vector<std::byte> Pattern(std::size_t bytes) {
  std::vector<std::byte> pattern(bytes);
  for (std::size_t i = 0; i < bytes; ++i) pattern[i] = static_cast<std::byte>(i % 251 + 1);
  return pattern;
}

// A mapping whose pages are bad from `good_pages` on, and which keeps what was unmapped of it.
class ShortMapping : public Mapping {
 public:
  explicit ShortMapping(std::uint64_t good_pages) : good_pages_(good_pages) {}
  Access Read(std::uint64_t offset, std::span<std::byte> bytes, const Trail&) override {
    if (offset >> kShift >= good_pages_) return std::unexpected(Signal::kSIGBUS);
    std::ranges::fill(bytes, static_cast<std::byte>(offset >> kShift));
    return {};
  }
  Access Write(std::uint64_t offset, std::span<const std::byte> bytes, const Trail&) override {
    if (offset >> kShift >= good_pages_) return std::unexpected(Signal::kSIGBUS);
    written += bytes.size();
    return {};
  }
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t, const Trail&) override {
    return std::unexpected(Signal::kSIGBUS);
  }
  void Unmap(PageRange pages) override { unmapped.push_back(pages); }
  std::shared_ptr<Mapping> Fork() const override {
    return std::make_shared<ShortMapping>(good_pages_);
  }

  std::size_t written = 0;
  std::vector<PageRange> unmapped;

 private:
  const std::uint64_t good_pages_;
};

std::expected<int, Signal> ByteAt(Mm& mm, std::uint64_t address) {
  std::array<std::byte, 1> byte{};
  if (const Access read = mm.Read(address, byte); !read) return std::unexpected(read.error());
  return std::to_integer<int>(byte[0]);
}

Access WriteByte(Mm& mm, std::uint64_t address, std::uint8_t value) {
  return mm.Write(address, std::array<std::byte, 1>{std::byte{value}});
}

class MmTest : public ::testing::Test {
 protected:
  Mm mm_{kShift, nullptr};
};

TEST_F(MmTest, AnonymousMemoryReadsZeroUntilItIsWritten) {
  const std::uint64_t address = *mm_.MapAnonymous(2 * kPage, kReadWrite);
  EXPECT_THAT(ByteAt(mm_, address), Answers(0));
  EXPECT_THAT(WriteByte(mm_, address + 5, 7), Succeeds());
  EXPECT_THAT(ByteAt(mm_, address + 5), Answers(7));
  EXPECT_THAT(ByteAt(mm_, address + 6), Answers(0));
}

TEST_F(MmTest, AccessesCrossPages) {
  const std::uint64_t address = *mm_.MapAnonymous(4 * kPage, kReadWrite);
  const std::vector<std::byte> pattern = Pattern(2 * kPage + 17);
  EXPECT_THAT(mm_.Write(address + kPage - 9, pattern), Succeeds());
  std::vector<std::byte> read(pattern.size());
  EXPECT_THAT(mm_.Read(address + kPage - 9, read), Succeeds());
  EXPECT_EQ(read, pattern);
  EXPECT_THAT(ByteAt(mm_, address + kPage - 10), Answers(0));
}

TEST_F(MmTest, AnAccessOfNothingSucceedsAnywhere) {
  EXPECT_THAT(mm_.Read(0, {}), Succeeds());
  EXPECT_THAT(mm_.Write(std::numeric_limits<std::uint64_t>::max(), {}), Succeeds());
}

TEST_F(MmTest, AddressesThatAreNotMappedAreBad) {
  for (const std::uint64_t address :
       {std::uint64_t{0}, Mm::kFirstAddress, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_THAT(ByteAt(mm_, address), FailsWith(Signal::kSIGSEGV)) << address;
    EXPECT_THAT(WriteByte(mm_, address, 1), FailsWith(Signal::kSIGSEGV)) << address;
    EXPECT_THAT(mm_.Pin(address), FailsWith(Signal::kSIGSEGV)) << address;
  }
}

TEST_F(MmTest, LengthsAreRoundedUpToPages) {
  const std::uint64_t address = *mm_.MapAnonymous(1, kReadWrite);
  EXPECT_THAT(WriteByte(mm_, address + kPage - 1, 7), Succeeds());
  EXPECT_THAT(ByteAt(mm_, address + kPage), FailsWith(Signal::kSIGSEGV));
}

TEST_F(MmTest, AGuardPageStandsBehindEveryMapping) {
  const std::uint64_t first = *mm_.MapAnonymous(kPage, kReadWrite);
  const std::uint64_t second = *mm_.MapAnonymous(kPage, kReadWrite);
  EXPECT_GT(second, first + kPage);
  EXPECT_THAT(ByteAt(mm_, first + kPage), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, second - 1), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, second), Succeeds());
}

TEST_F(MmTest, ProtNoneAllowsNothing) {
  const std::uint64_t address = *mm_.MapAnonymous(kPage, PROT_NONE);
  EXPECT_THAT(ByteAt(mm_, address), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(WriteByte(mm_, address, 1), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(mm_.Pin(address), FailsWith(Signal::kSIGSEGV));
}

TEST_F(MmTest, ReadOnlyMemoryCannotBeWritten) {
  const std::uint64_t address = *mm_.MapAnonymous(kPage, PROT_READ);
  EXPECT_THAT(ByteAt(mm_, address), Answers(0));
  EXPECT_THAT(WriteByte(mm_, address, 1), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, address), Answers(0));
}

TEST_F(MmTest, UnmappingTheMiddleLeavesBothEnds) {
  const std::uint64_t address = *mm_.MapAnonymous(4 * kPage, kReadWrite);
  for (std::uint64_t page = 0; page < 4; ++page) {
    ASSERT_THAT(WriteByte(mm_, address + page * kPage, static_cast<std::uint8_t>(page + 1)),
                Succeeds());
  }
  EXPECT_THAT(mm_.Unmap(address + kPage, 2 * kPage), Succeeds());
  EXPECT_THAT(ByteAt(mm_, address), Answers(1));
  EXPECT_THAT(ByteAt(mm_, address + kPage), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, address + 3 * kPage - 1), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, address + 3 * kPage), Answers(4));
}

TEST_F(MmTest, AMappingHearsWhichOfItsOwnPagesAreUnmapped) {
  const auto mapping = std::make_shared<ShortMapping>(8);
  const std::uint64_t address = *mm_.Map(mapping, 8 * kPage, kReadWrite);
  EXPECT_THAT(mm_.Unmap(address + 2 * kPage, kPage), Succeeds());
  EXPECT_THAT(mm_.Unmap(address + kPage, 4 * kPage), Succeeds());
  EXPECT_THAT(mapping->unmapped, ElementsAre(PageRange{2, 3}, PageRange{1, 2}, PageRange{3, 5}));
  EXPECT_THAT(ByteAt(mm_, address + 5 * kPage), Answers(5)) << "pages keep their offsets";
}

TEST_F(MmTest, UnmappingAcrossMappingsTakesAllOfThem) {
  const std::uint64_t first = *mm_.MapAnonymous(kPage, kReadWrite);
  const std::uint64_t second = *mm_.MapAnonymous(kPage, kReadWrite);
  EXPECT_THAT(mm_.Unmap(first, second + kPage - first), Succeeds());
  EXPECT_THAT(ByteAt(mm_, first), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm_, second), FailsWith(Signal::kSIGSEGV));
}

TEST_F(MmTest, UnmappingWhatIsNotMappedSucceeds) {
  EXPECT_THAT(mm_.Unmap(0, kPage), Succeeds());
  EXPECT_THAT(mm_.Unmap(Mm::kFirstAddress, 1), Succeeds());
}

TEST_F(MmTest, UnmapRefusesRangesThatAreNone) {
  EXPECT_THAT(mm_.Unmap(1, kPage), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(mm_.Unmap(kPage, 0), FailsWith(Errno::kEINVAL));
  const std::uint64_t last = ~std::uint64_t{0} << kShift;
  EXPECT_THAT(mm_.Unmap(last, 2 * kPage), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(mm_.Unmap(0, ~std::uint64_t{0}), FailsWith(Errno::kEINVAL)) << "rounds up to 0";
}

TEST_F(MmTest, AddressesRunOut) {
  EXPECT_THAT(mm_.MapAnonymous(~std::uint64_t{0}, kReadWrite), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(mm_.MapAnonymous(std::uint64_t{1} << 44, kReadWrite), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(mm_.MapAnonymous(std::uint64_t{1} << 43, kReadWrite), Succeeds());
  EXPECT_THAT(mm_.MapAnonymous(std::uint64_t{1} << 43, kReadWrite), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(mm_.MapAnonymous(kPage, kReadWrite), Succeeds());
}

TEST_F(MmTest, AChildHasACopyOfAnonymousMemory) {
  const std::uint64_t address = *mm_.MapAnonymous(4 * kPage, kReadWrite);
  ASSERT_THAT(WriteByte(mm_, address, 1), Succeeds());
  ASSERT_THAT(mm_.Unmap(address + kPage, kPage), Succeeds());
  const std::unique_ptr<Mm> child = mm_.Fork();
  EXPECT_THAT(ByteAt(*child, address), Answers(1));
  EXPECT_THAT(ByteAt(*child, address + kPage), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(WriteByte(*child, address, 2), Succeeds());
  EXPECT_THAT(ByteAt(mm_, address), Answers(1));
  EXPECT_THAT(WriteByte(mm_, address + 2 * kPage, 3), Succeeds());
  EXPECT_THAT(ByteAt(*child, address + 2 * kPage), Answers(0));
  EXPECT_EQ(*child->MapAnonymous(kPage, kReadWrite), *mm_.MapAnonymous(kPage, kReadWrite));
}

TEST_F(MmTest, ACopyThatFailsHalfwayIsEfault) {
  const auto mapping = std::make_shared<ShortMapping>(1);
  const std::uint64_t address = *mm_.Map(mapping, 2 * kPage, kReadWrite);
  std::vector<std::byte> bytes(8);
  EXPECT_THAT(mm_.CopyFromUser(address + kPage - 8, std::span<std::byte>(bytes)), Succeeds());
  EXPECT_THAT(mm_.CopyFromUser(address + kPage - 4, std::span<std::byte>(bytes)),
              FailsWith(Errno::kEFAULT));
  EXPECT_THAT(mm_.CopyToUser(address + kPage - 4, std::span<const std::byte>(bytes)),
              FailsWith(Errno::kEFAULT));
  EXPECT_EQ(mapping->written, 4u) << "what could be written before the bad page was";
  EXPECT_THAT(mm_.CopyFromUser<std::uint64_t>(address + kPage - 7), FailsWith(Errno::kEFAULT));
}

TEST_F(MmTest, ASignalComesFromTheMappingThatWasHit) {
  const std::uint64_t address = *mm_.Map(std::make_shared<ShortMapping>(1), 2 * kPage, kReadWrite);
  EXPECT_THAT(ByteAt(mm_, address + kPage), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(ByteAt(mm_, address + 2 * kPage), FailsWith(Signal::kSIGSEGV));
}

TEST_F(MmTest, StructsAreCopiedWhole) {
  const std::uint64_t address = *mm_.MapAnonymous(2 * kPage, kReadWrite);
  const std::array<std::uint64_t, 3> value{1, 2, 3};
  EXPECT_THAT(mm_.CopyToUser(address + kPage - 8, value), Succeeds());
  EXPECT_THAT((mm_.CopyFromUser<std::array<std::uint64_t, 3>>(address + kPage - 8)),
              Answers(value));
}

TEST(MmElsewhereTest, OtherAddressesAreTheProgramsOwn) {
  OwnProcessMemory memory;
  Mm mm(kShift, &memory);
  std::uint64_t mine = 42;
  const auto address = reinterpret_cast<std::uint64_t>(&mine);
  EXPECT_THAT(mm.CopyFromUser<std::uint64_t>(address), Answers(42u));
  EXPECT_THAT(mm.CopyToUser(address, std::uint64_t{43}), Succeeds());
  EXPECT_EQ(mine, 43u);
  EXPECT_THAT(mm.Fork()->CopyFromUser<std::uint64_t>(address), Answers(43u));
}

// Says yes to everything.
class AllMemory : public UserMemory {
 public:
  bool Read(std::uint64_t, std::span<std::byte>) override { return true; }
  bool Write(std::uint64_t, std::span<const std::byte>) override { return true; }
};

TEST(MmElsewhereTest, TheModelsOwnAddressesAreNeverAnothers) {
  AllMemory memory;
  Mm mm(kShift, &memory);
  const std::uint64_t address = *mm.MapAnonymous(kPage, kReadWrite);
  EXPECT_THAT(ByteAt(mm, address + kPage), FailsWith(Signal::kSIGSEGV)) << "the guard page";
  EXPECT_THAT(WriteByte(mm, address + kPage, 1), FailsWith(Signal::kSIGSEGV));
  ASSERT_THAT(mm.Unmap(address, kPage), Succeeds());
  EXPECT_THAT(ByteAt(mm, address), FailsWith(Signal::kSIGSEGV));
  EXPECT_THAT(ByteAt(mm, Mm::kFirstAddress - 1), Succeeds());
}

TEST(MmElsewhereTest, BadAddressesOfTheProgramAreAnswersAndNoCrash) {
  OwnProcessMemory memory;
  Mm mm(kShift, &memory);
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_THAT(mm.CopyFromUser<std::uint64_t>(address), FailsWith(Errno::kEFAULT)) << address;
    EXPECT_THAT(mm.CopyToUser(address, std::uint64_t{1}), FailsWith(Errno::kEFAULT)) << address;
  }
}

}  // namespace
}  // namespace kvm_model
