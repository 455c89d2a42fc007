#include "tools/backends/native_calls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "tools/backends/arguments.h"
#include "tools/backends/backend.h"
#include "tools/backends/dirty_bitmap.h"
#include "tools/backends/guarded_access.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/call_table.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::scenario {
namespace {

using A = ArgumentId;

constexpr char kTooMuch[] = "it would take more than 64 MiB of this machine's memory";

answer::Errno LastError() { return {.error = static_cast<uapi::Errno>(errno)}; }

long Ioctl(int fd, std::uint64_t request, std::uint64_t argument) {
  return syscall(SYS_ioctl, fd, request, argument);
}
template <typename T>
long IoctlOn(int fd, std::uint64_t request, T& argument) {
  return Ioctl(fd, request, reinterpret_cast<std::uint64_t>(&argument));
}

// The answers of a call that returned `result`.
Answer NumberOr(long result) {
  if (result < 0) return LastError();
  return answer::Number{.value = static_cast<std::uint64_t>(result), .error_offset = std::nullopt};
}
Answer FdOr(long result) {
  if (result < 0) return LastError();
  return answer::Fd{static_cast<int>(result)};
}

answer::Signal SignalOf(int signal) {
  return signal == SIGBUS ? answer::Signal::kSigbus : answer::Signal::kSigsegv;
}

std::uint64_t PageSize() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

// Address space for a bitmap, which costs memory only where the kernel writes: as much as a process
// may take. A longer slot's bitmap ends in EFAULT.
class BitmapArea {
 public:
  BitmapArea()
      : area_(mmap(nullptr, Bytes(), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~BitmapArea() {
    const int error = errno;
    if (area_ != MAP_FAILED) munmap(area_, Bytes());
    errno = error;
  }
  BitmapArea(const BitmapArea&) = delete;
  BitmapArea& operator=(const BitmapArea&) = delete;

  // Null when there was no address space.
  std::uint64_t* words() const {
    return area_ == MAP_FAILED ? nullptr : static_cast<std::uint64_t*>(area_);
  }

 private:
  static std::uint64_t Bytes() { return NativeCalls::kMaxPages * PageSize(); }

  void* const area_;
};

// What a call on a bitmap of ours failed with: none is too short that a process may have.
Answer BitmapError() {
  if (errno == EFAULT) return answer::NotModelled{kTooMuch};
  return LastError();
}

// Puts a descriptor of our own out of the scenario's way.
int MoveUp(int fd) {
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, NativeCalls::kFirstOwnDescriptor);
  close(fd);
  return moved;
}

}  // namespace

Answer NativeCalls::Execute(const CallRequest& request) {
  switch (request.id) {
    case CallId::kOpen:
      return FdOr(syscall(SYS_openat, AT_FDCWD, "/dev/kvm", O_RDWR | O_CLOEXEC));
    case CallId::kCreateVm:
      return FdOr(Ioctl(request.Int(A::kKvm), uapi::RequestOf("KVM_CREATE_VM"), request[A::kType]));
    case CallId::kCheckExtension:
      return NumberOr(
          Ioctl(request.Int(A::kFd), uapi::RequestOf("KVM_CHECK_EXTENSION"), request[A::kCap]));
    case CallId::kEnableCap:
      return EnableCap(request);
    case CallId::kCreateGuestMemfd:
      return CreateGuestMemfd(request);
    case CallId::kSetUserMemoryRegion:
      return SetUserMemoryRegion(request);
    case CallId::kSetUserMemoryRegion2:
      return SetUserMemoryRegion2(request);
    case CallId::kSetMemoryAttributes:
      return SetMemoryAttributes(request);
    case CallId::kSetMemoryAttributes2:
      return SetMemoryAttributes2(request);
    case CallId::kMmap:
      return Map(request);
    case CallId::kMunmap:
      return NumberOr(syscall(SYS_munmap, request[A::kMap], request[A::kSize]));
    case CallId::kMadvise:
      return NumberOr(syscall(SYS_madvise, request[A::kMap] + request[A::kOffset],
                              request[A::kSize], request[A::kAdvice]));
    case CallId::kClose:
      return NumberOr(syscall(SYS_close, request.Int(A::kFd)));
    case CallId::kDup:
      return FdOr(syscall(SYS_dup, request.Int(A::kFd)));
    case CallId::kFallocate:
      return Fallocate(request);
    case CallId::kHostRead:
      return Read(request);
    case CallId::kHostWrite:
      return Write(request);
    case CallId::kCreateVcpu:
      return FdOr(Ioctl(request.Int(A::kVm), uapi::RequestOf("KVM_CREATE_VCPU"), request[A::kId]));
    case CallId::kGetDirtyLog:
      return GetDirtyLog(request);
    case CallId::kClearDirtyLog:
      return ClearDirtyLog(request);
    case CallId::kPreFault:
      return PreFault(request);
    case CallId::kPin:
      return Pin(request);
    case CallId::kUnpin:
      return Unpin(request);
    case CallId::kIoctl:
      return NumberOr(Ioctl(request.Int(A::kFd), request[A::kRequest], request[A::kArg]));
    case CallId::kGuestRead:
    case CallId::kGuestWrite:
    case CallId::kPopulate:
      return answer::NotModelled{"it needs guest execution"};
    case CallId::kPoison:
    case CallId::kFailAllocation:
    case CallId::kInterrupt:
    case CallId::kFork:
    case CallId::kAttributes:
    case CallId::kResident:
    case CallId::kPeek:
    case CallId::kMapped:
    case CallId::kGuestMapped:
      break;
  }
  return answer::NotModelled{"it is for the model only"};
}

Answer NativeCalls::EnableCap(const CallRequest& request) {
  uapi::kvm_enable_cap argument = EnableCapArgument(request);
  return NumberOr(IoctlOn(request.Int(A::kFd), uapi::RequestOf("KVM_ENABLE_CAP"), argument));
}

Answer NativeCalls::CreateGuestMemfd(const CallRequest& request) {
  uapi::kvm_create_guest_memfd argument = CreateGuestMemfdArgument(request);
  return FdOr(IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), argument));
}

Answer NativeCalls::SetUserMemoryRegion(const CallRequest& request) {
  uapi::kvm_userspace_memory_region argument = MemoryRegionArgument(request);
  return NumberOr(
      IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_SET_USER_MEMORY_REGION"), argument));
}

Answer NativeCalls::SetUserMemoryRegion2(const CallRequest& request) {
  uapi::kvm_userspace_memory_region2 argument = MemoryRegion2Argument(request);
  return NumberOr(
      IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"), argument));
}

Answer NativeCalls::SetMemoryAttributes(const CallRequest& request) {
  uapi::kvm_memory_attributes argument = MemoryAttributesArgument(request);
  return NumberOr(
      IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES"), argument));
}

Answer NativeCalls::SetMemoryAttributes2(const CallRequest& request) {
  uapi::kvm_memory_attributes2 argument = MemoryAttributes2Argument(request);
  const long result =
      IoctlOn(request.Int(A::kFd), uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2"), argument);
  if (result < 0) {
    answer::Errno error = LastError();
    error.error_offset = argument.error_offset;
    return error;
  }
  return answer::Number{static_cast<std::uint64_t>(result), argument.error_offset};
}

Answer NativeCalls::PreFault(const CallRequest& request) {
  uapi::kvm_pre_fault_memory argument = PreFaultArgument(request);
  if (IoctlOn(request.Int(A::kVcpu), uapi::RequestOf("KVM_PRE_FAULT_MEMORY"), argument) < 0) {
    answer::Errno error = LastError();
    error.gpa = argument.gpa;
    error.size = argument.size;
    return error;
  }
  return answer::Progress{argument.gpa, argument.size};
}

Answer NativeCalls::GetDirtyLog(const CallRequest& request) {
  const BitmapArea area;
  if (area.words() == nullptr) return LastError();
  uapi::kvm_dirty_log argument = DirtyLogArgument(request);
  argument.dirty_bitmap = reinterpret_cast<std::uint64_t>(area.words());
  if (IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_GET_DIRTY_LOG"), argument) < 0) {
    return BitmapError();
  }
  const std::uint64_t pages = request[A::kPages];
  return RunsOfBitmap({area.words(), static_cast<std::size_t>((pages + 63) / 64)}, pages);
}

Answer NativeCalls::ClearDirtyLog(const CallRequest& request) {
  const BitmapArea area;
  if (area.words() == nullptr) return LastError();
  std::ranges::copy(BitmapOf(request[A::kPages], request[A::kMask]), area.words());
  uapi::kvm_clear_dirty_log argument = ClearDirtyLogArgument(request);
  argument.dirty_bitmap = reinterpret_cast<std::uint64_t>(area.words());
  const long result =
      IoctlOn(request.Int(A::kVm), uapi::RequestOf("KVM_CLEAR_DIRTY_LOG"), argument);
  if (result < 0) return BitmapError();
  return NumberOr(result);
}

Answer NativeCalls::Map(const CallRequest& request) {
  const std::uint64_t flags = request[A::kFlags];
  const bool takes_memory = (flags & (uapi::kMapPopulate | uapi::kMapLocked)) != 0;
  if (takes_memory && request[A::kSize] / PageSize() > kMaxPages) {
    return answer::NotModelled{kTooMuch};
  }
  const std::uint64_t size = request[A::kSize];
  const bool fits = size <= kEndOfAddresses - next_address_ - kGap;
  const long address = syscall(SYS_mmap, fits ? next_address_ : 0, size, request[A::kProt], flags,
                               request.Int(A::kGmem), request[A::kOffset]);
  if (address == -1) return LastError();
  if (fits) next_address_ += (size + PageSize() - 1) / PageSize() * PageSize() + kGap;
  return answer::Ok{static_cast<std::uint64_t>(address)};
}

Answer NativeCalls::Fallocate(const CallRequest& request) {
  const int fd = request.Int(A::kGmem);
  const std::uint64_t offset = request[A::kOffset];
  const std::uint64_t len = request[A::kLen];
  struct stat file = {};
  const bool allocates = (request[A::kMode] & uapi::kFallocPunchHole) == 0 &&
                         fstat(fd, &file) == 0 &&
                         offset <= static_cast<std::uint64_t>(file.st_size) &&
                         len <= static_cast<std::uint64_t>(file.st_size) - offset;
  if (allocates) {
    const std::uint64_t pages = len / PageSize();
    if (pages > kMaxPages - allocated_) return answer::NotModelled{kTooMuch};
    allocated_ += pages;
  }
  return NumberOr(syscall(SYS_fallocate, fd, request.Int(A::kMode), offset, len));
}

Answer NativeCalls::Read(const CallRequest& request) {
  const std::uint64_t address = request[A::kMap] + request[A::kOffset];
  if (!MayTouch(address)) return answer::NotModelled{kTooMuch};
  std::uint8_t byte = 0;
  if (const std::optional<int> signal = GuardedRead(address, byte)) return SignalOf(*signal);
  return answer::Byte{byte};
}

Answer NativeCalls::Write(const CallRequest& request) {
  const std::uint64_t address = request[A::kMap] + request[A::kOffset];
  if (!MayTouch(address)) return answer::NotModelled{kTooMuch};
  const auto byte = static_cast<std::uint8_t>(request[A::kByte]);
  if (const std::optional<int> signal = GuardedWrite(address, byte)) return SignalOf(*signal);
  return answer::Ok{};
}

// A page given to a pipe that nobody reads is held until the pipe is gone.
Answer NativeCalls::Pin(const CallRequest& request) {
  const Answer faulted = Read(request);
  if (!std::holds_alternative<answer::Byte>(faulted)) return faulted;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return LastError();
  const Pipe pipe = {.read_end = MoveUp(ends[0]), .write_end = MoveUp(ends[1])};
  const std::uint64_t address = request[A::kMap] + request[A::kOffset];
  const iovec byte = {.iov_base = reinterpret_cast<void*>(address), .iov_len = 1};
  if (vmsplice(pipe.write_end, &byte, 1, 0) != 1) {
    const answer::Errno error = LastError();
    close(pipe.read_end);
    close(pipe.write_end);
    return error;
  }
  pins_.emplace(++last_pin_, pipe);
  return answer::Ok{last_pin_};
}

Answer NativeCalls::Unpin(const CallRequest& request) {
  const auto pin = pins_.find(request[A::kPin]);
  if (pin == pins_.end()) return answer::Errno{.error = uapi::Errno::kEINVAL};
  close(pin->second.read_end);
  close(pin->second.write_end);
  pins_.erase(pin);
  return answer::Ok{};
}

void NativeCalls::ForgetPins() {
  for (const auto& [id, pipe] : pins_) {
    close(pipe.read_end);
    close(pipe.write_end);
  }
  pins_.clear();
}

bool NativeCalls::MayTouch(std::uint64_t address) {
  touched_.insert(address / PageSize());
  return touched_.size() <= kMaxPages;
}

}  // namespace kvm_model::scenario
