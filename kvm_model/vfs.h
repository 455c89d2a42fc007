// What the kernel's virtual file system does with a call before KVM sees it.
//
// Checked on linux-6.18 by running, unless said otherwise in docs/fidelity.md.
#ifndef KVM_MODEL_KVM_MODEL_VFS_H_
#define KVM_MODEL_KVM_MODEL_VFS_H_

#include <cstdint>

#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/vfs_ioctls.h"

namespace kvm_model {

// do_vfs_ioctl(): FIONBIO and its kind, on any of KVM's files, through the descriptor `fd`.
Result<std::int64_t> VfsIoctl(uapi::VfsIoctl id, int fd, File& file, Caller& caller,
                              std::uint64_t arg);

// What open(2) refuses to do with a file that exists and is no folder: EEXIST, ELOOP (`is_link`),
// ENOTDIR. With O_PATH only O_DIRECTORY and O_NOFOLLOW count.
Result<> CheckOpen(int flags, bool is_link);

// do_mmap(): EINVAL (no length), ENOMEM (longer than the address space), EOVERFLOW (the last page
// ends beyond 2^63-1, or for what is no regular file beyond 2^64-1), EINVAL (no type;
// MAP_SHARED_VALIDATE is none of anonymous memory), EPERM (PROT_EXEC where nothing may be
// executed). `file` is null for anonymous memory. Bytes; `page_size` is what the length is rounded
// up to.
Result<> CheckMmap(const File* file, std::uint64_t length, int prot, int flags,
                   std::uint64_t offset, std::uint64_t page_size, std::uint64_t address_space_end,
                   const Trail& trail);

// vfs_fallocate(): EINVAL (negative offset, no length), EOPNOTSUPP (a mode that no file takes),
// ENODEV (no regular file), EFBIG (the end lies beyond the largest offset). Bytes, taken as signed.
Result<> CheckFallocate(const File& file, int mode, std::uint64_t offset, std::uint64_t length,
                        const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VFS_H_
