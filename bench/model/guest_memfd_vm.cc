#include "bench/model/guest_memfd_vm.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arch/registry.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::bench {
namespace {

// An x86 host of the default revision can always be made.
std::shared_ptr<Kernel> BootedKernel(std::uint64_t seed) {
  return std::make_shared<Kernel>(*Host::Create(*FindArch("x86"), DefaultRevision()), seed);
}

}  // namespace

GuestMemfdVm::GuestMemfdVm(std::uint64_t pages, std::uint64_t seed)
    : task_(BootedKernel(seed), &memory_) {
  error_ = SetUp(pages << kPageShift);
}

std::string GuestMemfdVm::SetUp(std::uint64_t bytes) {
  const auto kvm = task_.Open("/dev/kvm", O_RDWR);
  if (!kvm) return "/dev/kvm can't be opened";
  const auto vm = task_.Ioctl(*kvm, uapi::RequestOf("KVM_CREATE_VM"), uapi::kX86SwProtectedVm);
  if (!vm) return "the VM can't be created";

  uapi::kvm_create_guest_memfd create{};
  create.size = bytes;
  create.flags = uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared;
  const int vm_fd = static_cast<int>(*vm);
  const auto created = task_.Ioctl(vm_fd, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), &create);
  if (!created) return "the guest_memfd can't be created";
  fd_ = static_cast<int>(*created);
  guest_memfd_ = std::dynamic_pointer_cast<GuestMemfd>(*task_.fds().Get(fd_));

  const auto address = task_.Mmap(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (!address) return "the guest_memfd can't be mapped";
  address_ = *address;
  uapi::kvm_userspace_memory_region2 region{};
  region.flags = uapi::kMemGuestMemfd;
  region.memory_size = bytes;
  region.userspace_addr = address_;
  region.guest_memfd = static_cast<std::uint32_t>(fd_);
  if (!task_.Ioctl(vm_fd, uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"), &region)) {
    return "the guest_memfd can't be bound";
  }
  return "";
}

void GuestMemfdVm::Set(PageRange range, Attributes attributes) {
  GuestMemfdInode& inode = guest_memfd_->inode();
  const WriterLock lock(inode.invalidate_lock());
  (void)inode.attributes().Store(range, attributes);
}

bool GuestMemfdVm::RangeHas(PageRange range, Attributes attributes) const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().RangeHas(range, attributes);
}

std::vector<AttributeRun> GuestMemfdVm::Runs() const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().Runs();
}

bool GuestMemfdVm::CheckInvariants() const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().CheckInvariants();
}

}  // namespace kvm_model::bench
