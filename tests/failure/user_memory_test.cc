// Arguments in memory that can't be read, can't be written, or is a guest_memfd's.
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::failure {
namespace {

using hostile::CallWith;
using hostile::DescriptorOf;
using hostile::Form;
using hostile::GoodArguments;
using hostile::HostChoice;
using hostile::Picture;
using hostile::RequestOf;
using hostile::World;
using uapi::Errno;

class UserMemoryTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  // Calls `check(world, form, good arguments)` for each struct that the host reads, each in a new
  // world.
  template <typename Check>
  void ForEachForm(Check check) {
    for (const Form& form : hostile::Forms()) {
      SCOPED_TRACE(form.ioctl);
      World world(GetParam());
      if (DescriptorOf(world, form.kind) < 0 || !ReadsArgument(world, form)) continue;
      check(world, form, GoodArguments(world, form));
    }
  }

  Result<std::int64_t> PlainAnswer(const Form& form) {
    World world(GetParam());
    return CallWith(world, form, GoodArguments(world, form), world.scratch());
  }
};

TEST_P(UserMemoryTest, AStructInMemoryWithoutAccess) {
  ForEachForm([&](World& world, const Form& form, std::span<const std::byte>) {
    const std::uint64_t address =
        *world.task().Mmap(world.page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const Picture before = world.Look();
    EXPECT_THAT(world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address),
                FailsWith(Errno::kEFAULT));
    EXPECT_EQ(hostile::Difference(before, world.Look()), "");
  });
}

// A struct of which one byte lies before a page without access, and one behind.
TEST_P(UserMemoryTest, AStructWithOneGoodByteAtEitherEnd) {
  ForEachForm([&](World& world, const Form& form, std::span<const std::byte> good) {
    world.Poke(world.scratch(), good.last(1));
    world.Poke(world.scratch_end() - 1, good.first(1));
    const Picture before = world.Look();
    for (const std::uint64_t address :
         {world.scratch_end() - 1, world.scratch() - (form.size - 1)}) {
      EXPECT_THAT(
          world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address),
          FailsWith(Errno::kEFAULT));
      EXPECT_EQ(hostile::Difference(before, world.Look()), "");
    }
  });
}

// A guest_memfd's page that the process maps for reading only and another mapping has filled.
TEST_P(UserMemoryTest, AStructInReadOnlyMemory) {
  if (!World(GetParam()).maps_guest_memfd()) return;
  for (const Form& form : hostile::Forms()) {
    SCOPED_TRACE(form.ioctl);
    World world(GetParam());
    if (DescriptorOf(world, form.kind) < 0 || !ReadsArgument(world, form)) continue;
    const std::vector<std::byte> good = GoodArguments(world, form);
    if (!world.task().mm().Write(world.mapping(), good)) continue;  // no page of it is shared
    if (form.kind == uapi::FdKind::kGuestMemfd) continue;           // which converts that page
    const std::uint64_t address =
        *world.task().Mmap(world.page(), PROT_READ, MAP_SHARED, world.file(), 0);
    const Result<std::int64_t> plain = PlainAnswer(form);
    const Result<std::int64_t> answer =
        world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address);
    if (IsWrittenBack(form, plain.has_value())) {
      EXPECT_THAT(answer, FailsWith(Errno::kEFAULT));
    } else {
      EXPECT_EQ(answer, plain);
    }
  }
}

TEST_P(UserMemoryTest, AStructInAPrivatePage) {
  ForEachForm([&](World& world, const Form& form, std::span<const std::byte>) {
    if (!world.has_guest_memfd()) return;
    // Page 2 is private on hosts where pages are converted, and all are where none can be shared.
    const std::uint64_t address = world.mapping() + 2 * world.page();
    if (world.task().HostRead(address).has_value()) return;
    const Picture before = world.Look();
    EXPECT_THAT(world.task().Ioctl(DescriptorOf(world, form.kind), RequestOf(world, form), address),
                FailsWith(Errno::kEFAULT));
    EXPECT_EQ(hostile::Difference(before, world.Look()), "");
  });
}

INSTANTIATE_TEST_SUITE_P(Hosts, UserMemoryTest, ::testing::ValuesIn(hostile::HostChoices()),
                         [](const auto& which) { return which.param.name; });

// x86 at rfc-v4, where each guest_memfd tracks its own pages.
class ConversionArgumentTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kConvert = uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");

  ConversionArgumentTest() : world_(hostile::HostChoices().front()) {}

  uapi::kvm_memory_attributes2 ToPrivate(std::uint64_t page, std::uint64_t pages) {
    uapi::kvm_memory_attributes2 args{};
    args.offset = page * world_.page();
    args.size = pages * world_.page();
    args.attributes = uapi::kMemoryAttributePrivate;
    return args;
  }
  template <typename T>
  Result<std::int64_t> At(std::uint64_t address, const T& args) {
    world_.Poke(address, std::as_bytes(std::span(&args, 1)));
    return world_.task().Ioctl(world_.file(), kConvert, address);
  }

  World world_;
};

// Success writes nothing, so that it doesn't matter that the struct can't be reached any more.
TEST_F(ConversionArgumentTest, LiesInThePageThatBecomesPrivate) {
  EXPECT_THAT(At(world_.mapping(), ToPrivate(0, 1)), Answers(0));
  EXPECT_THAT(world_.task().HostRead(world_.mapping()), FailsWith(Signal::kSIGBUS));
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, world_.mapping()),
              FailsWith(Errno::kEFAULT))
      << "the same call once more can't be read";
}

// The pages stay shared, so that writing the error faults the struct's page in again.
TEST_F(ConversionArgumentTest, LiesBesideAPageThatIsInUse) {
  const auto pin = world_.task().Pin(world_.mapping() + world_.page());
  ASSERT_THAT(pin, Succeeds());
  EXPECT_THAT(At(world_.mapping(), ToPrivate(0, 2)), FailsWith(Errno::kEAGAIN));
  uapi::kvm_memory_attributes2 left{};
  const auto bytes = world_.Peek(world_.mapping(), sizeof(left));
  std::memcpy(&left, bytes.data(), sizeof(left));
  EXPECT_EQ(left.error_offset, world_.page());
  EXPECT_EQ(left.size, 2 * world_.page());
}

// EFAULT takes the place of each errno that comes with an offset; all else is as that failure
// leaves it.
TEST_F(ConversionArgumentTest, TheErrorOffsetCannotBeWritten) {
  const auto read_only = [this](const uapi::kvm_memory_attributes2& args) {
    world_.Poke(world_.mapping() + 5 * world_.page(), std::as_bytes(std::span(&args, 1)));
    return *world_.task().Mmap(world_.page(), PROT_READ, MAP_SHARED, world_.file(),
                               5 * world_.page());
  };
  // Memory is short; the mode can't be had.
  uapi::kvm_memory_attributes2 args = ToPrivate(0, 1);
  std::uint64_t address = read_only(args);
  ASSERT_THAT(world_.task().HostRead(address), Succeeds());
  Picture before = world_.Look();
  world_.kernel().allocations().FailNth(1);
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, address), FailsWith(Errno::kEFAULT));
  EXPECT_FALSE(world_.kernel().allocations().armed());
  EXPECT_EQ(hostile::Difference(before, world_.Look()), "");

  args.flags = uapi::kSetMemoryAttributes2Zero;
  address = read_only(args);
  ASSERT_THAT(world_.task().HostRead(address), Succeeds());
  before = world_.Look();
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, address), FailsWith(Errno::kEFAULT));
  EXPECT_EQ(hostile::Difference(before, world_.Look()), "");

  // A page is in use: the range is unmapped all the same, and its attributes stay.
  const auto pin = world_.task().Pin(world_.mapping() + world_.page());
  ASSERT_THAT(world_.task().HostRead(world_.mapping()), Succeeds());
  address = read_only(ToPrivate(0, 2));
  ASSERT_THAT(world_.task().HostRead(address), Succeeds());
  before = world_.Look();
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, address), FailsWith(Errno::kEFAULT));
  const Picture after = world_.Look();
  for (const auto& [name, value] : before) {
    EXPECT_TRUE(name.starts_with("area ") || after.at(name) == value) << name;
  }
  EXPECT_NE(hostile::Difference(before, after), "") << "the range was mapped before";
}

// What EINVAL ends before there is an offset to tell is not written.
TEST_F(ConversionArgumentTest, AnInvalidOneIsNotWritten) {
  uapi::kvm_memory_attributes2 args = ToPrivate(0, 1);
  args.flags = 4;
  world_.Poke(world_.mapping() + 5 * world_.page(), std::as_bytes(std::span(&args, 1)));
  const std::uint64_t address =
      *world_.task().Mmap(world_.page(), PROT_READ, MAP_SHARED, world_.file(), 5 * world_.page());
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, address), FailsWith(Errno::kEINVAL));
}

// The page that a struct lies in can't be had: the copy fails, not the call's own memory.
TEST_F(ConversionArgumentTest, LiesInAHoleAndMemoryIsShort) {
  world_.kernel().allocations().FailNth(1);
  EXPECT_THAT(world_.task().Ioctl(world_.file(), kConvert, world_.mapping() + 7 * world_.page()),
              FailsWith(Errno::kEFAULT));
  EXPECT_FALSE(world_.kernel().allocations().armed());
}

// The pages are mapped, and how far it got can't be told.
TEST_F(ConversionArgumentTest, PreFaultCannotTellItsProgress) {
  const uapi::kvm_pre_fault_memory range{64 * world_.page(), 6 * world_.page(), 0, {}};
  world_.Poke(world_.mapping(), std::as_bytes(std::span(&range, 1)));
  const std::uint64_t address =
      *world_.task().Mmap(world_.page(), PROT_READ, MAP_SHARED, world_.file(), 0);
  EXPECT_THAT(world_.task().Ioctl(world_.vcpu(), uapi::RequestOf("KVM_PRE_FAULT_MEMORY"), address),
              FailsWith(Errno::kEFAULT));
  const auto mapped = world_.VmOf(world_.vm())->MappedStage2();
  EXPECT_TRUE(
      std::ranges::any_of(mapped, [](PageRange run) { return run.start <= 64 && run.end >= 70; }));
}

// The descriptor is open, though its number couldn't be told.
TEST(DeviceArgumentTest, TheNumberOfTheDescriptorCannotBeWritten) {
  const auto choices = hostile::HostChoices();
  const auto arm64 = std::ranges::find(choices, "arm64_rfc_v4", &HostChoice::name);
  World world(*arm64);
  uapi::kvm_create_device device{};
  device.type = uapi::kDevTypeArmVgicV3;
  world.Poke(world.mapping(), std::as_bytes(std::span(&device, 1)));
  const std::uint64_t address =
      *world.task().Mmap(world.page(), PROT_READ, MAP_SHARED, world.file(), 0);
  const std::size_t open = world.task().fds().Open().size();
  EXPECT_THAT(world.task().Ioctl(world.vm(), uapi::RequestOf("KVM_CREATE_DEVICE"), address),
              FailsWith(Errno::kEFAULT));
  EXPECT_EQ(world.task().fds().Open().size(), open + 1);
}

}  // namespace
}  // namespace kvm_model::failure
