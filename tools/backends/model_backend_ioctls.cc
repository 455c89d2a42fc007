// The calls of a scenario that hand a struct to an ioctl.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kvm_model/mm.h"
#include "kvm_model/result.h"
#include "tools/backends/arguments.h"
#include "tools/backends/backend.h"
#include "tools/backends/dirty_bitmap.h"
#include "tools/backends/model_answers.h"
#include "tools/backends/model_backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/call_table.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::scenario {
namespace {

using A = ArgumentId;

}  // namespace

Result<std::int64_t> ModelBackend::Ioctl(Process& process, int fd, uapi::IoctlId id,
                                         std::uint64_t arg) {
  const uapi::Encoding encoding = kernel_->host().arch().traits().ioctl_encoding;
  return process.task->Ioctl(fd, uapi::Request(id, encoding), arg);
}

template <typename T>
Result<std::int64_t> ModelBackend::IoctlOn(Process& process, int fd, uapi::IoctlId id,
                                           T& argument) {
  Mm& mm = process.task->mm();
  if (const Result<> placed = mm.CopyToUser(process.scratch, argument); !placed) {
    return Failure(placed.error());
  }
  const Result<std::int64_t> result = Ioctl(process, fd, id, process.scratch);
  if (const Result<T> after = mm.CopyFromUser<T>(process.scratch)) argument = *after;
  return result;
}

Answer ModelBackend::EnableCap(Process& process, const CallRequest& request) {
  uapi::kvm_enable_cap argument = EnableCapArgument(request);
  return NumberOr(IoctlOn(process, request.Int(A::kFd), uapi::Ioctl("KVM_ENABLE_CAP"), argument));
}

Answer ModelBackend::CreateGuestMemfd(Process& process, const CallRequest& request) {
  uapi::kvm_create_guest_memfd argument = CreateGuestMemfdArgument(request);
  return FdOr(
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_CREATE_GUEST_MEMFD"), argument));
}

Answer ModelBackend::SetUserMemoryRegion(Process& process, const CallRequest& request) {
  uapi::kvm_userspace_memory_region argument = MemoryRegionArgument(request);
  return NumberOr(
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION"), argument));
}

Answer ModelBackend::SetUserMemoryRegion2(Process& process, const CallRequest& request) {
  uapi::kvm_userspace_memory_region2 argument = MemoryRegion2Argument(request);
  return NumberOr(
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2"), argument));
}

Answer ModelBackend::SetMemoryAttributes(Process& process, const CallRequest& request) {
  uapi::kvm_memory_attributes argument = MemoryAttributesArgument(request);
  return NumberOr(
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES"), argument));
}

Answer ModelBackend::SetMemoryAttributes2(Process& process, const CallRequest& request) {
  uapi::kvm_memory_attributes2 argument = MemoryAttributes2Argument(request);
  const Result<std::int64_t> result =
      IoctlOn(process, request.Int(A::kFd), uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2"), argument);
  if (!result) {
    return answer::Errno{.error = result.error(), .error_offset = argument.error_offset};
  }
  return answer::Number{.value = static_cast<std::uint64_t>(*result),
                        .error_offset = argument.error_offset};
}

Answer ModelBackend::PreFault(Process& process, const CallRequest& request) {
  uapi::kvm_pre_fault_memory argument = PreFaultArgument(request);
  const Result<std::int64_t> result =
      IoctlOn(process, request.Int(A::kVcpu), uapi::Ioctl("KVM_PRE_FAULT_MEMORY"), argument);
  if (!result) {
    return answer::Errno{.error = result.error(), .gpa = argument.gpa, .size = argument.size};
  }
  return answer::Progress{argument.gpa, argument.size};
}

Result<> ModelBackend::FillBitmap(Process& process, std::span<const std::uint64_t> words) {
  Mm& mm = process.task->mm();
  const std::uint64_t start = process.bitmap;
  for (const Mm::Area& area : mm.AreasIn(start, start + kDirtyBitmapArea)) {
    mm.Zap(area, kvm_model::Trail(nullptr));
  }
  return mm.CopyToUser(start, std::as_bytes(words));
}

Answer ModelBackend::GetDirtyLog(Process& process, const CallRequest& request) {
  // What an earlier call left there is not this one's answer.
  if (const Result<> cleared = FillBitmap(process, {}); !cleared) return Error(cleared.error());
  uapi::kvm_dirty_log argument = DirtyLogArgument(request);
  argument.dirty_bitmap = process.bitmap;
  const Result<std::int64_t> result =
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_GET_DIRTY_LOG"), argument);
  if (!result) return Error(result.error());
  std::vector<std::uint64_t> words((request[A::kPages] + 63) / 64);
  const Result<> copied =
      process.task->mm().CopyFromUser(process.bitmap, std::as_writable_bytes(std::span(words)));
  if (!copied) return Error(copied.error());
  return RunsOfBitmap(words, request[A::kPages]);
}

Answer ModelBackend::ClearDirtyLog(Process& process, const CallRequest& request) {
  const std::vector<std::uint64_t> words = BitmapOf(request[A::kPages], request[A::kMask]);
  if (const Result<> filled = FillBitmap(process, words); !filled) return Error(filled.error());
  uapi::kvm_clear_dirty_log argument = ClearDirtyLogArgument(request);
  argument.dirty_bitmap = process.bitmap;
  return NumberOr(
      IoctlOn(process, request.Int(A::kVm), uapi::Ioctl("KVM_CLEAR_DIRTY_LOG"), argument));
}

}  // namespace kvm_model::scenario
