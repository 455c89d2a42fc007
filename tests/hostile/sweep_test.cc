// Every request number, and random ones, on every kind of descriptor: each answer is one that the
// specification allows, and a call that fails leaves everything as it was.
#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/result.h"
#include "tests/hostile/allowed.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/probe.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;
using uapi::FdKind;

constexpr std::uint64_t kSeed = 20260326;
constexpr int kRandomRequests = 100'000;

class SweepTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  struct Target {
    FdKind kind;
    int fd;
  };

  SweepTest() : world_(GetParam()), first_fds_(world_.task().fds().Open()), before_(world_.Look()) {
    targets_ = {{FdKind::kSystem, world_.device()},
                {FdKind::kVm, world_.vm()},
                {FdKind::kVcpu, world_.vcpu()}};
    if (world_.has_guest_memfd()) targets_.push_back({FdKind::kGuestMemfd, world_.file()});
    if (world_.controller() >= 0) targets_.push_back({FdKind::kDevice, world_.controller()});
  }

  bool IsAnyIoctl(std::uint32_t request) const {
    const ArchTraits& traits = world_.host().arch().traits();
    return uapi::FindIoctl(request, traits.ioctl_encoding).has_value() ||
           uapi::FindVfsIoctl(request, traits.vfs_numbering).has_value();
  }

  void ExpectNothingChanged() {
    const Picture now = world_.Look();
    ASSERT_EQ(Difference(before_, now), "");
  }

  // Descriptors that a call made are given back, and what it changed is taken for the world's
  // state.
  void AcceptChanges() {
    for (const int fd : world_.task().fds().Open()) {
      if (!std::ranges::binary_search(first_fds_, fd)) (void)world_.task().Close(fd);
    }
    before_ = world_.Look();
  }

  // One call. State is compared around each ioctl that exists, and for the rest, which can't reach
  // any code of their own, by the caller, many calls at a time.
  void Probe(const Target& target, std::uint64_t request, std::uint64_t arg) {
    const auto cut = static_cast<std::uint32_t>(request);
    const bool exists = IsAnyIoctl(cut);
    const std::size_t bytes = World::kFilledBytes;
    const std::vector<std::byte> memory =
        exists ? world_.Peek(world_.scratch(), bytes) : std::vector<std::byte>();
    if (exists && unseen_calls_) ExpectNothingChanged();
    unseen_calls_ = !exists;
    const Result<std::int64_t> answer = world_.task().Ioctl(target.fd, request, arg);
    const std::string wrong = WhyNotAllowed(world_.host(), target.kind, cut, answer);
    ASSERT_EQ(wrong, "") << "on descriptor " << target.fd << ", argument " << std::hex << arg;
    if (!exists) return;
    if (answer) {
      AcceptChanges();
      return;
    }
    SCOPED_TRACE(request);
    ExpectNothingChanged();
    std::vector<std::byte> left = world_.Peek(world_.scratch(), bytes);
    if (target.kind == FdKind::kGuestMemfd && arg == world_.scratch()) {
      // error_offset is written by conversions that fail late.
      std::copy_n(memory.begin() + 32, 8, left.begin() + 32);
    }
    ASSERT_EQ(memory, left) << "a failing call wrote to its caller's memory";
  }

  std::vector<std::uint64_t> Arguments() const {
    return {0,
            1,
            world_.scratch(),
            world_.scratch() + 1,
            world_.scratch_end(),
            world_.scratch_end() - 8,
            world_.mapping(),
            0xffff800000000000u,
            std::uint64_t{1} << 63,
            ~std::uint64_t{0} - 7,
            ~std::uint64_t{0}};
  }

  // Every request number that means something: KVM's own and the virtual file system's.
  std::vector<std::uint32_t> Requests() const {
    std::vector<std::uint32_t> requests;
    for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
      const std::uint32_t request = world_.Request(uapi::IoctlId{static_cast<std::uint8_t>(i)});
      if (request != 0) requests.push_back(request);
    }
    for (const uapi::VfsIoctlDef& ioctl : uapi::vfs_ioctl_table::kRows) {
      requests.push_back(uapi::VfsRequest(ioctl.id, world_.host().arch().traits().vfs_numbering));
    }
    return requests;
  }

  World world_;
  const std::vector<int> first_fds_;
  std::vector<Target> targets_;
  Picture before_;
  bool unseen_calls_ = false;  // since the last picture
};

TEST_P(SweepTest, EveryTypeAndNumber) {
  // Some directions and sizes of both packings.
  constexpr std::array<std::uint32_t, 3> kHeads = {0x0000'0000, 0x4020'0000, 0xc080'0000};
  const std::vector<std::uint64_t> arguments = Arguments();
  for (const Target& target : targets_) {
    for (const std::uint32_t head : kHeads) {
      for (std::uint32_t low = 0; low <= 0xffff; ++low) {
        Probe(target, head | low, arguments[low % arguments.size()]);
        if (HasFatalFailure()) return;
      }
      ExpectNothingChanged();
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(SweepTest, EveryDirectionSizeAndNumberOfKvmsOwnType) {
  const std::vector<std::uint64_t> arguments = Arguments();
  for (const Target& target : targets_) {
    for (std::uint32_t direction = 0; direction < 8; ++direction) {
      for (std::uint32_t size = 0; size <= 192; size += 32) {
        for (std::uint32_t nr = 0; nr <= 0xff; ++nr) {
          const std::uint32_t request =
              direction << 29 | size << 16 | std::uint32_t{uapi::kKvmio} << 8 | nr;
          Probe(target, request, arguments[nr % arguments.size()]);
          if (HasFatalFailure()) return;
        }
      }
      ExpectNothingChanged();
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(SweepTest, EveryIoctlThatExistsWithEveryArgument) {
  std::mt19937_64 random(kSeed);
  for (const Target& target : targets_) {
    for (int filling = 0; filling < 4; ++filling) {
      for (const std::uint32_t request : Requests()) {
        for (const std::uint64_t argument : Arguments()) {
          if (filling < 2) world_.Fill(filling == 0 ? std::byte{0} : std::byte{0xff});
          if (filling >= 2) {
            std::vector<std::byte> bytes(256);
            for (std::byte& byte : bytes) {
              byte = random() % 3 == 0 ? std::byte(random() % 256) : std::byte{0};
            }
            world_.Poke(world_.scratch(), bytes);
          }
          Probe(target, request, argument);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

// An argument that is a number: types of VMs, ids of vCPUs, capabilities.
TEST_P(SweepTest, EveryNumberAtEveryCorner) {
  std::vector<std::uint64_t> numbers = Corners(world_, FieldKind::kFlags);
  for (std::uint64_t number = 0; number <= 64; ++number) numbers.push_back(number);
  constexpr std::pair<FdKind, std::string_view> kIoctls[] = {
      {FdKind::kSystem, "KVM_CREATE_VM"},   {FdKind::kSystem, "KVM_CHECK_EXTENSION"},
      {FdKind::kVm, "KVM_CHECK_EXTENSION"}, {FdKind::kVm, "KVM_CREATE_VCPU"},
      {FdKind::kVm, "KVM_SET_BOOT_CPU_ID"}, {FdKind::kVcpu, "KVM_RUN"},
  };
  for (const auto& [kind, ioctl] : kIoctls) {
    SCOPED_TRACE(ioctl);
    for (const std::uint64_t number : numbers) {
      Probe({kind, DescriptorOf(world_, kind)}, world_.Request(*uapi::IoctlByName(ioctl)), number);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(SweepTest, RandomRequestsOf64Bits) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  const std::vector<std::uint64_t> arguments = Arguments();
  for (int i = 0; i < kRandomRequests; ++i) {
    const Target target = targets_[random() % targets_.size()];
    std::uint64_t request = random();
    if (i % 2 == 0) request = (request & ~0xff00u) | std::uint64_t{uapi::kKvmio} << 8;
    const std::uint64_t argument = i % 3 == 0 ? random() : arguments[random() % arguments.size()];
    Probe(target, request, argument);
    if (HasFatalFailure()) return;
  }
  ExpectNothingChanged();
}

// Only the low 32 bits of a request count.
TEST_P(SweepTest, HighBitsOfARequestAreCutOff) {
  const std::uint32_t version = world_.Request(uapi::Ioctl("KVM_GET_API_VERSION"));
  for (int bit = 32; bit < 64; ++bit) {
    EXPECT_THAT(
        world_.task().Ioctl(world_.device(), version | std::uint64_t{1} << bit, std::uint64_t{0}),
        Answers(uapi::kApiVersion));
  }
}

TEST_P(SweepTest, DescriptorsThatCannotBeUsed) {
  const std::vector<int> bad = {world_.Closed(), World::kNeverOpen, world_.path_only(), -1,     -2,
                                INT_MIN,         INT_MAX,           INT_MAX - 1,        1 << 20};
  for (const int fd : bad) {
    SCOPED_TRACE(fd);
    for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
      const std::uint32_t request = world_.Request(uapi::IoctlId{static_cast<std::uint8_t>(i)});
      for (const std::uint64_t argument : Arguments()) {
        EXPECT_THAT(world_.task().Ioctl(fd, request, argument), FailsWith(Errno::kEBADF));
      }
    }
    EXPECT_THAT(world_.task().Ioctl(fd, 0x5451, std::uint64_t{0}), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Mmap(world_.page(), 3, 1, fd, 0), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Fallocate(fd, 1, 0, world_.page()), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Read(fd), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Write(fd), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Seek(fd), FailsWith(Errno::kEBADF));
    if (fd == world_.path_only()) continue;  // which can be copied and closed
    EXPECT_THAT(world_.task().Dup(fd), FailsWith(Errno::kEBADF));
    EXPECT_THAT(world_.task().Close(fd), FailsWith(Errno::kEBADF));
  }
  ExpectNothingChanged();
}

// 0, 1 and 2 are open, and not KVM's: whatever they answer, KVM does nothing.
TEST_P(SweepTest, StandardDescriptorsLeadToNothingOfKvms) {
  for (const int fd : {0, 1, 2}) {
    for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
      const std::uint32_t request = world_.Request(uapi::IoctlId{static_cast<std::uint8_t>(i)});
      for (const std::uint64_t argument : Arguments()) {
        EXPECT_FALSE(world_.task().Ioctl(fd, request, argument).has_value());
      }
    }
    EXPECT_FALSE(world_.task().Mmap(world_.page(), 3, 1, fd, 0).has_value());
    EXPECT_FALSE(world_.task().Fallocate(fd, 1, 0, world_.page()).has_value());
  }
  ExpectNothingChanged();
}

INSTANTIATE_TEST_SUITE_P(Hosts, SweepTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
