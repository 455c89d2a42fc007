#include "kvm_model/vfs.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstdint>
#include <limits>

#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/mm.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {
namespace {

using uapi::Errno;

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();

bool ModeIsKnown(std::uint64_t mode) {
  switch (mode & ~uapi::kFallocKeepSize) {
    case 0:
    case uapi::kFallocUnshareRange:
    case uapi::kFallocZeroRange:
      return true;
    case uapi::kFallocPunchHole:
      return (mode & uapi::kFallocKeepSize) != 0;
    case uapi::kFallocCollapseRange:
    case uapi::kFallocInsertRange:
      return (mode & uapi::kFallocKeepSize) == 0;
    default:
      return false;
  }
}

// The value behind the pointer of FIONBIO and FIOASYNC.
Result<std::int64_t> CopySwitch(Caller& caller, std::uint64_t arg) {
  const Result<std::int32_t> value = caller.mm.CopyFromUser<std::int32_t>(arg);
  if (!value) return Failure(value.error());
  return *value;
}

}  // namespace

Result<std::int64_t> VfsIoctl(uapi::VfsIoctl id, int fd, File& file, Caller& caller,
                              std::uint64_t arg) {
  const Trail trail = caller.trail.In("do_vfs_ioctl");
  switch (id) {
    case uapi::VfsIoctl::kFioclex:
    case uapi::VfsIoctl::kFionclex:
      caller.fds.SetCloseOnExec(fd, id == uapi::VfsIoctl::kFioclex);
      return trail.Answer(0);
    case uapi::VfsIoctl::kFionbio: {
      const Result<std::int64_t> value = CopySwitch(caller, arg);
      if (!value) return trail.Fail(value.error());
      file.SetNonblocking(*value != 0);
      return trail.Answer(0);
    }
    case uapi::VfsIoctl::kFioasync: {
      const Result<std::int64_t> value = CopySwitch(caller, arg);
      if (!value) return trail.Fail(value.error());
      // It is off already, and no file of KVM's can turn it on.
      if (*value == 0) return trail.Answer(0);
      return trail.Fail(Errno::kENOTTY);
    }
    case uapi::VfsIoctl::kFioqsize: {
      if (!file.tells_size()) return trail.Fail(Errno::kENOTTY);
      const std::uint64_t bytes = file.Status().blocks * 512;
      if (!caller.mm.CopyToUser(arg, bytes)) return trail.Fail(Errno::kEFAULT);
      return trail.Answer(0);
    }
    case uapi::VfsIoctl::kFigetbsz: {
      const auto block_size = static_cast<std::int32_t>(file.Status().block_size);
      if (!caller.mm.CopyToUser(arg, block_size)) return trail.Fail(Errno::kEFAULT);
      return trail.Answer(0);
    }
    case uapi::VfsIoctl::kFiemap:
    case uapi::VfsIoctl::kFifreeze:
      return trail.Fail(Errno::kEOPNOTSUPP);
    case uapi::VfsIoctl::kFiclone:
      return trail.Fail(file.regular() ? Errno::kEOPNOTSUPP : Errno::kEINVAL);
  }
  return trail.Fail(Errno::kENOTTY);
}

Result<> CheckOpen(int flags, bool is_link) {
  constexpr int kOnlyNew = O_CREAT | O_EXCL;
  if ((flags & O_PATH) == 0 && (flags & kOnlyNew) == kOnlyNew) return Failure(Errno::kEEXIST);
  if (is_link && (flags & O_NOFOLLOW) != 0) return Failure(Errno::kELOOP);
  if ((flags & O_DIRECTORY) != 0) return Failure(Errno::kENOTDIR);
  return {};
}

Result<> CheckMmap(const File* file, std::uint64_t length, int prot, int flags,
                   std::uint64_t offset, std::uint64_t page_size, std::uint64_t address_space_end,
                   const Trail& caller) {
  const Trail trail = caller.In("do_mmap");
  if (trail.If("length == 0", length == 0)) return trail.Fail(Errno::kEINVAL);
  const std::uint64_t rounded = (length + page_size - 1) & ~(page_size - 1);
  if (trail.If("length > the address space", rounded == 0 || rounded > address_space_end,
               {{"length", length}}))
    return trail.Fail(Errno::kENOMEM);
  const bool regular = file != nullptr && file->regular();
  const std::uint64_t largest = regular ? kMaxOffset : std::numeric_limits<std::uint64_t>::max();
  if (trail.If("the end lies beyond the file's largest offset",
               file != nullptr && (offset > largest || rounded > largest - offset),
               {{"offset", offset}, {"length", length}}))
    return trail.Fail(Errno::kEOVERFLOW);
  const int type = flags & MAP_TYPE;
  const bool validated = type == MAP_SHARED_VALIDATE && file != nullptr;
  if (trail.If("no mapping type", type != MAP_SHARED && type != MAP_PRIVATE && !validated))
    return trail.Fail(Errno::kEINVAL);
  if (file == nullptr) return {};
  if (trail.If("a shared mapping to write of what can't be written",
               type != MAP_PRIVATE && (prot & PROT_WRITE) != 0 && !file->writable()))
    return trail.Fail(Errno::kEACCES);
  if (trail.If("the file can't be read", !file->readable())) return trail.Fail(Errno::kEACCES);
  if (trail.If("PROT_EXEC where nothing may be executed",
               (prot & PROT_EXEC) != 0 && file->noexec()))
    return trail.Fail(Errno::kEPERM);
  if (trail.If("the file has no mmap operation", !file->has_mmap()))
    return trail.Fail(Errno::kENODEV);
  return {};
}

Result<> CheckFallocate(const File& file, int mode, std::uint64_t offset, std::uint64_t length,
                        const Trail& caller) {
  const Trail trail = caller.In("vfs_fallocate");
  const auto signed_offset = static_cast<std::int64_t>(offset);
  const auto signed_length = static_cast<std::int64_t>(length);
  if (trail.If("offset < 0 or length <= 0", signed_offset < 0 || signed_length <= 0,
               {{"offset", offset}, {"length", length}}))
    return trail.Fail(Errno::kEINVAL);
  if (trail.If("no file takes this mode", !ModeIsKnown(static_cast<std::uint32_t>(mode)),
               {{"mode", static_cast<std::uint32_t>(mode)}}))
    return trail.Fail(Errno::kEOPNOTSUPP);
  if (trail.If("the file can't be written", !file.writable())) return trail.Fail(Errno::kEBADF);
  if (trail.If("not a regular file", !file.regular())) return trail.Fail(Errno::kENODEV);
  if (trail.If("offset + length > 2^63-1", length > kMaxOffset - offset))
    return trail.Fail(Errno::kEFBIG);
  return {};
}

}  // namespace kvm_model
