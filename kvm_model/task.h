// Task: a user process as the kernel sees it, and the one door into the model.
//
// Its functions are shaped like the system calls, so that the same test can drive the model or a
// real kernel. Arguments that the kernel reads are addresses: of memory mapped in the task, or,
// with a UserMemory, of memory elsewhere (OwnProcessMemory: the caller's own pointers). No
// argument, however wrong, crashes the model.
//
//   OwnProcessMemory memory;
//   Task task(std::make_shared<Kernel>(host), &memory);
//   int kvm = *task.Open("/dev/kvm", O_RDWR);
//   int vm = *task.Ioctl(kvm, uapi::RequestOf("KVM_CREATE_VM"), uapi::kX86SwProtectedVm);
//
// Nothing is thrown: a call for which the program's own memory is short fails with ENOMEM, an
// access with SIGBUS.
//
// Thread-safe, as a process with threads is. SetTrailListener() and SetPrivileges() must not be
// called while calls are running.
#ifndef KVM_MODEL_KVM_MODEL_TASK_H_
#define KVM_MODEL_KVM_MODEL_TASK_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/mm.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"

namespace kvm_model {

class Task {
 public:
  // `memory` answers for addresses that the task doesn't map itself; it must outlive the task and
  // its children. Null: they are bad.
  explicit Task(std::shared_ptr<Kernel> kernel, UserMemory* memory = nullptr);

  // The process ends: its mappings go, then its descriptors.
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  Kernel& kernel() const { return *kernel_; }
  FdTable& fds() { return *fds_; }
  Mm& mm() { return *mm_; }
  // What the process may do from now on; everything at first. Children inherit it.
  void SetPrivileges(const Privileges& privileges) { privileges_ = privileges; }
  void SetTrailListener(TrailListener* listener) { listener_ = listener; }

  // open(2). Of paths there are "/dev/kvm" and, for a descriptor N that is open on a file of KVM's,
  // "/proc/self/fd/N": the same inode once more, which only /dev/kvm's can be opened (ENXIO for
  // others). ENOENT for any other path; EEXIST (O_CREAT with O_EXCL), ELOOP (O_NOFOLLOW on a
  // link, with O_PATH too: the model has no file for a link itself), ENOTDIR (O_DIRECTORY); EMFILE.
  // With O_PATH the descriptor takes no ioctl (EBADF). EMFILE and then ENOMEM come before anything
  // that the path means.
  Result<int> Open(std::string_view path, int flags);
  // ioctl(2). EBADF; only the low 32 bits of the request count; the VFS's own ioctls never reach
  // KVM.
  Result<std::int64_t> Ioctl(int fd, std::uint64_t request, std::uint64_t arg);
  template <typename T>
  Result<std::int64_t> Ioctl(int fd, std::uint64_t request, T* arg) {
    return Ioctl(fd, request, reinterpret_cast<std::uint64_t>(arg));
  }
  // mmap(2), bytes throughout; the address is of the model's choosing. flags: MAP_SHARED,
  // MAP_SHARED_VALIDATE or MAP_PRIVATE, and MAP_ANONYMOUS (fd and offset don't count then). EINVAL,
  // EBADF, EOVERFLOW, EACCES (the file isn't open for it), EPERM (PROT_EXEC), ENODEV, ENOMEM.
  Result<std::uint64_t> Mmap(std::uint64_t length, int prot, int flags, int fd,
                             std::uint64_t offset);
  // munmap(2).
  Result<> Munmap(std::uint64_t address, std::uint64_t length);
  // fallocate(2); offset and length are bytes, taken as signed.
  Result<> Fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length);
  // madvise(2) and mlock(2), bytes: see memory_calls.h. Only what the task itself mapped is mapped.
  Result<> Madvise(std::uint64_t address, std::uint64_t length, MemoryAdvice advice);
  Result<> Mlock(std::uint64_t address, std::uint64_t length);
  Result<FileStatus> Fstat(int fd) const;
  // fchmod(2), as the owner of /dev/kvm. EBADF; EINVAL on a guest_memfd, EOPNOTSUPP on what is
  // neither it nor /dev/kvm.
  Result<> ChangeMode(int fd, std::uint32_t mode);
  // fcntl(2) with F_GETFL: the O_... numbers of <fcntl.h>, and kLargeFile. EBADF.
  Result<int> StatusFlags(int fd) const;
  // fcntl(2) with F_GETFD: whether exec(2) closes the descriptor. EBADF.
  Result<bool> CloseOnExec(int fd) const;
  // read(2), write(2), pread(2), lseek(2), ftruncate(2), fsync(2): they fail as KVM's files make
  // them fail.
  Result<std::uint64_t> Read(int fd) const;
  Result<std::uint64_t> Write(int fd) const;
  Result<std::uint64_t> PositionedRead(int fd) const;
  Result<std::uint64_t> Seek(int fd) const;
  Result<> Truncate(int fd) const;
  Result<> Sync(int fd) const;
  Result<int> Dup(int fd);
  Result<> Close(int fd);

  // A child process: its own descriptors onto the same files, its own address space. Null when
  // memory is short.
  std::unique_ptr<Task> Fork() const;

  // A load or store of one byte by the program itself: the byte, or the signal that it dies with.
  std::expected<std::byte, Signal> HostRead(std::uint64_t address);
  Access HostWrite(std::uint64_t address, std::byte value);
  // Faults a page in and holds a long-term reference on it.
  std::expected<std::unique_ptr<PagePin>, Signal> Pin(std::uint64_t address);

 private:
  Task(std::shared_ptr<Kernel> kernel, std::shared_ptr<Mm> mm, std::unique_ptr<FdTable> fds);
  Caller MakeCaller(std::string_view system_call);
  Trail TrailOf(std::string_view system_call) const { return Trail(listener_).In(system_call); }
  // The file of a descriptor that is open, and for more than its path: fdget(). EBADF.
  Result<std::shared_ptr<File>> FileOf(int fd, const Trail& trail) const;
  // The same with one that is open for its path alone: fdget_raw().
  Result<FdTable::Descriptor> DescriptorOf(int fd, const Trail& trail) const;
  // How a call ends in whose middle the program's own memory ran out.
  Failure OutOfMemory() const;
  std::unexpected<Signal> OutOfMemorySignal() const;
  // The file that open(2) makes, or with O_PATH only finds.
  Result<std::shared_ptr<File>> FindFile(std::string_view path, int flags) const;

  const std::shared_ptr<Kernel> kernel_;
  const std::shared_ptr<Mm> mm_;
  const std::unique_ptr<FdTable> fds_;
  Privileges privileges_;
  TrailListener* listener_ = nullptr;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_TASK_H_
