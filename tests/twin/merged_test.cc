// What the twin does in the revision in which the series was merged, where it differs from what was
// proposed: one test for each group of differences, on each build that has it.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/twin/host.h"
#include "tests/twin/page.h"
#include "tests/twin/twin.h"
#include "tests/twin/twin_fixture.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

constexpr std::string_view kMerged = "next-20260923";
constexpr std::uint64_t kMmap = uapi::kGuestMemfdFlagMmap;
constexpr std::uint64_t kInitShared = uapi::kGuestMemfdFlagInitShared;

// The builds: without types that have private memory; with them; the same where each VM tracks its
// attributes by default, and where it could.
const Settings kPlain = {{"CONFIG_KVM_SW_PROTECTED_VM", "n"},
                         {"CONFIG_KVM_INTEL_TDX", "n"},
                         {"CONFIG_KVM_AMD_SEV", "n"}};
const Settings kUsual = {};
const Settings kPerVm = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"}};
const Settings kPerVmInPlace = {{"CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y"},
                                {"kvm.gmem_in_place_conversion", "1"}};

// ---- Capabilities ----

struct Answers {
  std::string_view name;
  std::string_view arch;
  Settings settings;
  std::uint64_t cap;
  std::vector<std::uint64_t> values;  // Of /dev/kvm, then of the VM types that there are, in order.
};

TEST(MergedCapabilitiesTest, EachBuildSaysWhoTakesAttributes) {
  const std::vector<Answers> all = {
      {"plain", "x86", kPlain, 233, {0, 0}},
      {"usual", "x86", kUsual, 233, {0, 0, 0, 0, 0, 0, 0}},
      {"per VM", "x86", kPerVm, 233, {8, 0, 8, 0, 0, 8, 8}},
      {"in place", "x86", kPerVmInPlace, 233, {0, 0, 0, 0, 0, 0, 0}},
      {"plain", "x86", kPlain, 252, {0, 0}},
      {"usual", "x86", kUsual, 252, {8, 0, 8, 0, 0, 8, 8}},
      {"per VM", "x86", kPerVm, 252, {0, 0, 0, 0, 0, 0, 0}},
      {"in place", "x86", kPerVmInPlace, 252, {8, 0, 8, 0, 0, 8, 8}},
      {"plain", "x86", kPlain, 244, {3, 3}},
      {"usual", "x86", kUsual, 244, {3, 3, 3, 3, 3, 3, 3}},
      {"per VM", "x86", kPerVm, 244, {3, 3, 1, 3, 3, 1, 1}},
      {"in place", "x86", kPerVmInPlace, 244, {3, 3, 3, 3, 3, 3, 3}},
      {"usual", "x86", kUsual, 234, {1, 1, 1, 1, 1, 1, 1}},
      {"usual", "x86", kUsual, 248, {0, 0, 0, 0, 0, 0, 0}},
      {"usual", "x86", kUsual, 249, {0, 0, 0, 0, 0, 0, 0}},
      {"usual", "x86", kUsual, 250, {0, 0, 0, 0, 0, 0, 0}},
      {"usual", "x86", kUsual, 251, {0, 0, 0, 0, 0, 0, 0}},
      {"arm64", "arm64", {}, 233, {0, 0}},
      {"arm64", "arm64", {}, 234, {1, 1}},
      {"arm64", "arm64", {}, 244, {3, 3}},
      {"arm64", "arm64", {}, 250, {0, 0}},
      {"arm64", "arm64", {}, 252, {0, 0}},
  };
  for (const Answers& answers : all) {
    Twin twin(MakeHost(answers.arch, kMerged, answers.settings).value());
    const int kvm = twin.Open(0).value();
    std::vector<std::uint64_t> values = {twin.CheckExtension(0, kvm, answers.cap).value()};
    for (std::uint64_t type = 0; type < 6; ++type) {
      const auto vm = twin.CreateVm(0, kvm, type);
      if (vm) values.push_back(twin.CheckExtension(0, *vm, answers.cap).value());
    }
    EXPECT_EQ(values, answers.values) << answers.name << ", capability " << answers.cap;
  }
}

TEST(MergedHostTest, TheParameterIsThereWithItsSymbolAlone) {
  const auto is_impossible = [](std::string_view revision, const Settings& settings) {
    const auto host = MakeHost("x86", revision, settings);
    return !host && !host.error().not_modelled;
  };
  EXPECT_TRUE(is_impossible(kMerged, {{"kvm.gmem_in_place_conversion", "1"}}));
  EXPECT_TRUE(is_impossible(kMerged, {{"CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES", "y"}}));
  Settings settings = kPerVm;
  settings.emplace_back("kvm.vm_memory_attributes", "1");
  EXPECT_TRUE(is_impossible(kMerged, settings));
  settings = kPlain;
  settings.emplace_back("CONFIG_KVM_VM_MEMORY_ATTRIBUTES", "y");
  EXPECT_TRUE(is_impossible(kMerged, settings));
  EXPECT_TRUE(is_impossible("rfc-v4", kPerVmInPlace));
  EXPECT_TRUE(is_impossible("linux-7.0", {{"kvm.gmem_in_place_conversion", "1"}}));
}

// ---- Conversions ----

class SwProtectedTest : public TwinFixture {
 protected:
  SwProtectedTest() : TwinFixture(kMerged, kUsual, uapi::kX86SwProtectedVm) {}
};
class DefaultTest : public TwinFixture {
 protected:
  explicit DefaultTest(std::uint64_t flags = kBoth)
      : TwinFixture(kMerged, kUsual, uapi::kX86DefaultVm, flags) {}
};
class PlainTest : public TwinFixture {
 protected:
  PlainTest() : TwinFixture(kMerged, kPlain, uapi::kX86DefaultVm, kMmap) {}
};
class PerVmTest : public TwinFixture {
 protected:
  PerVmTest() : TwinFixture(kMerged, kPerVm, uapi::kX86SwProtectedVm, kMmap) {}
};
class PerVmInPlaceTest : public TwinFixture {
 protected:
  PerVmInPlaceTest() : TwinFixture(kMerged, kPerVmInPlace, uapi::kX86SwProtectedVm) {}
  Result<> SetOnVm(std::uint64_t attributes) {
    return twin_.SetMemoryAttributes(
        0, vm_, {.address = 0, .size = kPageSize, .attributes = attributes, .flags = 0});
  }
};

TEST_F(SwProtectedTest, NothingIsWrittenByAConversionAndARedundantOneDoesNothing) {
  const std::uint64_t map = Map(4);
  twin_.HostAccess(0, map, true)->Write('A');
  ASSERT_TRUE(Convert(0, 4, 0, 0));
  EXPECT_EQ(Mapped(map), "[0,1)0");
  ASSERT_TRUE(Convert(0, 1, kPrivate, 0));
  EXPECT_EQ(twin_.Peek(0, file_, 0).value()->Read(), 'A');
  ASSERT_TRUE(Convert(0, 1, 0, 0));
  EXPECT_EQ(twin_.HostAccess(0, map, false)->Read(), 'A');
}

TEST_F(SwProtectedTest, FlagsAreRefusedAndErrorOffsetIsNotLookedAt) {
  for (const std::uint64_t flags : {1U, 2U, 3U, 4U}) {
    EXPECT_EQ(Convert(0, 1, 0, flags).error(), kEINVAL) << flags;
  }
  const std::uint64_t map = Map(4);
  const std::uint64_t pin = twin_.Pin(0, map + kPageSize).value();
  uapi::kvm_memory_attributes2 argument{};
  argument.size = 4 * kPageSize;
  argument.attributes = kPrivate;
  argument.error_offset = 77;
  EXPECT_EQ(twin_.SetMemoryAttributes2(0, file_, argument).error(), kEAGAIN);
  EXPECT_EQ(argument.error_offset, kPageSize);
  EXPECT_EQ(Mapped(map), "");
  ASSERT_TRUE(twin_.Unpin(0, pin));
  EXPECT_TRUE(twin_.SetMemoryAttributes2(0, file_, argument));  // As it came back.
  EXPECT_EQ(argument.error_offset, kPageSize);
  argument.reserved[10] = 1;
  EXPECT_EQ(twin_.SetMemoryAttributes2(0, file_, argument).error(), kEINVAL);
}

TEST_F(DefaultTest, FilesOfVmsWithoutPrivateMemoryCantBeConverted) {
  EXPECT_EQ(Convert(0, 1, 0, 0).error(), kEINVAL);
  EXPECT_EQ(Convert(0, 1, kPrivate, 0).error(), kEINVAL);
}

TEST_F(PlainTest, WithoutPrivateTypesNobodyTakesAttributes) {
  EXPECT_EQ(Convert(0, 1, 0, 0).error(), kENOTTY);
  EXPECT_EQ(twin_.SetMemoryAttributes(0, vm_, {}).error(), kENOTTY);
  const auto request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
  EXPECT_EQ(twin_.IoctlWithBadPointer(0, file_, request).error(), kENOTTY);
  // The guest doesn't mind that its file is private, the host does.
  ASSERT_TRUE(FileSlot(0, 0, 4));
  EXPECT_TRUE(Write(0));
  EXPECT_EQ(twin_.HostAccess(0, Map(4), false).error(), Signal::kSigbus);
}

TEST_F(PerVmTest, AVmTakesTheFirstFormAndNeverTheSecond) {
  EXPECT_EQ(Convert(0, 1, kPrivate, 0).error(), kENOTTY);
  uapi::kvm_memory_attributes2 second{};
  second.size = kPageSize;
  EXPECT_EQ(twin_.SetMemoryAttributes2(0, vm_, second).error(), kENOTTY);
  EXPECT_TRUE(twin_.SetMemoryAttributes(
      0, vm_, {.address = 0, .size = kPageSize, .attributes = kPrivate, .flags = 0}));
  EXPECT_EQ(twin_.CreateGuestMemfd(0, vm_, kPageSize, kInitShared).error(), kEINVAL);
}

TEST_F(PerVmInPlaceTest, AVmThatTracksNothingStillTakesTheFirstForm) {
  EXPECT_EQ(SetOnVm(kPrivate).error(), kEINVAL);
  EXPECT_TRUE(SetOnVm(0));
  EXPECT_EQ(Show(twin_.Attributes(0, vm_).value()), "[0,4503599627370496)0");
  const auto request = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES");
  EXPECT_EQ(twin_.IoctlWithBadPointer(0, vm_, request).error(), kEFAULT);
  EXPECT_TRUE(Convert(0, 1, kPrivate, 0));
  EXPECT_TRUE(twin_.CreateGuestMemfd(0, vm_, kPageSize, kInitShared));
}

// ---- What the guest loses: TDX has page tables for each kind ----

class TdxTest : public TwinFixture {
 protected:
  explicit TdxTest(const Settings& settings = kUsual, std::uint64_t flags = kBoth)
      : TwinFixture(kMerged, settings, uapi::kX86TdxVm, flags) {
    EXPECT_TRUE(FileSlot(0, 0, 4));
  }
  void Touch(std::uint64_t gfn, Addressing addressing) {
    const auto found = twin_.AccessGuest(0, vm_, gfn * kPageSize, true, addressing);
    ASSERT_TRUE(std::holds_alternative<Place>(found));
  }
};
class PerVmTdxTest : public TdxTest {
 protected:
  PerVmTdxTest() : TdxTest(kPerVm, kMmap) {}
};

TEST_F(TdxTest, AConversionTakesTheOtherKindAndAHoleTakesBoth) {
  ASSERT_TRUE(Convert(2, 2, kPrivate, 0));
  for (const std::uint64_t gfn : {0U, 1U}) Touch(gfn, Addressing::kShared);
  for (const std::uint64_t gfn : {2U, 3U}) Touch(gfn, Addressing::kPrivate);
  ASSERT_TRUE(Convert(1, 2, 0, 0));
  EXPECT_EQ(GuestMapped(), "[0,2)0[3,4)0");
  ASSERT_TRUE(Convert(1, 3, kPrivate, 0));
  EXPECT_EQ(GuestMapped(), "[0,1)0[3,4)0");
  ASSERT_TRUE(twin_.Fallocate(0, file_, 3, 0, 4 * kPageSize));
  EXPECT_EQ(GuestMapped(), "");
}

// The file is private for good; the guest has shared mappings of it all the same.
TEST_F(PerVmTdxTest, AHoleTakesTheKindThatTheFileWasMadeAs) {
  Touch(0, Addressing::kShared);
  ASSERT_TRUE(twin_.SetMemoryAttributes(
      0, vm_, {.address = kPageSize, .size = kPageSize, .attributes = kPrivate, .flags = 0}));
  Touch(1, Addressing::kPrivate);
  ASSERT_TRUE(twin_.Fallocate(0, file_, 3, 0, 4 * kPageSize));
  EXPECT_EQ(GuestMapped(), "[0,1)0");
}

// ---- Slots ----

class UnmappableTest : public DefaultTest {
 protected:
  UnmappableTest() : DefaultTest(kInitShared) {}
};
class PrivateTest : public DefaultTest {
 protected:
  PrivateTest() : DefaultTest(kMmap) {}
};

TEST_F(UnmappableTest, AFileServesAllFaultsWhetherItCanBeMappedOrNot) {
  ASSERT_TRUE(FileSlot(0, 0, 4));  // Nothing is mapped at its user address.
  EXPECT_TRUE(Write(kPageSize));
  EXPECT_EQ(Show(twin_.Resident(0, file_).value()), "[1,2)0");
}

TEST_F(PrivateTest, APrivateFileOfADefaultVmIsOfNoUseForGood) {
  ASSERT_TRUE(FileSlot(0, 0, 4));
  const auto found = twin_.AccessGuest(0, vm_, 0, true, Addressing::kAuto);
  const auto* fault = std::get_if<MemoryFaultExit>(&found);
  ASSERT_NE(fault, nullptr);
  EXPECT_FALSE(fault->is_private);
  EXPECT_EQ(fault->error, kEFAULT);
}

TEST_F(DefaultTest, ABoundRangeIsToldLastAndAnOffsetIsUnsigned) {
  ASSERT_TRUE(FileSlot(0, 0, 2));
  EXPECT_EQ(FileSlot(1, kGpa, 2, kPageSize).error(), kEEXIST);
  EXPECT_EQ(FileSlot(1, std::uint64_t{1} << 46, 2, kPageSize).error(), kEINVAL);
  EXPECT_EQ(FileSlot(1, kGpa, 1, (std::uint64_t{1} << 63) - kPageSize).error(), kEINVAL);
  EXPECT_EQ(FileSlot(1, kGpa, 1, std::uint64_t{1} << 63).error(), kEINVAL);
  EXPECT_TRUE(FileSlot(1, kGpa, 2, 2 * kPageSize));
}

TEST(MergedArm64Test, OnlyMappableFilesAreBoundAndThatIsToldBeforeTheBinding) {
  Twin twin(MakeHost("arm64", kMerged, {}).value());
  const int vm = twin.CreateVm(0, twin.Open(0).value(), 0).value();
  const int mappable = twin.CreateGuestMemfd(0, vm, kPageSize, kMmap).value();
  const int other = twin.CreateGuestMemfd(0, vm, kPageSize, 0).value();
  const auto bind = [&](std::uint32_t slot, std::uint64_t gpa, int file) {
    uapi::kvm_userspace_memory_region2 region{};
    region.slot = slot;
    region.flags = uapi::kMemGuestMemfd;
    region.guest_phys_addr = gpa;
    region.memory_size = kPageSize;
    region.guest_memfd = static_cast<std::uint32_t>(file);
    return twin.SetUserMemoryRegion2(0, vm, region);
  };
  EXPECT_EQ(bind(0, 0, other).error(), kEINVAL);
  ASSERT_TRUE(bind(0, 0, mappable));
  EXPECT_EQ(bind(1, kPageSize, mappable).error(), kEEXIST);
  EXPECT_EQ(bind(1, std::uint64_t{1} << 40, mappable).error(), kEFAULT);
  // Accesses aren't told apart.
  const auto found = twin.AccessGuest(0, vm, 0, true, Addressing::kPrivate);
  EXPECT_TRUE(std::holds_alternative<Place>(found));
  uapi::kvm_memory_attributes2 conversion{};
  conversion.size = kPageSize;
  EXPECT_EQ(twin.SetMemoryAttributes2(0, mappable, conversion).error(), kENOTTY);
  EXPECT_EQ(twin.SetMemoryAttributes2(0, vm, conversion).error(), kEINVAL);
}

// ---- The initial image ----

TEST_F(TdxTest, AnImageMayBeInItsPlaceAlready) {
  const std::uint64_t map = Map(4);
  twin_.HostAccess(0, map, true)->Write('I');
  EXPECT_EQ(twin_.Populate(0, vm_, 0, 1, std::nullopt).error(), kEINVAL);  // Shared as yet.
  ASSERT_TRUE(Convert(0, 2, kPrivate, 0));
  EXPECT_EQ(twin_.Populate(0, vm_, 0, 4, std::nullopt), 2);
  EXPECT_EQ(twin_.Peek(0, file_, 0).value()->Read(), 'I');
  EXPECT_EQ(twin_.Peek(0, file_, kPageSize).value()->Read(), 0);
  EXPECT_EQ(Show(twin_.Resident(0, file_).value()), "[0,3)0");
  EXPECT_EQ(twin_.Populate(0, vm_, 0, 1, 'C'), 1);
  EXPECT_EQ(twin_.Peek(0, file_, 0).value()->Read(), 'C');
}

class SnpTest : public TwinFixture {
 protected:
  SnpTest() : TwinFixture(kMerged, kUsual, uapi::kX86SnpVm) {
    EXPECT_TRUE(FileSlot(0, 0, 4));
    EXPECT_TRUE(Convert(0, 4, kPrivate, 0));
  }
  Result<std::uint64_t> PopulateOne(std::uint64_t gfn) {
    return twin_.Populate(0, vm_, gfn * kPageSize, 1, std::nullopt);
  }
};

TEST_F(SnpTest, APageIsAssignedOnceUntilItIsSharedOrGone) {
  EXPECT_EQ(PopulateOne(0), 1);
  EXPECT_EQ(PopulateOne(0).error(), kEEXIST);
  ASSERT_TRUE(Write(kPageSize));
  EXPECT_EQ(PopulateOne(1).error(), kEEXIST);
  ASSERT_TRUE(Convert(0, 1, 0, 0));
  ASSERT_TRUE(Convert(0, 1, kPrivate, 0));
  ASSERT_TRUE(twin_.Fallocate(0, file_, 3, kPageSize, kPageSize));
  EXPECT_EQ(PopulateOne(0), 1);
  EXPECT_EQ(PopulateOne(1), 1);
}

TEST_F(PerVmTdxTest, WithoutConversionInPlaceAnImageNeedsASource) {
  ASSERT_TRUE(twin_.SetMemoryAttributes(
      0, vm_, {.address = 0, .size = kPageSize, .attributes = kPrivate, .flags = 0}));
  EXPECT_EQ(twin_.Populate(0, vm_, 0, 1, std::nullopt).error(), kEINVAL);
  EXPECT_EQ(Show(twin_.Resident(0, file_).value()), "");
  EXPECT_EQ(twin_.Populate(0, vm_, 0, 1, 'C'), 1);
}

}  // namespace
}  // namespace kvm_model::twin
