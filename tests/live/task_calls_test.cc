// Task's system calls on descriptors and on mappings, on the model and, where it can be used, on
// the machine's own kernel: the expected answers are the same.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kvm_model/file.h"
#include "kvm_model/memory_calls.h"
#include "tests/live/process.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMost = ~std::uint64_t{0};
constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr auto kDontNeed = MemoryAdvice::kDontNeed;
constexpr auto kRemove = MemoryAdvice::kRemove;
constexpr auto kHugePage = MemoryAdvice::kHugePage;
constexpr auto kShared = Process::Pages::kShared;
constexpr auto kPrivate = Process::Pages::kPrivate;

struct Maker {
  const char* name;
  std::unique_ptr<Process> (*make)();
};

class TaskCallsTest : public ::testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    process_ = GetParam().make();
    if (process_ == nullptr) GTEST_SKIP() << "no kernel here that the model has a revision of";
  }

  Process& process() { return *process_; }

  std::string LinkOf(int fd) { return "/proc/self/fd/" + std::to_string(fd); }
  std::uint64_t MapFile(std::uint64_t pages, int prot = kReadWrite) {
    return process().Map(process().guest_memfd(kShared), pages, prot, MAP_SHARED);
  }
  std::uint64_t MapAnonymous(std::uint64_t pages, int prot = kReadWrite) {
    return process().Map(-1, pages, prot, kAnonymous);
  }

 private:
  std::unique_ptr<Process> process_;
};

INSTANTIATE_TEST_SUITE_P(Both, TaskCallsTest,
                         ::testing::Values(Maker{"Model", MakeModelProcess},
                                           Maker{"Kernel", MakeKernelProcess}),
                         [](const auto& maker) { return std::string(maker.param.name); });

TEST_P(TaskCallsTest, EachKindOfDescriptorHasItsFlags) {
  Process& p = process();
  EXPECT_EQ(p.StatusFlags(p.kvm()), O_RDWR | kLargeFile);
  EXPECT_EQ(p.StatusFlags(p.vm()), O_RDWR);
  EXPECT_EQ(p.StatusFlags(p.vcpu()), O_RDWR);
  EXPECT_EQ(p.StatusFlags(p.guest_memfd(kShared)), O_RDWR | kLargeFile);
  EXPECT_FALSE(p.CloseOnExec(p.kvm()));
  EXPECT_TRUE(p.CloseOnExec(p.vm()));
  EXPECT_TRUE(p.CloseOnExec(p.vcpu()));
  EXPECT_FALSE(p.CloseOnExec(p.guest_memfd(kShared)));
}

TEST_P(TaskCallsTest, OpenKeepsTheFlagsThatAreNotForOpeningAlone) {
  Process& p = process();
  const int reader = p.Open("/dev/kvm", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  EXPECT_EQ(p.StatusFlags(reader), O_RDONLY | O_NONBLOCK | kLargeFile);
  EXPECT_TRUE(p.CloseOnExec(reader));
  const int writer =
      p.Open("/dev/kvm", O_WRONLY | O_APPEND | O_TRUNC | O_CREAT | O_NOCTTY | O_SYNC);
  EXPECT_EQ(p.StatusFlags(writer), O_WRONLY | O_APPEND | O_SYNC | kLargeFile);
  const int path = p.Open("/dev/kvm", O_PATH | O_CLOEXEC);
  EXPECT_EQ(p.StatusFlags(path), O_PATH);
  EXPECT_TRUE(p.CloseOnExec(path));
  EXPECT_EQ(p.Open("/dev/kvm", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
  EXPECT_EQ(p.Open("/dev/kvm", O_RDWR | O_DIRECTORY), -ENOTDIR);
  for (const int fd : {reader, writer, path}) p.Close(fd);
}

// What a file was opened for decides before the file says that it has no such operation.
TEST_P(TaskCallsTest, AFileIsUsedAsItWasOpened) {
  Process& p = process();
  const int reader = p.Open("/dev/kvm", O_RDONLY);
  const int writer = p.Open("/dev/kvm", O_WRONLY);
  const int neither = p.Open("/dev/kvm", O_ACCMODE);
  const int path = p.Open("/dev/kvm", O_PATH);
  EXPECT_EQ(p.ReadFrom(p.kvm()), "EINVAL");
  EXPECT_EQ(p.ReadFrom(reader), "EINVAL");
  EXPECT_EQ(p.ReadFrom(writer), "EBADF");
  EXPECT_EQ(p.ReadFrom(neither), "EBADF");
  EXPECT_EQ(p.ReadFrom(path), "EBADF");
  EXPECT_EQ(p.WriteTo(p.kvm()), "EINVAL");
  EXPECT_EQ(p.WriteTo(reader), "EBADF");
  EXPECT_EQ(p.WriteTo(writer), "EINVAL");
  EXPECT_EQ(p.WriteTo(neither), "EBADF");
  EXPECT_EQ(p.PunchHole(p.kvm(), 0, kPage), "ENODEV");
  EXPECT_EQ(p.PunchHole(reader, 0, kPage), "EBADF");
  EXPECT_EQ(p.PunchHole(reader, 0, 0), "EINVAL");
  EXPECT_EQ(p.PunchHole(writer, 0, kPage), "ENODEV");
  EXPECT_EQ(p.TryMap(reader, PROT_READ, MAP_SHARED), "ENODEV");
  EXPECT_EQ(p.TryMap(reader, kReadWrite, MAP_SHARED), "EACCES");
  EXPECT_EQ(p.TryMap(reader, kReadWrite, MAP_PRIVATE), "ENODEV");
  EXPECT_EQ(p.TryMap(reader, kReadWrite, 0), "EINVAL");
  EXPECT_EQ(p.TryMap(writer, PROT_READ, MAP_SHARED), "EACCES");
  EXPECT_EQ(p.TryMap(writer, PROT_READ, MAP_PRIVATE), "EACCES");
  EXPECT_EQ(p.TryMap(writer, PROT_WRITE, MAP_SHARED), "EACCES");
  EXPECT_EQ(p.TryMap(neither, PROT_NONE, MAP_PRIVATE), "EACCES");
  EXPECT_EQ(p.TryMap(path, PROT_READ, MAP_SHARED), "EBADF");
  EXPECT_NE(p.Mode(path), 0u) << "fstat(2) asks nothing of the file itself";
  for (const int fd : {reader, writer, neither, path}) p.Close(fd);
}

TEST_P(TaskCallsTest, IoctlsOfTheFileSystemChangeTheFlags) {
  Process& p = process();
  for (const int fd : {p.kvm(), p.vm(), p.vcpu(), p.guest_memfd(kShared)}) {
    const int before = p.StatusFlags(fd);
    EXPECT_EQ(p.VfsIoctl(fd, FIONBIO, 1), "0");
    EXPECT_EQ(p.StatusFlags(fd), before | O_NONBLOCK);
    const int copy = p.Dup(fd);
    EXPECT_EQ(p.StatusFlags(copy), before | O_NONBLOCK) << "the file's, not the descriptor's";
    EXPECT_EQ(p.VfsIoctl(fd, FIONBIO, 0), "0");
    EXPECT_EQ(p.StatusFlags(copy), before);
    EXPECT_EQ(p.VfsIoctl(fd, FIOCLEX, 0), "0");
    EXPECT_TRUE(p.CloseOnExec(fd));
    EXPECT_FALSE(p.CloseOnExec(copy)) << "the descriptor's, not the file's";
    const int copy_of_closing = p.Dup(fd);
    EXPECT_FALSE(p.CloseOnExec(copy_of_closing));
    EXPECT_EQ(p.VfsIoctl(fd, FIONCLEX, 0), "0");
    EXPECT_FALSE(p.CloseOnExec(fd));
    p.Close(copy);
    p.Close(copy_of_closing);
  }
}

TEST_P(TaskCallsTest, ALinkOfADescriptorOpensTheDeviceAlone) {
  Process& p = process();
  const int again = p.Open(LinkOf(p.kvm()), O_RDWR);
  EXPECT_GE(again, 0);
  p.Close(again);
  for (const int fd : {p.vm(), p.vcpu(), p.guest_memfd(kShared)}) {
    EXPECT_EQ(p.Open(LinkOf(fd), O_RDWR), -ENXIO);
    EXPECT_EQ(p.Open(LinkOf(fd), O_RDONLY), -ENXIO);
    EXPECT_EQ(p.Open(LinkOf(fd), O_RDWR | O_CREAT), -ENXIO);
    const int path = p.Open(LinkOf(fd), O_PATH);
    EXPECT_EQ(p.StatusFlags(path), O_PATH);
    p.Close(path);
  }
  const std::string link = LinkOf(p.kvm());
  EXPECT_EQ(p.Open(link, O_RDWR | O_NOFOLLOW), -ELOOP);
  EXPECT_EQ(p.Open(link, O_RDWR | O_DIRECTORY), -ENOTDIR);
  EXPECT_EQ(p.Open(link, O_RDWR | O_CREAT | O_EXCL), -EEXIST);
}

TEST_P(TaskCallsTest, ALinkThatIsNotThereOpensNothing) {
  Process& p = process();
  const std::string kvm = std::to_string(p.kvm());
  for (const std::string& number : {std::string("999"), "0" + kvm, "+" + kvm, kvm + "x",
                                    std::string("-1"), std::string("99999999999999999999")}) {
    EXPECT_EQ(p.Open("/proc/self/fd/" + number, O_RDWR), -ENOENT) << number;
  }
}

TEST_P(TaskCallsTest, OnlyTheDevicesModeCanBeChanged) {
  Process& p = process();
  for (const std::uint32_t mode : {0600U, 0640U}) {
    EXPECT_EQ(p.ChangeMode(p.guest_memfd(kShared), mode), "EINVAL");
    EXPECT_EQ(p.ChangeMode(p.vm(), mode), "EOPNOTSUPP");
    EXPECT_EQ(p.ChangeMode(p.vcpu(), mode), "EOPNOTSUPP");
  }
  const int path = p.Open("/dev/kvm", O_PATH);
  EXPECT_EQ(p.ChangeMode(path, 0600), "EBADF");
  p.Close(path);
}

// On the model alone: the machine's own device keeps its mode.
TEST(TaskCallsOnTheModelTest, ANewModeOfTheDeviceIsSeenThroughEveryDescriptor) {
  const std::unique_ptr<Process> p = MakeModelProcess();
  const int other = p->Open("/dev/kvm", O_RDWR);
  const std::uint32_t type = p->Mode(p->kvm()) & ~07777U;
  EXPECT_EQ(p->ChangeMode(p->kvm(), 0640), "0");
  EXPECT_EQ(p->Mode(other), type | 0640);
}

TEST_P(TaskCallsTest, AdviceChecksItsRangeFirst) {
  Process& p = process();
  const std::uint64_t at = MapFile(16);
  for (const MemoryAdvice advice : {kDontNeed, kRemove, kHugePage}) {
    EXPECT_EQ(p.Advise(at + 1, kPage, advice), "EINVAL");
    EXPECT_EQ(p.Advise(at + 1, 0, advice), "EINVAL");
    EXPECT_EQ(p.Advise(at, 0, advice), "0");
    EXPECT_EQ(p.Advise(at, kMost, advice), "EINVAL");
    EXPECT_EQ(p.Advise(at, kMost - kPage + 1, advice), "EINVAL");
    EXPECT_EQ(p.Advise(kPage, kPage, advice), "ENOMEM") << "nothing is mapped there";
  }
}

TEST_P(TaskCallsTest, WhatIsNotNeededIsForgottenUnlessAFileHasIt) {
  Process& p = process();
  const std::uint64_t file = MapFile(16);
  p.Write(file, 7);
  EXPECT_EQ(p.Advise(file, 1, kDontNeed), "0");
  EXPECT_EQ(p.Read(file), "7");
  const std::uint64_t own = MapAnonymous(2);
  p.Write(own, 7);
  p.Write(own + kPage, 8);
  EXPECT_EQ(p.Advise(own, kPage, kDontNeed), "0");
  EXPECT_EQ(p.Read(own), "0");
  EXPECT_EQ(p.Read(own + kPage), "8");
  const std::uint64_t shared = p.Map(-1, 1, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  p.Write(shared, 7);
  EXPECT_EQ(p.Advise(shared, kPage, kDontNeed), "0");
  EXPECT_EQ(p.Read(shared), "7");
}

TEST_P(TaskCallsTest, RemovingPunchesAHoleWhereAFileIsShared) {
  Process& p = process();
  const std::uint64_t file = MapFile(32);
  p.Write(file, 7);
  p.Write(file + kPage, 8);
  EXPECT_EQ(p.Advise(file, 100, kRemove), "0");
  EXPECT_EQ(p.Read(file), "0");
  EXPECT_EQ(p.Read(file + kPage), "8");
  EXPECT_EQ(p.Advise(file + 15 * kPage, 2 * kPage, kRemove), "0") << "partly past the end";
  EXPECT_EQ(p.Advise(file + 20 * kPage, kPage, kRemove), "0") << "past the end";
  EXPECT_EQ(p.Advise(MapFile(1, PROT_READ), kPage, kRemove), "0") << "of a file open for writing";
  EXPECT_EQ(p.Advise(MapFile(1, PROT_NONE), kPage, kRemove), "0");
  EXPECT_EQ(p.Advise(MapAnonymous(1), kPage, kRemove), "EINVAL");
  const std::uint64_t shared = p.Map(-1, 1, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  p.Write(shared, 7);
  EXPECT_EQ(p.Advise(shared, kPage, kRemove), "0");
  EXPECT_EQ(p.Read(shared), "0");
}

TEST_P(TaskCallsTest, AVcpusPagesCanBeAdvisedButNotRemoved) {
  Process& p = process();
  const std::uint64_t run = p.Map(p.vcpu(), 3, kReadWrite, MAP_SHARED);
  EXPECT_EQ(p.Advise(run, kPage, kDontNeed), "0");
  EXPECT_EQ(p.Advise(run, kPage, kHugePage), "0");
  EXPECT_EQ(p.Advise(run, kPage, kRemove), "ENODEV");
  const std::uint64_t copy = p.Map(p.vcpu(), 1, kReadWrite, MAP_PRIVATE);
  EXPECT_EQ(p.Advise(copy, kPage, kRemove), "EACCES");
}

TEST_P(TaskCallsTest, AdviceAcrossAHoleIsFollowedOnBothSidesOfIt) {
  Process& p = process();
  const std::uint64_t at = MapAnonymous(4);
  p.Unmap(at + kPage, kPage);
  p.Write(at, 7);
  p.Write(at + 2 * kPage, 8);
  EXPECT_EQ(p.Advise(at, 4 * kPage, kDontNeed), "ENOMEM");
  EXPECT_EQ(p.Read(at), "0");
  EXPECT_EQ(p.Read(at + 2 * kPage), "0");
  EXPECT_EQ(p.Advise(at, 4 * kPage, kRemove), "EINVAL") << "the first refusal counts";
  EXPECT_EQ(p.Advise(at, 4 * kPage, kHugePage), "ENOMEM");
}

TEST_P(TaskCallsTest, LockedMemoryStaysButAHoleInItsFileDoesNot) {
  Process& p = process();
  const std::uint64_t at = MapFile(16);
  p.Write(at, 7);
  EXPECT_EQ(p.Lock(at, kPage), "0");
  EXPECT_EQ(p.Advise(at, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Advise(at, kPage, kRemove), "EINVAL");
  EXPECT_EQ(p.Advise(at, kPage, kHugePage), "0");
  EXPECT_EQ(p.Advise(at, 2 * kPage, kDontNeed), "EINVAL") << "the first page is locked";
  EXPECT_EQ(p.Advise(at + kPage, kPage, kDontNeed), "0");
  EXPECT_EQ(p.Read(at), "7");
  EXPECT_EQ(p.PunchHole(p.guest_memfd(kShared), 0, kPage), "0");
  EXPECT_EQ(p.Read(at), "0");
}

TEST_P(TaskCallsTest, LockingRoundsToWholePages) {
  Process& p = process();
  const std::uint64_t at = MapFile(16);
  EXPECT_EQ(p.Lock(at + 5 * kPage + 5, 1), "0");
  EXPECT_EQ(p.Advise(at + 5 * kPage, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Advise(at + 6 * kPage, kPage, kDontNeed), "0");
  EXPECT_EQ(p.Lock(at + 8 * kPage + kPage - 1, 2), "0");
  EXPECT_EQ(p.Advise(at + 9 * kPage, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Lock(at, 0), "0");
  EXPECT_EQ(p.Lock(kPage, 0), "0") << "nothing is mapped there, and nothing is asked for";
  EXPECT_EQ(p.Lock(at, kMost), "0") << "a length that rounds to none";
  EXPECT_EQ(p.Advise(at, kPage, kDontNeed), "0");
}

TEST_P(TaskCallsTest, LockingFaultsInAndStaysWhenThatFails) {
  Process& p = process();
  const std::uint64_t at = MapFile(32);
  EXPECT_EQ(p.Lock(at + 20 * kPage, kPage), "ENOMEM") << "past the end of the file";
  EXPECT_EQ(p.Advise(at + 20 * kPage, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Lock(at + 14 * kPage, 4 * kPage), "ENOMEM") << "across it";
  EXPECT_EQ(p.Advise(at + 15 * kPage, kPage, kDontNeed), "EINVAL");
  const std::uint64_t hidden = p.Map(p.guest_memfd(kPrivate), 1, kReadWrite, MAP_SHARED);
  EXPECT_EQ(p.Read(hidden), "a signal");
  EXPECT_EQ(p.Lock(hidden, kPage), "ENOMEM") << "a private page";
  EXPECT_EQ(p.Advise(hidden, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Lock(MapFile(1, PROT_NONE), kPage), "ENOMEM");
  EXPECT_EQ(p.Lock(MapAnonymous(1, PROT_NONE), kPage), "ENOMEM");
  EXPECT_EQ(p.Lock(MapFile(1, PROT_READ), kPage), "0");
  EXPECT_EQ(p.Lock(p.Map(p.vcpu(), 3, kReadWrite, MAP_SHARED), 3 * kPage), "0");
}

TEST_P(TaskCallsTest, LockingStopsAtAHole) {
  Process& p = process();
  const std::uint64_t at = MapAnonymous(4);
  p.Unmap(at + kPage, kPage);
  EXPECT_EQ(p.Lock(kPage, kPage), "ENOMEM");
  EXPECT_EQ(p.Lock(at, 4 * kPage), "ENOMEM");
  EXPECT_EQ(p.Advise(at, kPage, kDontNeed), "EINVAL");
  EXPECT_EQ(p.Advise(at + 2 * kPage, kPage, kDontNeed), "0");
}

}  // namespace
}  // namespace kvm_model
