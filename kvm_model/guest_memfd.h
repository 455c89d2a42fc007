// GuestMemfd: an open guest_memfd file: its binding to memslots, and its ioctl, mmap and fallocate.
//
// Bindings are guarded by the inode's invalidate lock. Releasing the file (closing its last
// descriptor) drops the bindings and what guests have mapped; the memslots stay and their guest
// faults fail. The file keeps its VM alive.
//
// Models: struct gmem_file and kvm_gmem_fops (linux-7.0; rfc-v4 patches 01, 10 and 13).
#ifndef KVM_MODEL_KVM_MODEL_GUEST_MEMFD_H_
#define KVM_MODEL_KVM_MODEL_GUEST_MEMFD_H_

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/invalidation_listener.h"
#include "kvm_model/mapping.h"
#include "kvm_model/memslot.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"
#include "uapi/errno.h"
#include "uapi/structs.h"

namespace kvm_model {

// How a conversion failed. error_offset (bytes) is what the kernel writes back to the caller's
// struct; nothing where it writes nothing.
struct ConversionError {
  uapi::Errno error;
  std::optional<std::uint64_t> error_offset;
};
using ConversionResult = std::expected<void, ConversionError>;

class GuestMemfd final : public File, private GuestInvalidation {
 public:
  // The checks of KVM_CREATE_GUEST_MEMFD before anything is allocated: EINVAL for flags that the VM
  // doesn't support, and for a size (bytes, taken as signed) that is not positive or not a multiple
  // of the page size. reserved[] is not looked at.
  static Result<> CheckCreate(const Vm& vm, const uapi::kvm_create_guest_memfd& args,
                              const Trail& trail);
  // ENOMEM. The arguments have passed CheckCreate().
  static Result<std::shared_ptr<GuestMemfd>> Create(std::shared_ptr<Vm> vm,
                                                    const uapi::kvm_create_guest_memfd& args,
                                                    const Trail& trail);

  GuestMemfd(std::shared_ptr<Vm> vm, std::shared_ptr<GuestMemfdInode> inode);
  ~GuestMemfd() override;

  Vm& vm() const { return *vm_; }
  GuestMemfdInode& inode() const { return *inode_; }

  // KVM_SET_MEMORY_ATTRIBUTES2 with its arguments copied in: the revision's validation, then the
  // conversion, all or nothing. The ioctl's own ENOTTY and EFAULT are not part of it. EINVAL: see
  // guest_memfd_conversion.cc, one line a rule. EOPNOTSUPP: the content mode can't be had, in
  // revisions that have modes (error_offset: the request's offset). ENOMEM likewise. EAGAIN: a page
  // is in use elsewhere (error_offset: the lowest such page).
  ConversionResult SetMemoryAttributes(const uapi::kvm_memory_attributes2& args,
                                       const Trail& trail);

  // A hardware memory error in a resident page: guests lose it and later accesses fail; it stays
  // resident, its attributes stay. ENOENT on a hole. Models kvm_gmem_error_folio() and what leads
  // there.
  Result<> MemoryError(PageIndex page, const Trail& trail);

  // Lets the slot own the file's pages [slot's start, + its size). EINVAL, or EEXIST in a revision
  // that binds last, when another slot owns any of them. ENOMEM in the latter alone: others leave
  // the slot unbound, and its faults in the file fail.
  Result<> Bind(const std::shared_ptr<Memslot>& slot, const Trail& trail);
  void Unbind(const Memslot& slot);

  // File:
  std::string_view name() const override { return "kvm-gmem"; }
  FileStatus Status() const override;
  Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) override;
  // ENODEV without GUEST_MEMFD_FLAG_MMAP, EINVAL unless shared.
  bool has_mmap() const override { return vm_->host().revision().guest_memfd_flags; }
  Result<std::shared_ptr<Mapping>> Mmap(Caller& caller, const MmapRequest& request) override;
  // EOPNOTSUPP unless KEEP_SIZE, alone or with PUNCH_HOLE. EINVAL: unaligned, or an allocation past
  // the end. ENOMEM, and EINTR when a signal is pending: what was allocated before stays.
  Result<> Fallocate(Caller& caller, int mode, std::uint64_t offset, std::uint64_t length) override;
  Result<std::uint64_t> PositionedRead() const override { return Failure(uapi::Errno::kESPIPE); }
  Result<std::uint64_t> Seek() const override { return Failure(uapi::Errno::kESPIPE); }
  bool regular() const override { return true; }
  bool noexec() const override { return vm_->host().revision().anonymous_inodes_are_special; }
  bool tells_size() const override { return !vm_->host().revision().anonymous_inodes_are_special; }
  // EINVAL: nobody's mode can be changed. Models kvm_gmem_setattr().
  Result<> ChangeMode(std::uint32_t) override { return Failure(uapi::Errno::kEINVAL); }

 private:
  // The caller holds the invalidate lock, which the analysis can't see through the interface.
  void InvalidateGuests(PageRange pages, GfnFilter filter, InvalidationCause cause,
                        const Trail& trail) override ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void HoldFaults() override { vm_->BeginInvalidation(); }
  void ReleaseFaults() override { vm_->EndInvalidation(); }

  std::optional<uapi::Errno> CheckConversion(const uapi::kvm_memory_attributes2& args,
                                             const Trail& trail) const;
  ConversionResult Convert(PageRange range, std::uint64_t attributes, std::uint64_t mode,
                           const Trail& trail);
  bool SupportsContentMode(std::uint64_t mode, bool to_private, const Trail& trail) const;
  void ApplyContentMode(std::uint64_t mode, PageRange range, const Trail& trail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(inode_->invalidate_lock());
  Result<> PunchHole(PageRange range, const Trail& trail);
  Result<> AllocatePages(PageRange range, const Trail& trail);

  const std::shared_ptr<Vm> vm_;
  const std::shared_ptr<GuestMemfdInode> inode_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(inode_->invalidate_lock());
  // By the first page of the file that is bound.
  std::map<PageIndex, std::shared_ptr<const Memslot>> bindings_
      ABSL_GUARDED_BY(inode_->invalidate_lock());
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_GUEST_MEMFD_H_
