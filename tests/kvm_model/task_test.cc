// Task's system calls on descriptors: that aren't open, or are open for their path alone.
#include "kvm_model/task.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <string>

#include "kvm_model/guest_memfd.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"
#include "tests/kvm_model/matchers.h"
#include "uapi/constants.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr int kClosed = 99;

TEST(TaskTest, EveryCallNeedsAnOpenDescriptor) {
  Machine machine;
  Task& task = machine.task();
  TrailRecorder trail;
  task.SetTrailListener(&trail);
  EXPECT_THAT(task.Ioctl(kClosed, 0, 0), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Mmap(machine.page_size(), PROT_READ, MAP_SHARED, kClosed, 0),
              FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Fallocate(kClosed, 0, 0, machine.page_size()), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Fstat(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.ChangeMode(kClosed, 0600), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.StatusFlags(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.CloseOnExec(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Read(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Write(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.PositionedRead(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Seek(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Truncate(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Sync(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Dup(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_THAT(task.Close(kClosed), FailsWith(Errno::kEBADF));
  EXPECT_EQ(std::ranges::count_if(trail.steps(),
                                  [](const TrailStep& step) {
                                    return step.outcome &&
                                           step.text.starts_with("the descriptor is not open");
                                  }),
            15);
}

// The inode that linux-6.12's files without a name share has one mode, which its owner changes;
// later nobody does.
TEST(TaskTest, AnonymousFilesShareAMode) {
  Machine machine("x86", {}, "linux-6.12");
  Task& task = machine.task();
  const int vm = machine.CreateVm(uapi::kX86SwProtectedVm).value();
  const int vcpu = machine.CreateVcpu(vm).value();
  const int file = machine.CreateGuestMemfd(vm, 1, 0).value();
  EXPECT_THAT(task.ChangeMode(vcpu, 0100640), Succeeds());
  EXPECT_EQ(task.Fstat(vm)->mode, 0640U);
  EXPECT_EQ(task.Fstat(vcpu)->mode, 0640U);
  EXPECT_EQ(task.Fstat(machine.kvm())->mode & 0777, 0600U);
  EXPECT_THAT(task.ChangeMode(file, 0640), FailsWith(Errno::kEINVAL));
  Machine later("x86", {}, "linux-6.18");
  EXPECT_THAT(later.task().ChangeMode(later.CreateVm().value(), 0640),
              FailsWith(Errno::kEOPNOTSUPP));
}

// vfs_fallocate() asks for the mode before it asks how the file was opened.
TEST(TaskTest, AnUnknownModeOfFallocateIsRefusedFirst) {
  Machine machine;
  Task& task = machine.task();
  const int reader = task.Open("/dev/kvm", O_RDONLY).value();
  const int unknown = 0x4000;
  EXPECT_THAT(task.Fallocate(reader, unknown, 0, machine.page_size()),
              FailsWith(Errno::kEOPNOTSUPP));
  EXPECT_THAT(task.Fallocate(reader, 0, 0, machine.page_size()), FailsWith(Errno::kEBADF));
}

TEST(TaskTest, OnlyTheDeviceAndOpenDescriptorsHavePaths) {
  Machine machine;
  Task& task = machine.task();
  EXPECT_THAT(task.Open("/dev/null", O_RDWR), FailsWith(Errno::kENOENT));
  // As long as the name of the folder of links, and a descriptor's number behind it.
  EXPECT_THAT(task.Open("/some/folder/x3", O_RDWR), FailsWith(Errno::kENOENT));
}

TEST(TaskTest, OfTwoReasonsToRefuseAnOpenTheFirstCounts) {
  Machine machine;
  Task& task = machine.task();
  const std::string link = "/proc/self/fd/" + std::to_string(machine.kvm());
  const int only_new = O_RDWR | O_CREAT | O_EXCL;
  EXPECT_THAT(task.Open(link, only_new | O_NOFOLLOW), FailsWith(Errno::kEEXIST));
  EXPECT_THAT(task.Open(link, O_RDWR | O_NOFOLLOW | O_DIRECTORY), FailsWith(Errno::kELOOP));
  EXPECT_THAT(task.Open(link, O_PATH | O_NOFOLLOW), FailsWith(Errno::kELOOP));
  EXPECT_THAT(task.Open("/proc/self/fd/99", O_RDWR | O_DIRECTORY), FailsWith(Errno::kENOENT));
}

TEST(TaskTest, ADescriptorOfThePathAloneKeepsNoFileOpen) {
  Machine machine;
  const int vm = machine.CreateVm().value();
  const int guest_memfd = machine.CreateGuestMemfd(vm, 2, 3).value();
  const std::weak_ptr<GuestMemfd> file = machine.GuestMemfdOf(guest_memfd);
  const std::string link = "/proc/self/fd/" + std::to_string(guest_memfd);
  const int path = machine.task().Open(link, O_PATH).value();
  EXPECT_EQ(machine.task().Fstat(path)->size, 2 * machine.page_size());
  ASSERT_THAT(machine.task().Close(guest_memfd), Succeeds());
  EXPECT_TRUE(file.expired());
  EXPECT_EQ(machine.task().Fstat(path)->size, 2 * machine.page_size());
  EXPECT_THAT(machine.task().Mmap(machine.page_size(), PROT_READ, MAP_SHARED, path, 0),
              FailsWith(Errno::kEBADF));
}

TEST(TaskTest, AMappingOfOwnMemoryNeedsATypeToo) {
  Machine machine;
  EXPECT_THAT(machine.task().Mmap(machine.page_size(), PROT_READ, MAP_ANONYMOUS, -1, 0),
              FailsWith(Errno::kEINVAL));
}

}  // namespace
}  // namespace kvm_model
