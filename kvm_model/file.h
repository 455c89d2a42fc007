// File: an open file, as the kernel's struct file with its operations.
//
// Descriptors share files; a file is released when the last descriptor on it is closed (its
// destructor runs). What a kind of file doesn't do answers what the kernel's VFS answers in its
// place. Thread-safe.
#ifndef KVM_MODEL_KVM_MODEL_FILE_H_
#define KVM_MODEL_KVM_MODEL_FILE_H_

#include <fcntl.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "kvm_model/mapping.h"
#include "kvm_model/mm.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"

namespace kvm_model {

class FdTable;

// Who makes a call: the memory and the descriptors that its arguments mean, what the process may
// do, and where its decisions are told.
struct Caller {
  const std::shared_ptr<Mm>& shared_mm;
  Mm& mm;
  FdTable& fds;
  Privileges privileges;
  Trail trail;
};

// What fstat(2) tells.
struct FileStatus {
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
  std::uint64_t block_size = 4096;
  std::uint64_t blocks = 0;
  std::uint64_t links = 1;
};

// What is left of an mmap(2) call once the VFS has checked it.
struct MmapRequest {
  std::uint64_t length = 0;  // bytes, more than 0
  std::uint64_t offset = 0;  // bytes, page aligned
  bool shared = false;       // MAP_SHARED or MAP_SHARED_VALIDATE
};

class File {
 public:
  virtual ~File() = default;

  // What a link in /proc/self/fd says, without brackets: "kvm-vm".
  virtual std::string_view name() const = 0;
  virtual FileStatus Status() const = 0;

  virtual Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) = 0;
  // Whether the file has an mmap operation; Mmap() is called where it has.
  virtual bool has_mmap() const { return false; }
  virtual Result<std::shared_ptr<Mapping>> Mmap(Caller& caller, const MmapRequest& request);
  // ENODEV on what is no regular file; arguments have passed the VFS.
  virtual Result<> Fallocate(Caller& caller, int mode, std::uint64_t offset, std::uint64_t length);

  // read(2) and write(2) are EINVAL on every file of KVM's; positioned access and seeking depend on
  // the kind.
  virtual Result<std::uint64_t> PositionedRead() const { return Failure(uapi::Errno::kEINVAL); }
  virtual Result<std::uint64_t> Seek() const { return 0; }
  // Whether this is a regular file, whose size fallocate(2) and ftruncate(2) speak of.
  virtual bool regular() const { return false; }
  // Whether it lies where nothing may be executed: files without a place in a file system do.
  virtual bool noexec() const { return true; }
  // FIOQSIZE tells its size.
  virtual bool tells_size() const { return false; }
  // fchmod(2): EOPNOTSUPP on what has no place in a file system.
  virtual Result<> ChangeMode(std::uint32_t) { return Failure(uapi::Errno::kEOPNOTSUPP); }
  // The same inode opened once more, through a link in /proc/self/fd: ENXIO on what can't be.
  virtual Result<std::shared_ptr<File>> Reopen() const { return Failure(uapi::Errno::kENXIO); }

  // The same inode once more, open for its path alone (O_PATH): a file of its own, which doesn't
  // keep this one from being released.
  std::shared_ptr<File> PathOnly() const;

  // What fcntl(F_GETFL) tells: O_... numbers, O_RDWR unless set.
  int status_flags() const { return status_flags_.load(std::memory_order_relaxed); }
  void SetStatusFlags(int flags) { status_flags_.store(flags, std::memory_order_relaxed); }
  // FMODE_READ and FMODE_WRITE: what the file was opened for.
  bool readable() const {
    const int mode = status_flags() & O_ACCMODE;
    return mode == O_RDONLY || mode == O_RDWR;
  }
  bool writable() const {
    const int mode = status_flags() & O_ACCMODE;
    return mode == O_WRONLY || mode == O_RDWR;
  }
  void SetNonblocking(bool on) {
    if (on) {
      status_flags_.fetch_or(O_NONBLOCK, std::memory_order_relaxed);
    } else {
      status_flags_.fetch_and(~O_NONBLOCK, std::memory_order_relaxed);
    }
  }

 private:
  std::atomic<int> status_flags_ = O_RDWR;
};

// What stands behind a descriptor that is open for its path alone: calls on the file itself are
// EBADF before they get here.
class PathFile final : public File {
 public:
  PathFile(std::string_view name, const FileStatus& status) : name_(name), status_(status) {}
  std::string_view name() const override { return name_; }
  FileStatus Status() const override { return status_; }
  Result<std::int64_t> Ioctl(Caller&, std::uint32_t, std::uint64_t) override {
    return Failure(uapi::Errno::kEBADF);
  }

 private:
  const std::string name_;
  const FileStatus status_;
};

// O_LARGEFILE as x86 and asm-generic number it; C libraries of 64-bit machines call it 0. Large
// files are open(2)'s and guest_memfd's.
inline constexpr int kLargeFile = 0100000;

inline Result<std::shared_ptr<Mapping>> File::Mmap(Caller&, const MmapRequest&) {
  return Failure(uapi::Errno::kENODEV);
}

inline std::shared_ptr<File> File::PathOnly() const {
  Result<std::shared_ptr<File>> opened = Reopen();
  return opened ? *std::move(opened) : std::make_shared<PathFile>(name(), Status());
}

inline Result<> File::Fallocate(Caller&, int, std::uint64_t, std::uint64_t) {
  return Failure(uapi::Errno::kENODEV);
}

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_FILE_H_
