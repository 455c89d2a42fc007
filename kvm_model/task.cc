#include "kvm_model/task.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "kvm_model/arch.h"
#include "kvm_model/device.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memory_calls.h"
#include "kvm_model/mm.h"
#include "kvm_model/release_trail.h"
#include "kvm_model/result.h"
#include "kvm_model/shortage.h"
#include "kvm_model/trail.h"
#include "kvm_model/user_memory.h"
#include "kvm_model/vfs.h"
#include "uapi/errno.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

using uapi::Errno;

Task::Task(std::shared_ptr<Kernel> kernel, UserMemory* memory)
    : kernel_(std::move(kernel)),
      mm_(std::make_shared<Mm>(kernel_->host().facts().page_shift, memory)),
      fds_(std::make_unique<FdTable>()) {}

Task::Task(std::shared_ptr<Kernel> kernel, std::shared_ptr<Mm> mm, std::unique_ptr<FdTable> fds)
    : kernel_(std::move(kernel)), mm_(std::move(mm)), fds_(std::move(fds)) {}

// A VM holds on to its process's address space, whose mappings hold on to files and those to the
// VM.
Task::~Task() { mm_->UnmapAll(); }

Caller Task::MakeCaller(std::string_view system_call) {
  return {mm_, *mm_, *fds_, privileges_, TrailOf(system_call)};
}

// Every call on a descriptor begins so: only what is out of the ordinary is told.
Result<std::shared_ptr<File>> Task::FileOf(int fd, const Trail& trail) const {
  Result<std::shared_ptr<File>> file = fds_->Get(fd);
  if (!file && trail.If("the descriptor is not open, or for its path alone", true,
                        {{"fd", static_cast<std::uint32_t>(fd)}}))
    return trail.Fail(file.error());
  return file;
}

Result<FdTable::Descriptor> Task::DescriptorOf(int fd, const Trail& trail) const {
  Result<FdTable::Descriptor> descriptor = fds_->Look(fd);
  if (!descriptor &&
      trail.If("the descriptor is not open", true, {{"fd", static_cast<std::uint32_t>(fd)}}))
    return trail.Fail(descriptor.error());
  return descriptor;
}

Failure Task::OutOfMemory() const {
  const Trail trail(listener_, 1);
  trail.Effect(kProgramsMemoryIsShort);
  return trail.Fail(Errno::kENOMEM);
}

std::unexpected<Signal> Task::OutOfMemorySignal() const {
  const Trail trail(listener_, 1);
  trail.Effect(kProgramsMemoryIsShort);
  return Raise(Signal::kSIGBUS, trail);
}

Result<std::shared_ptr<File>> Task::FindFile(std::string_view path, int flags) const {
  constexpr std::string_view kLinks = "/proc/self/fd/";
  if (path == "/dev/kvm") {
    if (const Result<> checked = CheckOpen(flags, false); !checked) return Failure(checked.error());
    return std::make_shared<Device>(kernel_);
  }
  if (!path.starts_with(kLinks)) return Failure(Errno::kENOENT);
  const std::string_view number = path.substr(kLinks.size());
  int fd = -1;
  const auto [end, error] = std::from_chars(number.begin(), number.end(), fd);
  // As the link is written: no sign, no leading zeros.
  if (error != std::errc() || std::to_string(fd) != number) return Failure(Errno::kENOENT);
  const Result<FdTable::Descriptor> descriptor = fds_->Look(fd);
  if (fd < 0 || !descriptor) return Failure(Errno::kENOENT);
  if (const Result<> checked = CheckOpen(flags, true); !checked) return Failure(checked.error());
  if ((flags & O_PATH) != 0) return descriptor->file->PathOnly();
  return descriptor->file->Reopen();
}

Result<int> Task::Open(std::string_view path, int flags) try {
  const Trail trail = TrailOf("open");
  const bool path_only = (flags & O_PATH) != 0;
  Result<FdTable::Reservation> fd = fds_->Reserve((flags & O_CLOEXEC) != 0);
  if (trail.If("no descriptor is left", !fd)) return trail.Fail(fd.error());
  if (trail.If("memory for the file is short", !kernel_->allocations().Allocate()))
    return trail.Fail(Errno::kENOMEM);
  Result<std::shared_ptr<File>> file = FindFile(path, flags);
  if (trail.If("the path can't be opened so", !file)) return trail.Fail(file.error());
  if (!path_only) {
    (*file)->SetStatusFlags((flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)) |
                            kLargeFile);
  }
  return std::move(*fd).Install(*std::move(file), path_only);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<std::int64_t> Task::Ioctl(int fd, std::uint64_t request, std::uint64_t arg) try {
  Caller caller = MakeCaller("ioctl");
  const Result<std::shared_ptr<File>> file = FileOf(fd, caller.trail);
  if (!file) return Failure(file.error());
  const auto cut = static_cast<std::uint32_t>(request);
  const auto numbering = kernel_->host().arch().traits().vfs_numbering;
  if (const std::optional<uapi::VfsIoctl> vfs = uapi::FindVfsIoctl(cut, numbering)) {
    return VfsIoctl(*vfs, fd, **file, caller, arg);
  }
  return (*file)->Ioctl(caller, cut, arg);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<std::uint64_t> Task::Mmap(std::uint64_t length, int prot, int flags, int fd,
                                 std::uint64_t offset) try {
  Caller caller = MakeCaller("mmap");
  const std::uint64_t page_size = kernel_->host().page_size();
  if (caller.trail.If("offset is not page aligned", offset % page_size != 0, {{"offset", offset}}))
    return caller.trail.Fail(Errno::kEINVAL);
  std::shared_ptr<File> file;
  if ((flags & MAP_ANONYMOUS) == 0) {
    Result<std::shared_ptr<File>> opened = FileOf(fd, caller.trail);
    if (!opened) return Failure(opened.error());
    file = *std::move(opened);
  }
  if (const Result<> checked =
          CheckMmap(file.get(), length, prot, flags, offset, page_size,
                    kernel_->host().arch().traits().user_address_end, caller.trail);
      !checked) {
    return Failure(checked.error());
  }
  const bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
  if (caller.trail.If("memory for the area is short", !kernel_->allocations().Allocate()))
    return caller.trail.Fail(Errno::kENOMEM);
  if (file == nullptr) return mm_->MapAnonymous(length, prot, shared, caller.trail);
  Result<std::shared_ptr<Mapping>> mapping = file->Mmap(caller, {length, offset, shared});
  if (!mapping) return Failure(mapping.error());
  return mm_->Map(*std::move(mapping), length, prot, {std::move(file), offset, shared},
                  caller.trail);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::Munmap(std::uint64_t address, std::uint64_t length) try {
  const Trail trail = TrailOf("munmap");
  const ReleaseTrail release(trail);
  const std::uint64_t end = kernel_->host().arch().traits().user_address_end;
  if (trail.If("the range ends past the user's addresses", address > end || length > end - address,
               {{"address", address}, {"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  return mm_->Unmap(address, length, trail);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::Fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length) try {
  Caller caller = MakeCaller("fallocate");
  const Result<std::shared_ptr<File>> file = FileOf(fd, caller.trail);
  if (!file) return Failure(file.error());
  if (const Result<> checked = CheckFallocate(**file, mode, offset, length, caller.trail);
      !checked) {
    return checked;
  }
  return (*file)->Fallocate(caller, mode, offset, length);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::Madvise(std::uint64_t address, std::uint64_t length, MemoryAdvice advice) try {
  Caller caller = MakeCaller("madvise");
  return kvm_model::Madvise(caller, kernel_->host().page_size(), address, length, advice);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::Mlock(std::uint64_t address, std::uint64_t length) try {
  Caller caller = MakeCaller("mlock");
  return kvm_model::Mlock(caller, kernel_->host().page_size(), address, length);
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::ChangeMode(int fd, std::uint32_t mode) {
  const Result<std::shared_ptr<File>> file = FileOf(fd, TrailOf("fchmod"));
  if (!file) return Failure(file.error());
  return (*file)->ChangeMode(mode);
}

Result<int> Task::StatusFlags(int fd) const {
  const Result<FdTable::Descriptor> descriptor = DescriptorOf(fd, TrailOf("fcntl"));
  if (!descriptor) return Failure(descriptor.error());
  return descriptor->path_only ? O_PATH : descriptor->file->status_flags();
}

Result<bool> Task::CloseOnExec(int fd) const {
  const Result<FdTable::Descriptor> descriptor = DescriptorOf(fd, TrailOf("fcntl"));
  if (!descriptor) return Failure(descriptor.error());
  return descriptor->close_on_exec;
}

Result<FileStatus> Task::Fstat(int fd) const {
  const Result<FdTable::Descriptor> descriptor = DescriptorOf(fd, TrailOf("fstat"));
  if (!descriptor) return Failure(descriptor.error());
  return descriptor->file->Status();
}

Result<std::uint64_t> Task::Read(int fd) const {
  const Trail trail = TrailOf("read");
  const Result<std::shared_ptr<File>> file = FileOf(fd, trail);
  if (!file) return Failure(file.error());
  if (trail.If("the file can't be read", !(*file)->readable())) return trail.Fail(Errno::kEBADF);
  return trail.Fail(Errno::kEINVAL);
}

Result<std::uint64_t> Task::Write(int fd) const {
  const Trail trail = TrailOf("write");
  const Result<std::shared_ptr<File>> file = FileOf(fd, trail);
  if (!file) return Failure(file.error());
  if (trail.If("the file can't be written", !(*file)->writable())) return trail.Fail(Errno::kEBADF);
  return trail.Fail(Errno::kEINVAL);
}

Result<std::uint64_t> Task::PositionedRead(int fd) const {
  const Result<std::shared_ptr<File>> file = FileOf(fd, TrailOf("pread"));
  if (!file) return Failure(file.error());
  return (*file)->PositionedRead();
}

Result<std::uint64_t> Task::Seek(int fd) const {
  const Result<std::shared_ptr<File>> file = FileOf(fd, TrailOf("lseek"));
  if (!file) return Failure(file.error());
  return (*file)->Seek();
}

Result<> Task::Truncate(int fd) const {
  const Result<std::shared_ptr<File>> file = FileOf(fd, TrailOf("ftruncate"));
  return Failure(file ? Errno::kEINVAL : file.error());
}

Result<> Task::Sync(int fd) const {
  const Result<std::shared_ptr<File>> file = FileOf(fd, TrailOf("fsync"));
  return Failure(file ? Errno::kEINVAL : file.error());
}

Result<int> Task::Dup(int fd) try {
  const Trail trail = TrailOf("dup");
  const Result<int> duplicate = fds_->Dup(fd);
  const bool closed = !duplicate && duplicate.error() == Errno::kEBADF;
  if (trail.If("the descriptor is not open", closed, {{"fd", static_cast<std::uint32_t>(fd)}}))
    return trail.Fail(Errno::kEBADF);
  if (trail.If("no descriptor is left", !duplicate)) return trail.Fail(duplicate.error());
  return duplicate;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Result<> Task::Close(int fd) {
  const Trail trail = TrailOf("close");
  const ReleaseTrail release(trail);
  const Result<> closed = fds_->Close(fd);
  if (trail.If("the descriptor is not open", !closed, {{"fd", static_cast<std::uint32_t>(fd)}}))
    return trail.Fail(closed.error());
  return {};
}

std::unique_ptr<Task> Task::Fork() const try {
  std::unique_ptr<Task> child(new Task(kernel_, mm_->Fork(), fds_->Fork()));
  child->privileges_ = privileges_;
  child->listener_ = listener_;
  return child;
} catch (const std::bad_alloc&) {
  (void)OutOfMemory();
  return nullptr;
}

std::expected<std::byte, Signal> Task::HostRead(std::uint64_t address) try {
  std::byte value{};
  const Access access = mm_->Read(address, std::span(&value, 1), TrailOf("handle_mm_fault"));
  if (!access) return std::unexpected(access.error());
  return value;
} catch (const std::bad_alloc&) {
  return OutOfMemorySignal();
}

Access Task::HostWrite(std::uint64_t address, std::byte value) try {
  return mm_->Write(address, std::span(&value, 1), TrailOf("handle_mm_fault"));
} catch (const std::bad_alloc&) {
  return OutOfMemorySignal();
}

std::expected<std::unique_ptr<PagePin>, Signal> Task::Pin(std::uint64_t address) try {
  return mm_->Pin(address, TrailOf("pin_user_pages"));
} catch (const std::bad_alloc&) {
  return OutOfMemorySignal();
}

}  // namespace kvm_model
