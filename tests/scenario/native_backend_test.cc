// The native backend: which scenarios it refuses, with a made-up machine; how it makes calls, on
// the machine's own /dev/kvm, or without KVM at all where a call needs none.
#include "tools/backends/native_backend.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "tests/scenario/parsing.h"
#include "tools/backends/machine.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

using ::testing::HasSubstr;
using Outcome = Verdict::Outcome;

Machine PvmMachine() {
  return {.arch = "x86", .release = "6.18.44-a", .vendor = "pvm", .kvm_error = "", .vm_types = 1};
}

std::string ReasonOn(const Machine& machine, std::string_view text) {
  return SkipReason(machine, Parsed(text)).value_or("");
}

TEST(SkipReasonTest, NothingAgainstAScenarioOfThisVeryHost) {
  const std::string_view calls = "kvm = open()\nvm = create_vm(kvm)\nclose(vm)\n";
  for (const std::string_view host :
       {"host x86 linux-6.18\n", "host x86 linux-6.18 hw.vendor=pvm\n",
        "host x86 linux-6.18 hw.vendor=any\n"}) {
    EXPECT_EQ(ReasonOn(PvmMachine(), std::string(host) + std::string(calls)), "");
  }
}

TEST(SkipReasonTest, AnotherHost) {
  EXPECT_EQ(ReasonOn(PvmMachine(), "host arm64 linux-6.18"),
            "it is for arm64, this machine is x86");
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.12"),
            "it is for linux-6.12, this kernel is 6.18.44-a");
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 rfc-v4"),
            "it is for rfc-v4, this kernel is 6.18.44-a");
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.18 hw.vendor=intel"),
            "it is for hw.vendor=intel, this machine's is pvm");
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.18 hw.snp=1"),
            "it sets hw.snp=1, which is not to be had from a running kernel");

  Machine machine = PvmMachine();
  machine.release = "6.180.1";
  EXPECT_EQ(ReasonOn(machine, "host x86 linux-6.18"),
            "it is for linux-6.18, this kernel is 6.180.1");
}

TEST(SkipReasonTest, CallsThatARealKernelCannotShow) {
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.18\nattributes(3)"),
            "attributes in line 2 is for the model only");
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.18\nrepeat 2 {\nguest_read(3, 0)\n}"),
            "guest_read in line 3 needs guest execution");
}

TEST(SkipReasonTest, AVmTypeThatTheMachineLacks) {
  const std::string_view wanted = "host x86 linux-6.18\nk = open()\ncreate_vm(k, SNP)";
  EXPECT_EQ(ReasonOn(PvmMachine(), wanted),
            "line 3 makes a VM of type SNP, which this machine has "
            "not");
  Machine machine = PvmMachine();
  machine.vm_types = 0x11;
  EXPECT_EQ(ReasonOn(machine, wanted), "");
  // Seen refused, it may be asked for anywhere.
  EXPECT_EQ(ReasonOn(PvmMachine(), "host x86 linux-6.18\nk = open()\ncreate_vm(k, SNP) -> EINVAL"),
            "");
}

TEST(SkipReasonTest, NoKvmAtAll) {
  Machine machine = PvmMachine();
  machine.kvm_error = "EACCES";
  EXPECT_EQ(ReasonOn(machine, "host x86 linux-6.18"), "/dev/kvm can't be opened: EACCES");
}

// Runs the calls on this machine, whatever it is, and expects all to be as they say.
Verdict RunHere(std::string_view calls) {
  const Machine here = ProbeMachine();
  Machine fitting = PvmMachine();
  fitting.vm_types = here.vm_types;
  NativeBackend backend(fitting);
  return RunScenario(Parsed("host x86 linux-6.18\n" + std::string(calls)), backend);
}
void ExpectPass(std::string_view calls) {
  const Verdict verdict = RunHere(calls);
  EXPECT_EQ(verdict.outcome, Outcome::kPass)
      << "line " << verdict.line.value_or(0) << ": " << verdict.call << " -> " << verdict.expected
      << "\nanswered " << verdict.actual << " " << verdict.reason;
}

TEST(NativeCallsTest, SignalsAreCaughtAndTheProcessGoesOn) {
  ExpectPass(
      "host_read(BAD, 0) -> SIGSEGV\n"
      "host_write(NULL, 0, 1) -> SIGSEGV\n"
      "host_read(0x8000000000000000, 0) -> SIGSEGV\n"
      "m = mmap(-1, 0, 2p, flags=PRIVATE|ANONYMOUS) -> ok\n"
      "host_read(m, 0) -> 0\n"
      "host_write(m, 2p+-1, 'x') -> ok\n"
      "host_read(m, 2p+-1) -> 'x'\n"
      "ro = mmap(-1, 0, 1p, prot=r, flags=PRIVATE|ANONYMOUS)\n"
      "host_write(ro, 0, 1) -> SIGSEGV\n"
      "munmap(m) -> 0\n"
      "host_read(m, 1p) -> SIGSEGV\n"
      "munmap(3) -> EINVAL\n");
}

TEST(NativeCallsTest, AFreshProcessHasNoDescriptorsButTheFirstThree) {
  ExpectPass("close(3) -> EBADF\nclose(-1) -> EBADF\nioctl(99, 1, 2) -> EBADF\n");
}

TEST(NativeCallsTest, AForkedChildHasItsOwnMemory) {
  ExpectPass(
      "m = mmap(-1, 0, 1p, flags=PRIVATE|ANONYMOUS)\n"
      "s = mmap(-1, 0, 1p, flags=SHARED|ANONYMOUS)\n"
      "child = fork() -> ok\n"
      "child: host_write(m, 0, 'c')\n"
      "child: host_write(s, 0, 'c')\n"
      "host_read(m, 0) -> 0\n"
      "host_read(s, 0) -> 'c'\n"
      "child: grandchild = fork() -> ok\n"
      "grandchild: host_read(m, 0) -> 'c'\n"
      "grandchild: host_read(BAD, 0) -> SIGSEGV\n"
      "child: munmap(m) -> 0\n"
      "child: host_read(m, 0) -> SIGSEGV\n"
      "grandchild: host_read(m, 0) -> 'c'\n"
      "host_read(m, 0) -> 0\n");
}

TEST(NativeCallsTest, PinsEndWhereTheyAreDropped) {
  ExpectPass(
      "m = mmap(-1, 0, 1p, flags=PRIVATE|ANONYMOUS)\n"
      "p = pin(m, 0) -> ok\n"
      "child = fork()\n"
      "child: unpin(p) -> EINVAL\n"
      "unpin(p) -> ok\n"
      "unpin(p) -> EINVAL\n"
      "pin(BAD, 0) -> SIGSEGV\n");
}

TEST(NativeCallsTest, MemoryOfTheMachineIsNotUsedUp) {
  const Verdict verdict = RunHere(
      "m = mmap(-1, 0, 1G, flags=PRIVATE|ANONYMOUS|NORESERVE)\n"
      "repeat 100000 { host_write(m, $ip, 1) }\n");
  EXPECT_EQ(verdict.outcome, Outcome::kSkip);
  EXPECT_THAT(verdict.reason, HasSubstr("more than 64 MiB"));
}

TEST(NativeCallsTest, ACallThatEndsTheProcessFailsTheScenario) {
  // The worker's own socket.
  const Verdict verdict = RunHere("close(1000) -> any\nclose(1)");
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_THAT(verdict.reason, HasSubstr("process"));
}

int OpenDescriptors() {
  DIR* const self = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(self) != nullptr) ++count;
  closedir(self);
  return count;
}

TEST(NativeCallsTest, NothingOutlivesAScenario) {
  const int before = OpenDescriptors();
  for (int i = 0; i < 3; ++i)
    ExpectPass("c = fork()\nc: d = fork()\nd: host_read(BAD, 0) -> any\n");
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

class DevKvmTest : public testing::Test {
 protected:
  void SetUp() override {
    const Machine machine = ProbeMachine();
    NativeBackend backend(machine);
    const std::optional<std::string> reason =
        backend.SkipReason(Parsed("host x86 linux-6.18 hw.vendor=pvm\n"));
    if (reason) GTEST_SKIP() << *reason;
  }
};

TEST_F(DevKvmTest, GuestMemfdAsRecordedOnThisKernel) {
  ExpectPass(
      "kvm = open() -> fd\n"
      "vm = create_vm(kvm) -> fd\n"
      "create_vm(kvm, type=SNP) -> EINVAL\n"
      "check_extension(kvm, VM_TYPES) -> DEFAULT\n"
      "check_extension(vm, GUEST_MEMFD_FLAGS) -> MMAP|INIT_SHARED\n"
      "check_extension(vm, 248) -> 0\n"
      "create_guest_memfd(vm, 0) -> EINVAL\n"
      "create_guest_memfd(vm, 1p, flags=4) -> EINVAL\n"
      "create_guest_memfd(vm, 1p, reserved=-1) -> fd\n"
      "ioctl(vm, KVM_CREATE_GUEST_MEMFD, BAD) -> EFAULT\n"
      "ioctl(kvm, KVM_GET_API_VERSION, 0) -> 12\n"
      "ioctl(vm, KVM_RUN, 0) -> ENOTTY\n"
      "gmem = create_guest_memfd(vm, 16p, MMAP|INIT_SHARED) -> fd\n"
      "plain = create_guest_memfd(vm, 16p) -> fd\n"
      "hidden = create_guest_memfd(vm, 16p, MMAP) -> fd\n"
      "mmap(plain, 0, 1p) -> ENODEV\n"
      "mmap(gmem, 0, 1p, flags=PRIVATE) -> EINVAL\n"
      "mmap(gmem, 0, 1p, prot=rx) -> EPERM\n"
      "map = mmap(gmem, 0, 32p) -> ok\n"
      "host_write(map, 0, 'A') -> ok\n"
      "host_read(map, 0) -> 'A'\n"
      "host_read(map, 16p) -> SIGBUS\n"
      "h = mmap(hidden, 0, 1p) -> ok\n"
      "host_read(h, 0) -> SIGBUS\n"
      "pin(h, 0) -> SIGBUS\n"
      "fallocate(gmem, 0, 0, 1p) -> EOPNOTSUPP\n"
      "fallocate(gmem, KEEP_SIZE, 15p, 2p) -> EINVAL\n"
      "fallocate(gmem, KEEP_SIZE, 0, 1T) -> EINVAL\n"
      "fallocate(gmem, KEEP_SIZE|PUNCH_HOLE, 0, 1p) -> 0\n"
      "host_read(map, 0) -> 0\n"
      "set_memory_attributes(vm, 0, 1p, PRIVATE) -> ENOTTY\n"
      "set_memory_attributes2(gmem, 0, 1p, PRIVATE, error_offset=9) -> ENOTTY "
      "error_offset=unwritten\n"
      "set_user_memory_region2(vm, 1, GUEST_MEMFD, 4G, 8p, map, gmem, 0) -> 0\n"
      "set_user_memory_region2(vm, 2, GUEST_MEMFD, 4G+1p, 1p, map, -1, 0) -> EEXIST\n"
      "set_user_memory_region2(vm, 2, GUEST_MEMFD, 8G, 1p, map, -1, 0) -> EBADF\n"
      "set_user_memory_region2(vm, 2, GUEST_MEMFD, 8G, 1p, map, vm, 0) -> EINVAL\n"
      "set_user_memory_region(vm, 1, 0, 4G, 0, 0) -> 0\n"
      "set_user_memory_region(vm, 1, 0, 4G, 0, 0) -> EINVAL\n"
      "vcpu = create_vcpu(vm) -> fd\n"
      "create_vcpu(vm) -> EEXIST\n"
      "pre_fault(vcpu, 1, 1p) -> EINVAL gpa=1 size=1p\n"
      "pre_fault(vcpu, 16M, 1p) -> EOPNOTSUPP gpa=16M size=1p\n"
      "enable_cap(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, args=[4]) -> EINVAL\n"
      "enable_cap(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, args=[3]) -> 0\n"
      "child = fork() -> ok\n"
      "child: check_extension(vm, GUEST_MEMFD_FLAGS) -> EIO\n"
      "child: check_extension(kvm, GUEST_MEMFD) -> 1\n"
      "child: fallocate(gmem, KEEP_SIZE, 0, 1p) -> 0\n"
      "close(gmem) -> 0\n"
      "close(gmem) -> EBADF\n"
      "child: close(gmem) -> 0\n");
}

}  // namespace
}  // namespace kvm_model::scenario
