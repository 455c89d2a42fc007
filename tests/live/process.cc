#include "tests/live/process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "kvm_model/memory_calls.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/machine.h"
#include "tools/backends/guarded_access.h"
#include "tools/backends/machine_host.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kFilePages = 16;
constexpr int kPunchHole = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

std::uint64_t Flags(Process::Pages pages) {
  return pages == Process::Pages::kShared
             ? uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared
             : uapi::kGuestMemfdFlagMmap;
}

template <typename T>
std::string Printed(const Result<T>& answer) {
  return answer ? "0" : std::string(uapi::ErrnoName(answer.error()));
}

std::string Printed(int answer) {
  return answer >= 0 ? "0" : std::string(uapi::ErrnoName(static_cast<uapi::Errno>(errno)));
}

class ModelProcess final : public Process {
 public:
  ModelProcess()
      : machine_("x86", {}, "linux-6.18"),
        vm_(machine_.CreateVm().value()),
        vcpu_(machine_.CreateVcpu(vm_).value()),
        files_{machine_.CreateGuestMemfd(vm_, kFilePages, Flags(Pages::kShared)).value(),
               machine_.CreateGuestMemfd(vm_, kFilePages, Flags(Pages::kPrivate)).value()} {}

  int kvm() const override { return machine_.kvm(); }
  int vm() const override { return vm_; }
  int vcpu() const override { return vcpu_; }
  int guest_memfd(Pages pages) const override { return files_[static_cast<std::size_t>(pages)]; }

  int Open(const std::string& path, int flags) override {
    const Result<int> fd = task().Open(path, flags);
    return fd ? *fd : -static_cast<int>(fd.error());
  }
  void Close(int fd) override { task().Close(fd).value(); }
  std::string VfsIoctl(int fd, std::uint64_t request, int value) override {
    return Printed(task().Ioctl(fd, request, &value));
  }
  int Dup(int fd) override { return task().Dup(fd).value(); }
  int StatusFlags(int fd) override { return task().StatusFlags(fd).value(); }
  bool CloseOnExec(int fd) override { return task().CloseOnExec(fd).value(); }
  std::string ChangeMode(int fd, std::uint32_t mode) override {
    return Printed(task().ChangeMode(fd, mode));
  }
  std::uint32_t Mode(int fd) override { return task().Fstat(fd).value().mode; }

  std::uint64_t Map(int fd, std::uint64_t pages, int prot, int flags) override {
    return task().Mmap(pages * kPage, prot, flags, fd, 0).value();
  }
  void Unmap(std::uint64_t address, std::uint64_t bytes) override {
    task().Munmap(address, bytes).value();
  }
  std::string TryMap(int fd, int prot, int flags) override {
    const Result<std::uint64_t> address = task().Mmap(kPage, prot, flags, fd, 0);
    if (address) task().Munmap(*address, kPage).value();
    return Printed(address);
  }
  std::string ReadFrom(int fd) override { return Printed(task().Read(fd)); }
  std::string WriteTo(int fd) override { return Printed(task().Write(fd)); }
  std::string Advise(std::uint64_t address, std::uint64_t bytes, MemoryAdvice advice) override {
    return Printed(task().Madvise(address, bytes, advice));
  }
  std::string Lock(std::uint64_t address, std::uint64_t bytes) override {
    return Printed(task().Mlock(address, bytes));
  }
  std::string PunchHole(int fd, std::uint64_t offset, std::uint64_t bytes) override {
    return Printed(task().Fallocate(fd, kPunchHole, offset, bytes));
  }
  std::string Read(std::uint64_t address) override {
    const auto byte = task().HostRead(address);
    return byte ? std::to_string(std::to_integer<int>(*byte)) : "a signal";
  }
  void Write(std::uint64_t address, std::uint8_t value) override {
    task().HostWrite(address, std::byte{value}).value();
  }

 private:
  Task& task() { return machine_.task(); }

  Machine machine_;
  const int vm_;
  const int vcpu_;
  const std::array<int, 2> files_;
};

class KernelProcess final : public Process {
 public:
  KernelProcess() : kvm_(open("/dev/kvm", O_RDWR)) {
    vm_ = ioctl(kvm_, uapi::RequestOf("KVM_CREATE_VM"), 0UL);
    vcpu_ = ioctl(vm_, uapi::RequestOf("KVM_CREATE_VCPU"), 0UL);
    for (const Pages pages : {Pages::kShared, Pages::kPrivate}) {
      uapi::kvm_create_guest_memfd args{};
      args.size = kFilePages * kPage;
      args.flags = Flags(pages);
      files_[static_cast<std::size_t>(pages)] =
          ioctl(vm_, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), &args);
    }
  }
  ~KernelProcess() override {
    for (const int fd : {files_[0], files_[1], vcpu_, vm_, kvm_}) close(fd);
  }
  KernelProcess(const KernelProcess&) = delete;
  KernelProcess& operator=(const KernelProcess&) = delete;

  bool complete() const { return vcpu_ >= 0 && files_[0] >= 0 && files_[1] >= 0; }

  int kvm() const override { return kvm_; }
  int vm() const override { return vm_; }
  int vcpu() const override { return vcpu_; }
  int guest_memfd(Pages pages) const override { return files_[static_cast<std::size_t>(pages)]; }

  int Open(const std::string& path, int flags) override {
    const int fd = open(path.c_str(), flags, 0600);
    return fd >= 0 ? fd : -errno;
  }
  void Close(int fd) override { close(fd); }
  std::string VfsIoctl(int fd, std::uint64_t request, int value) override {
    return Printed(ioctl(fd, request, &value));
  }
  int Dup(int fd) override { return dup(fd); }
  int StatusFlags(int fd) override { return fcntl(fd, F_GETFL); }
  bool CloseOnExec(int fd) override { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }
  std::string ChangeMode(int fd, std::uint32_t mode) override { return Printed(fchmod(fd, mode)); }
  std::uint32_t Mode(int fd) override {
    struct stat status = {};
    fstat(fd, &status);
    return status.st_mode;
  }

  std::uint64_t Map(int fd, std::uint64_t pages, int prot, int flags) override {
    void* const address = mmap(nullptr, pages * kPage, prot, flags, fd, 0);
    if (address == MAP_FAILED) std::abort();
    return reinterpret_cast<std::uint64_t>(address);
  }
  void Unmap(std::uint64_t address, std::uint64_t bytes) override {
    munmap(Pointer(address), bytes);
  }
  std::string TryMap(int fd, int prot, int flags) override {
    void* const address = mmap(nullptr, kPage, prot, flags, fd, 0);
    if (address == MAP_FAILED) return Printed(-1);
    munmap(address, kPage);
    return "0";
  }
  std::string ReadFrom(int fd) override {
    char byte = 0;
    return Printed(static_cast<int>(read(fd, &byte, 1)));
  }
  std::string WriteTo(int fd) override { return Printed(static_cast<int>(write(fd, "", 1))); }
  std::string Advise(std::uint64_t address, std::uint64_t bytes, MemoryAdvice advice) override {
    return Printed(madvise(Pointer(address), bytes, static_cast<int>(advice)));
  }
  std::string Lock(std::uint64_t address, std::uint64_t bytes) override {
    // The sanitizers make the library's function do nothing.
    return Printed(static_cast<int>(syscall(SYS_mlock, address, bytes)));
  }
  std::string PunchHole(int fd, std::uint64_t offset, std::uint64_t bytes) override {
    return Printed(
        fallocate(fd, kPunchHole, static_cast<off_t>(offset), static_cast<off_t>(bytes)));
  }
  std::string Read(std::uint64_t address) override {
    std::uint8_t byte = 0;
    return scenario::GuardedRead(address, byte) ? "a signal" : std::to_string(byte);
  }
  void Write(std::uint64_t address, std::uint8_t value) override {
    if (scenario::GuardedWrite(address, value)) std::abort();
  }

 private:
  static void* Pointer(std::uint64_t address) { return reinterpret_cast<void*>(address); }

  const int kvm_;
  int vm_ = -1;
  int vcpu_ = -1;
  std::array<int, 2> files_ = {-1, -1};
};

}  // namespace

std::unique_ptr<Process> MakeModelProcess() { return std::make_unique<ModelProcess>(); }

std::unique_ptr<Process> MakeKernelProcess() {
  if (!scenario::HostOfMachine().has_value()) return nullptr;
  auto process = std::make_unique<KernelProcess>();
  if (!process->complete()) return nullptr;
  return process;
}

}  // namespace kvm_model
