// Each call that makes a descriptor, with the table full: EMFILE, where the kernel looks for a free
// number and not before, and nothing is left behind.
#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "kvm_model/allocation_gate.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/task.h"
#include "kvm_model/trail.h"
#include "tests/failure/calls.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::failure {
namespace {

using uapi::Errno;

// Numbers 0 to 2 are taken and not KVM's.
void Fill(Task& task) { task.fds().SetLimit(3 + task.fds().Open().size()); }
void MakeRoom(Task& task) { task.fds().SetLimit(FdTable::kDefaultLimit); }

class DescriptorsTest : public ::testing::TestWithParam<HostChoice> {};

TEST_P(DescriptorsTest, AFullTable) {
  for (const Call& call : Calls()) {
    SCOPED_TRACE(call.name);
    if (!call.gives_descriptor || Plain(call, GetParam()) != kOk) continue;
    World world(GetParam());
    // A copy that is closed again leaves a number that was used before.
    ASSERT_THAT(world.task().Close(*world.task().Dup(world.device())), Succeeds());
    Fill(world.task());
    const Picture before = world.Look();
    const std::size_t open = world.task().fds().Open().size();
    const Outcome outcome = call.make(world);
    // Others are only asked whether they have such a device, and make none.
    if (call.name == "KVM_CREATE_DEVICE" && GetParam().arch != "arm64") {
      EXPECT_EQ(outcome, kOk);
      EXPECT_EQ(hostile::Difference(before, world.Look()), "");
      continue;
    }
    EXPECT_EQ(outcome, "EMFILE");
    EXPECT_EQ(Unexpected(call, before, world.Look()), "");
    MakeRoom(world.task());
    const Outcome again = call.make(world);
    EXPECT_TRUE(again == kOk || again == call.again) << again;
    EXPECT_EQ(world.task().fds().Open().size(), open + (again == kOk ? 1 : 0));
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, DescriptorsTest, ::testing::ValuesIn(hostile::HostChoices()),
                         [](const auto& which) { return which.param.name; });

// Wrong in two ways, each call answers what is looked at first.
class DescriptorOrderTest : public ::testing::Test {
 protected:
  DescriptorOrderTest() : machine_("x86"), vm_(machine_.CreateVm().value()) {
    EXPECT_THAT(machine_.CreateVcpu(vm_, 0), Succeeds());
    Fill(machine_.task());
  }

  Task& task() { return machine_.task(); }
  AllocationGate& gate() { return machine_.kernel().allocations(); }

  Machine machine_;
  const int vm_;
};

TEST_F(DescriptorOrderTest, OpenLooksForANumberBeforeThePath) {
  EXPECT_THAT(task().Open("/nothing", O_RDWR), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(task().Open("/dev/kvm", O_RDWR | O_DIRECTORY), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(task().Open("/dev/kvm", O_RDWR | O_CREAT | O_EXCL), FailsWith(Errno::kEMFILE));
  EXPECT_THAT(task().Open("/proc/self/fd/" + std::to_string(vm_), O_RDWR),
              FailsWith(Errno::kEMFILE));
  gate().FailNth(1);
  EXPECT_THAT(task().Open("/dev/kvm", O_RDWR), FailsWith(Errno::kEMFILE));
  EXPECT_TRUE(gate().armed());
  MakeRoom(task());
  EXPECT_THAT(task().Open("/nothing", O_RDWR), FailsWith(Errno::kENOMEM));
  EXPECT_THAT(task().Open("/nothing", O_RDWR), FailsWith(Errno::kENOENT));
}

TEST_F(DescriptorOrderTest, DupLooksAtTheOldNumberFirst) {
  EXPECT_THAT(task().Dup(World::kNeverOpen), FailsWith(Errno::kEBADF));
  TrailRecorder recorder;
  task().SetTrailListener(&recorder);
  EXPECT_THAT(task().Dup(vm_), FailsWith(Errno::kEMFILE));
  task().SetTrailListener(nullptr);
  EXPECT_NE(recorder.ToText().find("no descriptor is left: yes"), std::string::npos)
      << recorder.ToText();
}

TEST_F(DescriptorOrderTest, AVmsNumberComesBeforeMemoryAndTheType) {
  gate().FailNth(1);
  EXPECT_THAT(machine_.CreateVm(77), FailsWith(Errno::kEMFILE));
  EXPECT_TRUE(gate().armed());
}

TEST_F(DescriptorOrderTest, AVcpusNumberComesAfterEverythingButTheFile) {
  EXPECT_THAT(machine_.CreateVcpu(vm_, ~std::uint64_t{0}), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine_.CreateVcpu(vm_, 0), FailsWith(Errno::kEEXIST));
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    gate().FailNth(nth);
    EXPECT_THAT(machine_.CreateVcpu(vm_, 1), FailsWith(Errno::kENOMEM)) << nth;
  }
  gate().FailNth(4);
  EXPECT_THAT(machine_.CreateVcpu(vm_, 1), FailsWith(Errno::kEMFILE));
  EXPECT_TRUE(gate().armed());
  MakeRoom(task());
  gate().FailNth(0);
  EXPECT_THAT(machine_.CreateVcpu(vm_, 1), Succeeds());
}

TEST_F(DescriptorOrderTest, AGuestMemfdsNumberComesAfterItsArgumentsAndBeforeMemory) {
  EXPECT_THAT(task().Ioctl(vm_, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), std::uint64_t{8}),
              FailsWith(Errno::kEFAULT));
  EXPECT_THAT(machine_.CreateGuestMemfd(vm_, 1, 1 << 7), FailsWith(Errno::kEINVAL));
  EXPECT_THAT(machine_.CreateGuestMemfd(vm_, 0, 0), FailsWith(Errno::kEINVAL));
  gate().FailNth(1);
  const auto users = machine_.VmOf(vm_).use_count();
  EXPECT_THAT(machine_.CreateGuestMemfd(vm_, 1, 0), FailsWith(Errno::kEMFILE));
  EXPECT_TRUE(gate().armed());
  EXPECT_EQ(machine_.VmOf(vm_).use_count(), users);
}

TEST(Arm64DescriptorOrderTest, ADevicesNumberComesAfterTheDeviceAndBeforeTheFile) {
  Machine machine("arm64");
  const int vm = machine.CreateVm().value();
  AllocationGate& gate = machine.kernel().allocations();
  Fill(machine.task());
  EXPECT_THAT(machine.CreateDevice(vm, 99), FailsWith(Errno::kENODEV));
  EXPECT_THAT(machine.task().Ioctl(vm, uapi::RequestOf("KVM_CREATE_DEVICE"), std::uint64_t{8}),
              FailsWith(Errno::kEFAULT));
  gate.FailNth(1);
  EXPECT_THAT(machine.CreateDevice(vm, uapi::kDevTypeArmVgicIts), FailsWith(Errno::kENOMEM));
  gate.FailNth(3);
  EXPECT_THAT(machine.CreateDevice(vm, uapi::kDevTypeArmVgicIts), FailsWith(Errno::kEMFILE));
  EXPECT_TRUE(gate.armed());
  gate.FailNth(0);
  MakeRoom(machine.task());
  const int device = machine.CreateDevice(vm, uapi::kDevTypeArmVgicIts).value();
  EXPECT_THAT(machine.task().CloseOnExec(device), Answers(true));
}

}  // namespace
}  // namespace kvm_model::failure
