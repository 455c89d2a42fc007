// What each architecture answers to ioctls that it doesn't have, in its own packing of request
// numbers and in the other one.
#include "uapi/ioctls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/registry.h"
#include "gtest/gtest.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Encoding;
using uapi::Errno;
using Settings = std::vector<SettingAssignment>;

struct Expectation {
  std::string arch;
  Errno device;
  Errno vm;
  Encoding encoding;
};

void PrintTo(const Expectation& expected, std::ostream* out) { *out << expected.arch; }

const Expectation kExpectations[] = {
    {"x86", Errno::kEINVAL, Errno::kENOTTY, Encoding::kGeneric},
    {"arm64", Errno::kEINVAL, Errno::kEINVAL, Encoding::kGeneric},
    {"riscv", Errno::kEINVAL, Errno::kEINVAL, Encoding::kGeneric},
    {"s390", Errno::kEINVAL, Errno::kENOTTY, Encoding::kGeneric},
    {"loongarch", Errno::kENOTTY, Errno::kENOTTY, Encoding::kGeneric},
    {"powerpc", Errno::kEINVAL, Errno::kENOTTY, Encoding::kPowerpcMips},
    {"mips", Errno::kENOTTY, Errno::kENOTTY, Encoding::kPowerpcMips},
};

class UnknownIoctlTest : public ::testing::TestWithParam<Expectation> {
 protected:
  UnknownIoctlTest() : machine_(GetParam().arch), vm_(machine_.CreateVm().value()) {}

  Result<std::int64_t> OnDevice(std::uint32_t request, std::uint64_t arg = 0) {
    return machine_.task().Ioctl(machine_.kvm(), request, arg);
  }
  Result<std::int64_t> OnVm(std::uint32_t request, std::uint64_t arg = 0) {
    return machine_.task().Ioctl(vm_, request, arg);
  }

  Encoding Other() const {
    return GetParam().encoding == Encoding::kGeneric ? Encoding::kPowerpcMips : Encoding::kGeneric;
  }

  Machine machine_;
  int vm_;
};

TEST_P(UnknownIoctlTest, ANumberThatNobodyHas) {
  for (const Encoding encoding : {Encoding::kGeneric, Encoding::kPowerpcMips}) {
    const std::uint32_t unknown =
        uapi::Encode(uapi::Direction::kNone, uapi::kKvmio, 0xff, 0, encoding);
    EXPECT_THAT(OnDevice(unknown), FailsWith(GetParam().device));
    EXPECT_THAT(OnVm(unknown), FailsWith(GetParam().vm));
  }
}

TEST_P(UnknownIoctlTest, ANumberOfAnotherType) {
  const std::uint32_t foreign =
      uapi::Encode(uapi::Direction::kNone, 0x12, 0x01, 0, GetParam().encoding);
  EXPECT_THAT(OnDevice(foreign), FailsWith(GetParam().device));
  EXPECT_THAT(OnVm(foreign), FailsWith(GetParam().vm));
  const int vcpu = machine_.CreateVcpu(vm_).value();
  EXPECT_THAT(machine_.task().Ioctl(vcpu, foreign, std::uint64_t{0}), FailsWith(Errno::kEINVAL));
}

TEST_P(UnknownIoctlTest, EveryIoctlInTheOtherArchitecturesPacking) {
  int tried = 0;
  for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
    const uapi::IoctlId id{static_cast<std::uint8_t>(i)};
    const std::uint32_t request = uapi::Request(id, Other());
    if (request == 0 || uapi::FindIoctl(request, GetParam().encoding).has_value()) continue;
    ++tried;
    EXPECT_THAT(OnDevice(request), FailsWith(GetParam().device)) << uapi::GetIoctl(id).name;
    EXPECT_THAT(OnVm(request), FailsWith(GetParam().vm)) << uapi::GetIoctl(id).name;
  }
  EXPECT_GT(tried, 20);
}

TEST_P(UnknownIoctlTest, IoctlsOfAnotherKindOfDescriptor) {
  const auto request = [this](uapi::IoctlId id) { return machine_.Request(id); };
  EXPECT_THAT(OnDevice(request(uapi::Ioctl("KVM_CREATE_VCPU"))), FailsWith(GetParam().device));
  EXPECT_THAT(OnDevice(request(uapi::Ioctl("KVM_ENABLE_CAP"))), FailsWith(GetParam().device));
  EXPECT_THAT(OnDevice(request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"))),
              FailsWith(GetParam().device));
  EXPECT_THAT(OnDevice(request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"))),
              FailsWith(GetParam().device));
  EXPECT_THAT(OnDevice(request(uapi::Ioctl("KVM_RUN"))), FailsWith(GetParam().device));
  EXPECT_THAT(OnVm(request(uapi::Ioctl("KVM_GET_API_VERSION"))), FailsWith(GetParam().vm));
  EXPECT_THAT(OnVm(request(uapi::Ioctl("KVM_CREATE_VM"))), FailsWith(GetParam().vm));
  EXPECT_THAT(OnVm(request(uapi::Ioctl("KVM_RUN"))), FailsWith(GetParam().vm));
  EXPECT_THAT(OnVm(request(uapi::Ioctl("KVM_PRE_FAULT_MEMORY"))), FailsWith(GetParam().vm));
}

// What isn't compiled in is unknown: no EFAULT for a bad argument.
TEST_P(UnknownIoctlTest, IoctlsThatTheKernelIsBuiltWithout) {
  const bool has_guest_memfd = GetParam().arch == "x86" || GetParam().arch == "arm64";
  EXPECT_THAT(OnVm(machine_.Request(uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"))),
              FailsWith(has_guest_memfd ? Errno::kEFAULT : GetParam().vm));
  EXPECT_THAT(OnVm(machine_.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"))),
              FailsWith(GetParam().vm));
  EXPECT_THAT(OnVm(machine_.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"))),
              FailsWith(GetParam().vm));
}

TEST_P(UnknownIoctlTest, DescriptorsWorkWithTheArchitecturesOwnNumbers) {
  EXPECT_THAT(OnDevice(machine_.Request(uapi::Ioctl("KVM_GET_API_VERSION"))),
              Answers(uapi::kApiVersion));
  EXPECT_THAT(OnVm(machine_.Request(uapi::Ioctl("KVM_CHECK_EXTENSION")), 3), Answers(1));
}

INSTANTIATE_TEST_SUITE_P(Architectures, UnknownIoctlTest, ::testing::ValuesIn(kExpectations),
                         [](const auto& which) { return which.param.arch; });

// KVM_GET_VCPU_MMAP_SIZE, in pages of the host: the run page, one for port I/O on x86, one where
// there is coalesced MMIO.
struct MmapSize {
  std::string name;
  std::string arch;
  Settings settings;
  std::int64_t page_size;
  std::int64_t pages;
};

void PrintTo(const MmapSize& expected, std::ostream* out) { *out << expected.name; }

const MmapSize kMmapSizes[] = {
    {"x86", "x86", {}, 4096, 3},
    {"arm64", "arm64", {}, 4096, 2},
    {"arm64_16k", "arm64", {{"CONFIG_PAGE_SHIFT", "14"}}, 16384, 2},
    {"arm64_64k", "arm64", {{"CONFIG_PAGE_SHIFT", "16"}}, 65536, 2},
    {"riscv", "riscv", {}, 4096, 2},
    {"s390", "s390", {}, 4096, 1},
    {"loongarch", "loongarch", {}, 16384, 2},
    {"loongarch_4k", "loongarch", {{"CONFIG_PAGE_SHIFT", "12"}}, 4096, 2},
    {"loongarch_64k", "loongarch", {{"CONFIG_PAGE_SHIFT", "16"}}, 65536, 2},
    {"powerpc_hv", "powerpc", {}, 65536, 1},
    {"powerpc_pr", "powerpc", {{"CONFIG_KVM_BOOK3S_64_PR", "y"}}, 65536, 2},
    {"powerpc_4k", "powerpc", {{"CONFIG_PAGE_SHIFT", "12"}}, 4096, 1},
    {"mips", "mips", {}, 16384, 2},
    {"mips_4k", "mips", {{"CONFIG_PAGE_SHIFT", "12"}}, 4096, 2},
    {"mips_64k", "mips", {{"CONFIG_PAGE_SHIFT", "16"}}, 65536, 2},
};

class VcpuMmapSizeTest : public ::testing::TestWithParam<MmapSize> {};

TEST_P(VcpuMmapSizeTest, IsTheArchitecturesNumberOfPages) {
  Machine machine(GetParam().arch, GetParam().settings);
  const std::uint32_t request = machine.Request(uapi::Ioctl("KVM_GET_VCPU_MMAP_SIZE"));
  EXPECT_EQ(static_cast<std::int64_t>(machine.page_size()), GetParam().page_size);
  EXPECT_THAT(machine.task().Ioctl(machine.kvm(), request, std::uint64_t{0}),
              Answers(GetParam().page_size * GetParam().pages));
  for (const std::uint64_t arg : {std::uint64_t{1}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    EXPECT_THAT(machine.task().Ioctl(machine.kvm(), request, arg), FailsWith(Errno::kEINVAL));
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, VcpuMmapSizeTest, ::testing::ValuesIn(kMmapSizes),
                         [](const auto& which) { return which.param.name; });

// Page sizes that an architecture doesn't have are refused when the host is made.
TEST(PageSizeTest, OnlyTheArchitecturesOwnCanBeChosen) {
  const std::pair<std::string_view, std::vector<int>> kShifts[] = {
      {"x86", {12}},          {"arm64", {12, 14, 16}},     {"riscv", {12}},
      {"s390", {12}},         {"loongarch", {12, 14, 16}}, {"powerpc", {12, 16}},
      {"mips", {12, 14, 16}},
  };
  for (const auto& [arch, shifts] : kShifts) {
    for (int shift = 0; shift < 65; ++shift) {
      const std::vector<SettingAssignment> settings = {
          {"CONFIG_PAGE_SHIFT", std::to_string(shift)}};
      const bool expected = std::ranges::find(shifts, shift) != shifts.end();
      EXPECT_EQ(Host::Create(*FindArch(arch), DefaultRevision(), settings).has_value(), expected)
          << arch << " " << shift;
    }
  }
}

}  // namespace
}  // namespace kvm_model
