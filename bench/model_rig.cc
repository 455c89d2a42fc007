#include "bench/model_rig.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "arch/registry.h"
#include "bench/peers/model_store.h"
#include "bench/workload.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/guest_memfd_inode.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mutex.h"
#include "kvm_model/page.h"
#include "kvm_model/page_cache.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model::bench {
namespace {

constexpr unsigned kPageShift = 12;
constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;
constexpr std::uint64_t kFileBytes = kFilePages << kPageShift;

using PageBytes = std::array<std::byte, kPageBytes>;

PageBytes FilledPage() {
  PageBytes page;
  page.fill(std::byte{0x5a});
  return page;
}

// An x86 host of the default revision can always be made.
std::shared_ptr<Kernel> BootedKernel() {
  return std::make_shared<Kernel>(*Host::Create(*FindArch("x86"), DefaultRevision()), kSeed);
}

}  // namespace

ModelRig::ModelRig(const Workload& workload, std::uint64_t mode, bool resident)
    : workload_(workload), mode_(mode), resident_(resident), task_(BootedKernel(), &memory_) {
  error_ = SetUp(workload);
}

std::string ModelRig::SetUp(const Workload& workload) {
  const auto kvm = task_.Open("/dev/kvm", O_RDWR);
  if (!kvm) return "/dev/kvm can't be opened";
  const auto vm = task_.Ioctl(*kvm, uapi::RequestOf("KVM_CREATE_VM"), uapi::kX86SwProtectedVm);
  if (!vm) return "the VM can't be created";

  uapi::kvm_create_guest_memfd create{};
  create.size = kFileBytes;
  create.flags = uapi::kGuestMemfdFlagMmap | uapi::kGuestMemfdFlagInitShared;
  const int vm_fd = static_cast<int>(*vm);
  const auto created = task_.Ioctl(vm_fd, uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"), &create);
  if (!created) return "the guest_memfd can't be created";
  fd_ = static_cast<int>(*created);
  guest_memfd_ = std::dynamic_pointer_cast<GuestMemfd>(*task_.fds().Get(fd_));

  const auto address = task_.Mmap(kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (!address) return "the guest_memfd can't be mapped";
  uapi::kvm_userspace_memory_region2 region{};
  region.flags = uapi::kMemGuestMemfd;
  region.memory_size = kFileBytes;
  region.userspace_addr = *address;
  region.guest_memfd = static_cast<std::uint32_t>(fd_);
  if (!task_.Ioctl(vm_fd, uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"), &region)) {
    return "the guest_memfd can't be bound";
  }

  for (const AttributeRun& run : workload.before) {
    if (run.attributes != 0) Set(run.pages, run.attributes);
  }
  if (resident_) RestoreContents();
  for (const Conversion& conversion : workload.timed) {
    uapi::kvm_memory_attributes2& arguments = arguments_.emplace_back();
    arguments = {};
    arguments.offset = conversion.range.start << kPageShift;
    arguments.size = conversion.range.pages() << kPageShift;
    arguments.attributes = conversion.attributes;
    arguments.flags = mode_;
  }
  return "";
}

void ModelRig::Set(PageRange range, Attributes attributes) {
  GuestMemfdInode& inode = guest_memfd_->inode();
  const WriterLock lock(inode.invalidate_lock());
  (void)inode.attributes().Store(range, attributes);
}

bool ModelRig::RangeHas(PageRange range, Attributes attributes) const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().RangeHas(range, attributes);
}

std::vector<AttributeRun> ModelRig::Runs() const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().Runs();
}

bool ModelRig::CheckInvariants() const {
  const GuestMemfdInode& inode = guest_memfd_->inode();
  const ReaderLock lock(inode.invalidate_lock());
  return inode.attributes().CheckInvariants();
}

std::uint64_t ModelRig::ResidentPages() const {
  return guest_memfd_->inode().page_cache().ResidentIn({0, kFilePages});
}

void ModelRig::RestoreContents() {
  PageCache& cache = guest_memfd_->inode().page_cache();
  const PageBytes bytes = FilledPage();
  for (const PageRange& run : workload_.resident) {
    for (PageIndex page = run.start; page < run.end; ++page) {
      if (!cache.Use(page) || !cache.Write(page, 0, bytes)) error_ = "a page can't be written";
    }
  }
}

bool ModelRig::ContentsAreRight() const {
  const PageCache& cache = guest_memfd_->inode().page_cache();
  const PageBytes filled = FilledPage();
  return std::ranges::all_of(workload_.resident, [&](PageRange run) {
    PageBytes bytes;
    cache.Read(run.start, 0, bytes);
    if (mode_ == uapi::kSetMemoryAttributes2Zero) return bytes == PageBytes{};
    return (bytes == filled) == (mode_ == uapi::kSetMemoryAttributes2Preserve);
  });
}

}  // namespace kvm_model::bench
