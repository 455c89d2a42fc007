// What the twin does where the written scenarios don't look: its store, unknown bytes, dirty logs,
// the MMU notifier, and numbers of any size.
#include "tests/twin/twin.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/twin/history.h"
#include "tests/twin/host.h"
#include "tests/twin/page.h"
#include "tests/twin/twin_backend.h"
#include "tests/twin/twin_fixture.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/parser.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

TEST(HistoryTest, AgreesWithAnArrayAfterAnyAssignments) {
  constexpr std::uint64_t kPages = 16;
  constexpr int kSeed = 7;
  std::mt19937 random(kSeed);
  const auto below = [&](std::uint64_t end) { return std::uint64_t{random()} % end; };
  History history(kPages, 8);
  std::vector<std::uint64_t> array(kPages, 8);
  for (int turn = 0; turn < 500; ++turn) {
    const std::uint64_t start = below(kPages);
    const std::uint64_t end = start + 1 + below(kPages - start);
    const std::uint64_t value = below(2) * 8;
    history.Set(start, end, value);
    for (std::uint64_t page = start; page < end; ++page) array[page] = value;
    std::vector<twin::Run> runs;
    for (std::uint64_t page = 0; page < kPages; ++page) {
      ASSERT_EQ(history.At(page), array[page]) << "turn " << turn << ", seed " << kSeed;
      if (runs.empty() || runs.back().value != array[page])
        runs.push_back({page, page, array[page]});
      runs.back().end = page + 1;
    }
    ASSERT_EQ(Show(history.Runs()), Show(runs)) << "turn " << turn << ", seed " << kSeed;
  }
}

TEST(HostTest, RefusesWhatCantBeAndWhatItDoesntKnow) {
  const auto error = [](std::string_view revision, const Settings& settings) {
    return MakeHost("x86", revision, settings).error().not_modelled;
  };
  EXPECT_TRUE(error("rfc-v4", {{"hw.snp", "n"}}));
  EXPECT_TRUE(error("linux-5.10", {}));
  EXPECT_TRUE(error("linux-6.12", {{"hw.vendor", "pvm"}}));
  EXPECT_FALSE(error("rfc-v4", {{"kvm.vm_memory_attributes", "y"}}));
  EXPECT_FALSE(error("linux-7.0", {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}}));
  EXPECT_FALSE(error("linux-7.0", {{"CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES", "n"}}));
}

class TwinTest : public TwinFixture {
 protected:
  TwinTest() : TwinFixture("rfc-v4", {}, uapi::kX86DefaultVm) {}
};

class SwProtectedTest : public TwinFixture {
 protected:
  SwProtectedTest() : TwinFixture("rfc-v4", {}, uapi::kX86SwProtectedVm) {}
};

TEST_F(TwinTest, DirtyLogIsClearedByAskingUnlessTheCallerClears) {
  ASSERT_TRUE(PlainSlot(0, uapi::kMemLogDirtyPages, 0, 4, Memory(4)));
  ASSERT_TRUE(Write(kPageSize));
  EXPECT_EQ(Dirty(0), "[1,2)0");
  EXPECT_EQ(Dirty(0), "");
  ASSERT_TRUE(twin_.EnableCap(0, vm_, 168, 0, 1));
  ASSERT_TRUE(Write(3 * kPageSize));
  EXPECT_EQ(Dirty(0), "[3,4)0");
  EXPECT_EQ(Dirty(0), "[3,4)0");
  EXPECT_TRUE(twin_.ClearDirtyLog(0, vm_, 0, 0, 4, {0b1000}, 64));
  EXPECT_EQ(Dirty(0), "");
}

TEST_F(TwinTest, DirtyLogCanStartSetAndGoesWithItsFlag) {
  const std::uint64_t memory = Memory(4);
  ASSERT_TRUE(twin_.EnableCap(0, vm_, 168, 0, 3));
  ASSERT_TRUE(PlainSlot(0, uapi::kMemLogDirtyPages, 0, 4, memory));
  EXPECT_EQ(Dirty(0), "[0,4)0");
  ASSERT_TRUE(PlainSlot(0, 0, 0, 4, memory));
  EXPECT_EQ(twin_.GetDirtyLog(0, vm_, 0, 64).error(), kENOENT);
  EXPECT_EQ(twin_.GetDirtyLog(0, vm_, 1, 64).error(), kENOENT);
  EXPECT_EQ(twin_.GetDirtyLog(0, vm_, 0x20000, 64).error(), kEINVAL);
}

TEST_F(TwinTest, DirtyLogMovesWithItsSlot) {
  const std::uint64_t memory = Memory(4);
  ASSERT_TRUE(PlainSlot(0, uapi::kMemLogDirtyPages, 0, 4, memory));
  ASSERT_TRUE(Write(0));
  ASSERT_TRUE(PlainSlot(0, uapi::kMemLogDirtyPages, kGpa, 4, memory));
  EXPECT_EQ(GuestMapped(), "");
  EXPECT_EQ(Dirty(0), "[0,1)0");
}

TEST_F(TwinTest, UnmappingUserMemoryTakesItFromTheGuest) {
  const std::uint64_t memory = Memory(4);
  ASSERT_TRUE(PlainSlot(0, 0, 0, 4, memory));
  for (std::uint64_t page = 0; page < 4; ++page) ASSERT_TRUE(Write(page * kPageSize));
  EXPECT_EQ(GuestMapped(), "[0,4)0");
  ASSERT_TRUE(twin_.Madvise(0, memory + kPageSize, kPageSize, uapi::kMadviseDontNeed));
  EXPECT_EQ(GuestMapped(), "[0,1)0[2,4)0");
  ASSERT_TRUE(twin_.Munmap(0, memory + 2 * kPageSize, 2 * kPageSize));
  EXPECT_EQ(GuestMapped(), "[0,1)0");
}

TEST_F(SwProtectedTest, ConvertingTheFileUnderAPlainSlotTakesItFromTheGuestEvenWithEagain) {
  const std::uint64_t map = Map(4);
  ASSERT_TRUE(PlainSlot(0, 0, 0, 4, map));
  ASSERT_TRUE(Write(0));
  ASSERT_TRUE(Write(kPageSize));
  EXPECT_EQ(Mapped(map), "[0,2)0");
  ASSERT_TRUE(twin_.Pin(0, map));
  EXPECT_EQ(Convert(0, 1, kPrivate, 0).error(), kEAGAIN);
  EXPECT_EQ(GuestMapped(), "[1,2)0");
  EXPECT_EQ(Mapped(map), "[1,2)0");
}

TEST_F(SwProtectedTest, AScrambledByteIsUnknownUntilItIsLearned) {
  const std::uint64_t map = Map(1);
  twin_.HostAccess(0, map, true)->Write('A');
  ASSERT_TRUE(Convert(0, 1, 0, 0));
  const Place place = twin_.HostAccess(0, map, false).value();
  EXPECT_EQ(place.Read(), std::nullopt);
  place.Write(0x5a);
  EXPECT_EQ(twin_.HostAccess(0, map, false)->Read(), 0x5a);
  EXPECT_EQ(twin_.HostAccess(0, map + 1, false)->Read(), std::nullopt);
}

TEST_F(SwProtectedTest, TheLastMappingOfAnyProcessReleasesTheFile) {
  const std::uint64_t map = Map(4);
  ASSERT_TRUE(FileSlot(1, kGpa, 4));
  const ProcessId child = twin_.Fork(0);
  ASSERT_TRUE(twin_.Close(0, file_));
  ASSERT_TRUE(twin_.Close(child, file_));
  ASSERT_TRUE(twin_.Munmap(0, map, 4 * kPageSize));
  ASSERT_TRUE(Write(kGpa));
  EXPECT_NE(GuestMapped(), "");
  ASSERT_TRUE(twin_.Munmap(child, map, 4 * kPageSize));
  EXPECT_EQ(GuestMapped(), "");
}

TEST_F(TwinTest, AChildsOrdinaryMemoryIsItsOwnAndItsVmsAreNot) {
  const std::uint64_t memory = Memory(1);
  twin_.HostAccess(0, memory, true)->Write('P');
  const ProcessId child = twin_.Fork(0);
  twin_.HostAccess(child, memory, true)->Write('C');
  EXPECT_EQ(twin_.HostAccess(0, memory, false)->Read(), 'P');
  EXPECT_EQ(twin_.CreateGuestMemfd(child, vm_, kPageSize, 0).error(), kEIO);
  EXPECT_TRUE(twin_.HasProcess(twin_.Fork(child)));
}

TEST_F(TwinTest, ASignalEndsAnAllocationWhereItIsSeen) {
  twin_.Interrupt(3);
  EXPECT_EQ(twin_.Fallocate(0, file_, 1, 0, 4 * kPageSize).error(), kEINTR);
  EXPECT_EQ(Show(twin_.Resident(0, file_).value()), "[0,2)0");
  EXPECT_TRUE(twin_.Fallocate(0, file_, 1, 0, 4 * kPageSize));
}

TEST_F(TwinTest, DescriptorsAreTheLowestFreeOnesBelow1024) {
  ASSERT_TRUE(twin_.Close(0, vm_));
  EXPECT_EQ(twin_.Dup(0, kvm_), vm_);
  for (int fd = 6; fd < 1024; ++fd) ASSERT_EQ(twin_.Dup(0, kvm_), fd);
  EXPECT_EQ(twin_.Open(0).error(), kEMFILE);
  EXPECT_EQ(twin_.CreateVm(0, kvm_, 99).error(), kEMFILE);
}

TEST_F(SwProtectedTest, NumbersOfAnySizeAreAnswered) {
  const std::vector<std::uint64_t> numbers = {0,
                                              1,
                                              kPageSize,
                                              std::uint64_t{1} << 51,
                                              (std::uint64_t{1} << 63) - kPageSize,
                                              std::uint64_t{1} << 63,
                                              ~std::uint64_t{0} - kPageSize + 1,
                                              ~std::uint64_t{0}};
  for (const std::uint64_t a : numbers) {
    for (const std::uint64_t b : numbers) {
      uapi::kvm_memory_attributes2 conversion{};
      conversion.offset = a;
      conversion.size = b;
      const bool is_page_of_file = a <= kPageSize && a % kPageSize == 0 && b == kPageSize;
      EXPECT_EQ(twin_.SetMemoryAttributes2(0, file_, conversion).has_value(), is_page_of_file);
      EXPECT_EQ(twin_.Fallocate(0, file_, 1, a, b).has_value(), is_page_of_file) << a << " " << b;
      EXPECT_FALSE(twin_.Madvise(0, a, b, uapi::kMadviseDontNeed).has_value() && b != 0);
      static_cast<void>(twin_.Fallocate(0, file_, 3, a, b));
      static_cast<void>(twin_.Munmap(0, a, b));
      static_cast<void>(twin_.Mmap(0, a, 3, uapi::kMapShared, file_, b));
      static_cast<void>(PlainSlot(0, 0, a, b / kPageSize, a));
      static_cast<void>(FileSlot(1, kGpa, 1, a));
      static_cast<void>(twin_.AccessGuest(0, vm_, a, true, Addressing::kAuto));
    }
  }
}

TEST(TwinBackendTest, AnUnknownByteIsZeroUntilLearned) {
  const auto scenario = scenario::Parse("x", "host x86 rfc-v4\nopen()\n").value();
  TwinBackend backend;
  ASSERT_EQ(backend.SkipReason(scenario), std::nullopt);
  ASSERT_TRUE(backend.Start(scenario));
  const auto call = [&](scenario::CallId id,
                        std::vector<std::pair<scenario::ArgumentId, std::uint64_t>> arguments) {
    scenario::CallRequest request{.id = id, .process = 0, .values = {}, .list = {}};
    for (const auto& [argument, value] : arguments) request[argument] = value;
    return backend.Execute(request);
  };
  using enum scenario::CallId;
  using A = scenario::ArgumentId;
  call(kOpen, {});
  call(kCreateVm, {{A::kKvm, 3}, {A::kType, uapi::kX86SwProtectedVm}});
  call(kCreateGuestMemfd, {{A::kVm, 4}, {A::kSize, kPageSize}, {A::kFlags, kBoth}});
  const std::uint64_t map = scenario::ValueOf(
      call(kMmap, {{A::kGmem, 5}, {A::kSize, kPageSize}, {A::kProt, 3}, {A::kFlags, 1}}));
  call(kHostWrite, {{A::kMap, map}, {A::kByte, 'A'}});
  call(kSetMemoryAttributes2, {{A::kFd, 5}, {A::kSize, kPageSize}});
  EXPECT_EQ(call(kHostRead, {{A::kMap, map}}), scenario::Answer(scenario::answer::Byte{0}));
  EXPECT_TRUE(backend.byte_is_unknown());
  backend.Learn('x');
  EXPECT_FALSE(backend.byte_is_unknown());
  EXPECT_EQ(call(kPeek, {{A::kGmem, 5}}), scenario::Answer(scenario::answer::Byte{'x'}));
  EXPECT_TRUE(
      std::holds_alternative<scenario::answer::NotModelled>(call(kFailAllocation, {{A::kN, 1}})));
  backend.Finish();
}

}  // namespace
}  // namespace kvm_model::twin
