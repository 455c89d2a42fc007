// Descriptors in the wrong hands: other kinds of file, other VMs' files, numbers that mean
// something else now, and other processes.
#include <fcntl.h>
#include <sys/mman.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/arch.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::hostile {
namespace {

using uapi::Errno;

class ProcessesTest : public ::testing::TestWithParam<HostChoice> {
 protected:
  ProcessesTest() : world_(GetParam()) {}

  uapi::kvm_userspace_memory_region2 GuestMemfdSlot(int fd) {
    uapi::kvm_userspace_memory_region2 region{};
    region.slot = 7;
    region.flags = uapi::kMemGuestMemfd;
    region.guest_phys_addr = 512 * world_.page();
    region.memory_size = world_.page();
    region.guest_memfd = static_cast<std::uint32_t>(fd);
    return region;
  }

  World world_;
};

TEST_P(ProcessesTest, ASlotTakesOnlyAGuestMemfdOfItsOwnVm) {
  if (!world_.has_guest_memfd()) {
    EXPECT_THAT(world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"),
                            GuestMemfdSlot(world_.vm())),
                FailsWith(Errno::kEINVAL));
    return;
  }
  const Picture before = world_.Look();
  const std::pair<int, Errno> kCases[] = {
      {world_.device(), Errno::kEINVAL},
      {world_.vm(), Errno::kEINVAL},
      {world_.other_vm(), Errno::kEINVAL},
      {world_.vcpu(), Errno::kEINVAL},
      {world_.other_vms_file(), Errno::kEINVAL},
      {world_.controller(), world_.controller() < 0 ? Errno::kEBADF : Errno::kEINVAL},
      {world_.path_only(), Errno::kEBADF},
      {world_.Closed(), Errno::kEBADF},
      {World::kNeverOpen, Errno::kEBADF},
      {-1, Errno::kEBADF},
      {-2, Errno::kEBADF},
      {INT_MIN, Errno::kEBADF},
      {INT_MAX, Errno::kEBADF},
  };
  for (const auto& [fd, error] : kCases) {
    EXPECT_THAT(
        world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), GuestMemfdSlot(fd)),
        FailsWith(error))
        << fd;
    EXPECT_EQ(Difference(before, world_.Look()), "") << fd;
  }
  // The standard descriptors are open, but none of them is a guest_memfd.
  for (const int fd : {0, 1, 2}) {
    EXPECT_FALSE(
        world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), GuestMemfdSlot(fd))
            .has_value());
  }
  // A wrong descriptor doesn't matter to a slot that wants none.
  uapi::kvm_userspace_memory_region2 ordinary = GuestMemfdSlot(-1);
  ordinary.flags = 0;
  EXPECT_THAT(world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), ordinary),
              Answers(0));
}

TEST_P(ProcessesTest, AForkedChildGetsEioForEveryIoctlOfWhatIsTheVms) {
  const std::unique_ptr<Task> child = world_.task().Fork();
  const Picture before = world_.Look();
  for (const int fd : {world_.vm(), world_.other_vm(), world_.vcpu(), world_.controller()}) {
    if (fd < 0) continue;  // no such device
    for (std::size_t i = 0; i < uapi::AllIoctls().size(); ++i) {
      const std::uint32_t request = world_.Request(uapi::IoctlId{static_cast<std::uint8_t>(i)});
      for (const std::uint64_t arg : {std::uint64_t{0}, world_.scratch()}) {
        EXPECT_THAT(child->Ioctl(fd, request, arg), FailsWith(Errno::kEIO))
            << uapi::AllIoctls()[i].name;
      }
    }
    // Numbers of nobody's, too.
    for (const std::uint32_t request : {0xaeffu, 0x1201u, 0xffffffffu}) {
      EXPECT_THAT(child->Ioctl(fd, request, std::uint64_t{0}), FailsWith(Errno::kEIO));
    }
  }
  EXPECT_EQ(Difference(before, world_.Look()), "");
  EXPECT_EQ(child->fds().Open(), world_.task().fds().Open());
}

TEST_P(ProcessesTest, AForkedChildMayUseDevKvmAndVmsOfItsOwn) {
  const std::unique_ptr<Task> child = world_.task().Fork();
  EXPECT_THAT(child->Ioctl(world_.device(), world_.Request(uapi::Ioctl("KVM_GET_API_VERSION")),
                           std::uint64_t{0}),
              Answers(uapi::kApiVersion));
  const auto vm = child->Ioctl(world_.device(), world_.Request(uapi::Ioctl("KVM_CREATE_VM")),
                               GetParam().vm_type);
  ASSERT_THAT(vm, Succeeds());
  const std::uint32_t check = world_.Request(uapi::Ioctl("KVM_CHECK_EXTENSION"));
  EXPECT_THAT(child->Ioctl(static_cast<int>(*vm), check, std::uint64_t{3}), Answers(1));
  // The parent has no such descriptor, and a grandchild may not use the VM.
  EXPECT_THAT(world_.task().Ioctl(static_cast<int>(*vm), check, std::uint64_t{3}),
              FailsWith(Errno::kEBADF));
  EXPECT_THAT(child->Fork()->Ioctl(static_cast<int>(*vm), check, std::uint64_t{3}),
              FailsWith(Errno::kEIO));
  EXPECT_THAT(world_.task().Ioctl(world_.vm(), check, std::uint64_t{3}), Answers(1));
}

// A number that was one kind of file's and is another's now: the answers are the new one's, and
// nothing is left of what the number was.
TEST_P(ProcessesTest, ARecycledNumberIsWhatItIsNow) {
  Task& task = world_.task();
  const std::uint32_t check = world_.Request(uapi::Ioctl("KVM_CHECK_EXTENSION"));
  const std::uint32_t create_vcpu = world_.Request(uapi::Ioctl("KVM_CREATE_VCPU"));
  const int number = world_.other_vm();
  const std::shared_ptr<Vm> gone = world_.VmOf(number);
  const auto users = gone.use_count();
  ASSERT_THAT(task.Close(number), Succeeds());
  EXPECT_LT(gone.use_count(), users);
  ASSERT_THAT(task.Open("/dev/kvm", O_RDWR), Answers(number));
  const Picture before = world_.Look();
  EXPECT_THAT(task.Ioctl(number, check, std::uint64_t{3}), Answers(1));
  EXPECT_THAT(task.Ioctl(number, create_vcpu, std::uint64_t{1}),
              FailsWith(world_.host().arch().traits().unknown_device_ioctl));
  EXPECT_THAT(
      world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), GuestMemfdSlot(number)),
      FailsWith(Errno::kEINVAL));
  EXPECT_EQ(Difference(before, world_.Look()), "");
  // A vCPU of the first VM takes the number next.
  ASSERT_THAT(task.Close(number), Succeeds());
  ASSERT_THAT(task.Ioctl(world_.vm(), create_vcpu, std::uint64_t{5}), Answers(number));
  EXPECT_THAT(task.Ioctl(number, create_vcpu, std::uint64_t{6}),
              FailsWith(world_.host().arch().traits().unknown_vcpu_ioctl));
  EXPECT_EQ(world_.VmOf(number), nullptr);
}

TEST_P(ProcessesTest, AnythingMayBeClosedInAnyOrder) {
  const std::vector<int> open = world_.task().fds().Open();
  for (std::size_t first = 0; first < open.size(); ++first) {
    World world(GetParam());
    const std::unique_ptr<Task> child = world.task().Fork();
    for (std::size_t i = 0; i < open.size(); ++i) {
      EXPECT_THAT(world.task().Close(open[(first + i) % open.size()]), Succeeds());
    }
    EXPECT_TRUE(world.task().fds().Open().empty());
    // What was mapped outlives its descriptors.
    if (world.has_guest_memfd()) (void)world.task().HostRead(world.mapping());
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, ProcessesTest, ::testing::ValuesIn(HostChoices()),
                         [](const auto& which) { return which.param.name; });

class GuestMemfdProcessesTest : public ProcessesTest {};

TEST_P(GuestMemfdProcessesTest, AForkedChildMayUseTheFile) {
  const std::unique_ptr<Task> child = world_.task().Fork();
  EXPECT_THAT(child->Fallocate(world_.file(), FALLOC_FL_KEEP_SIZE, 0, world_.page()), Succeeds());
  EXPECT_THAT(
      child->Fallocate(world_.file(), FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, world_.page()),
      Succeeds());
  EXPECT_EQ(child->Mmap(world_.page(), PROT_READ, MAP_SHARED, world_.file(), 0).has_value(),
            world_.maps_guest_memfd());
  const std::uint32_t request = world_.Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"));
  uapi::kvm_memory_attributes2 args{};
  args.size = world_.page();
  world_.Poke(world_.scratch(), std::as_bytes(std::span(&args, 1)));
  // The child has a copy of what was poked before it was forked, and its own memory counts.
  const std::unique_ptr<Task> second = world_.task().Fork();
  if (GetParam().file_attributes) {
    EXPECT_THAT(second->Ioctl(world_.file(), request, world_.scratch()), Answers(0));
    EXPECT_THAT(child->Ioctl(world_.file(), request, std::uint64_t{0}), FailsWith(Errno::kEFAULT));
  } else {
    EXPECT_THAT(second->Ioctl(world_.file(), request, world_.scratch()), FailsWith(Errno::kENOTTY));
  }
}

// The slot of a file that is closed keeps its gfns and leads nowhere, whoever has the number now.
TEST_P(GuestMemfdProcessesTest, ABoundFilesNumberIsRecycled) {
  Task& task = world_.task();
  const auto create = [&] {
    return world_.Call(world_.vm(), uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"),
                       uapi::kvm_create_guest_memfd{2 * world_.page(), world_.mmap_flag(), {}});
  };
  const uapi::IoctlId set_region = uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2");
  const std::shared_ptr<Vm> vm = world_.VmOf(world_.vm());
  // Shared pages come from a file that can be mapped; otherwise from the process, which has none.
  const auto fails_to_write = [&] {
    const std::uint64_t gpa = GuestMemfdSlot(0).guest_phys_addr;
    const GuestAccessResult result =
        GuestWrite(*vm, gpa, std::byte{0x77}, world_.shared_addressing(), Trail(nullptr));
    return world_.maps_guest_memfd() ? std::holds_alternative<MemoryFaultExit>(result)
                                     : std::holds_alternative<Errno>(result);
  };
  const int number = static_cast<int>(create().value());
  const uapi::kvm_userspace_memory_region2 slot = GuestMemfdSlot(number);
  ASSERT_THAT(world_.Call(world_.vm(), set_region, slot), Answers(0));
  ASSERT_THAT(task.Close(number), Succeeds());

  // A vCPU takes the number.
  ASSERT_THAT(
      task.Ioctl(world_.vm(), world_.Request(uapi::Ioctl("KVM_CREATE_VCPU")), std::uint64_t{5}),
      Answers(number));
  const Picture before = world_.Look();
  EXPECT_TRUE(fails_to_write());
  EXPECT_THAT(world_.Call(world_.vm(), set_region, slot), FailsWith(Errno::kEINVAL));
  uapi::kvm_userspace_memory_region2 other_slot = slot;
  other_slot.slot = 8;
  other_slot.guest_phys_addr += world_.page();
  EXPECT_THAT(world_.Call(world_.vm(), set_region, other_slot), FailsWith(Errno::kEINVAL));
  EXPECT_EQ(Difference(before, world_.Look()), "");
  ASSERT_THAT(task.Close(number), Succeeds());

  // A guest_memfd takes it: the old slot doesn't find it, and goes without touching it.
  ASSERT_THAT(create(), Answers(number));
  EXPECT_TRUE(fails_to_write());
  EXPECT_THAT(world_.Call(world_.vm(), set_region, other_slot), Answers(0));
  const std::string name = "fd " + std::to_string(number);
  EXPECT_EQ(world_.Look().at(name + " resident"), "");
  uapi::kvm_userspace_memory_region2 deletion = slot;
  deletion.flags = 0;
  deletion.memory_size = 0;
  EXPECT_THAT(world_.Call(world_.vm(), set_region, deletion), Answers(0));
  // Nor does it unbind the new file, whose first page is taken.
  const Errno taken = world_.host().revision().binds_last ? Errno::kEEXIST : Errno::kEINVAL;
  EXPECT_THAT(world_.Call(world_.vm(), set_region, slot), FailsWith(taken));
}

// A number that was a vCPU's is a guest_memfd's now, in every call.
TEST_P(GuestMemfdProcessesTest, ANumberBecomesAGuestMemfds) {
  Task& task = world_.task();
  const std::uint32_t create_vcpu = world_.Request(uapi::Ioctl("KVM_CREATE_VCPU"));
  const auto vcpu = task.Ioctl(world_.vm(), create_vcpu, std::uint64_t{5});
  ASSERT_THAT(vcpu, Succeeds());
  const int number = static_cast<int>(*vcpu);
  ASSERT_THAT(task.Mmap(world_.page(), PROT_READ, MAP_SHARED, number, 0), Succeeds());
  EXPECT_THAT(
      world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), GuestMemfdSlot(number)),
      FailsWith(Errno::kEINVAL));
  // What is mapped keeps the vCPU, and not its number.
  ASSERT_THAT(task.Close(number), Succeeds());
  ASSERT_THAT(world_.Call(world_.vm(), uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"),
                          uapi::kvm_create_guest_memfd{world_.page(), world_.mmap_flag(), {}}),
              Answers(number));
  const Picture before = world_.Look();
  for (const std::string_view ioctl : {"KVM_RUN", "KVM_CHECK_EXTENSION", "KVM_CREATE_VCPU"}) {
    EXPECT_THAT(task.Ioctl(number, world_.Request(*uapi::IoctlByName(ioctl)), std::uint64_t{0}),
                FailsWith(Errno::kENOTTY))
        << ioctl;
  }
  // A vCPU lives as long as its VM.
  EXPECT_THAT(task.Ioctl(world_.vm(), create_vcpu, std::uint64_t{5}), FailsWith(Errno::kEEXIST));
  EXPECT_EQ(Difference(before, world_.Look()), "");
  EXPECT_THAT(
      world_.Call(world_.vm(), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), GuestMemfdSlot(number)),
      Answers(0));
  EXPECT_THAT(task.Fallocate(number, FALLOC_FL_KEEP_SIZE, 0, world_.page()), Succeeds());
}

INSTANTIATE_TEST_SUITE_P(Hosts, GuestMemfdProcessesTest,
                         ::testing::ValuesIn(HostChoicesWithGuestMemfd()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace kvm_model::hostile
