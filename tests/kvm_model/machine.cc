#include "tests/kvm_model/machine.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "arch/registry.h"
#include "kvm_model/arch.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_memfd.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/page.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "kvm_model/task.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "uapi/constants.h"
#include "uapi/ioctls.h"
#include "uapi/structs.h"

namespace kvm_model {
namespace {

[[noreturn]] void GiveUp(std::string_view why) {
  absl::FPrintF(stderr, "the machine doesn't boot: %s\n", why);
  std::abort();
}

std::shared_ptr<Kernel> Boot(std::string_view arch_name, std::string_view revision_name,
                             const std::vector<SettingAssignment>& settings) {
  const Arch* const arch = FindArch(arch_name);
  if (arch == nullptr) GiveUp(arch_name);
  const Revision* const revision = FindRevision(revision_name);
  if (revision == nullptr) GiveUp(revision_name);
  auto host = Host::Create(*arch, *revision, settings);
  if (!host) GiveUp(host.error().message);
  return std::make_shared<Kernel>(*std::move(host));
}

Result<int> Descriptor(const Result<std::int64_t>& answer) {
  if (!answer) return Failure(answer.error());
  return static_cast<int>(*answer);
}

template <typename T>
std::shared_ptr<T> FileOf(Task& task, int fd) {
  const Result<std::shared_ptr<File>> file = task.fds().Get(fd);
  return file ? std::dynamic_pointer_cast<T>(*file) : nullptr;
}

}  // namespace

Machine::Machine(std::string_view arch, std::vector<SettingAssignment> settings,
                 std::string_view revision)
    : kernel_(Boot(arch, revision, settings)),
      task_(kernel_, &memory_),
      kvm_(task_.Open("/dev/kvm", O_RDWR).value()) {}

std::uint32_t Machine::Request(uapi::IoctlId id) const {
  return uapi::Request(id, host().arch().traits().ioctl_encoding);
}

Result<std::int64_t> Machine::Check(int fd, std::int64_t capability) {
  return task_.Ioctl(fd, Request(uapi::Ioctl("KVM_CHECK_EXTENSION")),
                     static_cast<std::uint64_t>(capability));
}

Result<int> Machine::CreateVm(std::uint64_t type) {
  return Descriptor(task_.Ioctl(kvm_, Request(uapi::Ioctl("KVM_CREATE_VM")), type));
}

Result<int> Machine::CreateVcpu(int vm, std::uint64_t id) {
  return Descriptor(task_.Ioctl(vm, Request(uapi::Ioctl("KVM_CREATE_VCPU")), id));
}

Result<std::int64_t> Machine::EnableCap(int fd, std::uint32_t capability, std::uint64_t arg,
                                        std::uint32_t flags) {
  uapi::kvm_enable_cap cap{};
  cap.cap = capability;
  cap.flags = flags;
  cap.args[0] = arg;
  return task_.Ioctl(fd, Request(uapi::Ioctl("KVM_ENABLE_CAP")), &cap);
}

Result<std::int64_t> Machine::CreateIrqchip(int vm) {
  return task_.Ioctl(vm, Request(uapi::Ioctl("KVM_CREATE_IRQCHIP")), std::uint64_t{0});
}

Result<int> Machine::CreateDevice(int vm, std::uint32_t type) {
  uapi::kvm_create_device device{};
  device.type = type;
  const Result<std::int64_t> answer =
      task_.Ioctl(vm, Request(uapi::Ioctl("KVM_CREATE_DEVICE")), &device);
  if (!answer) return Failure(answer.error());
  return static_cast<int>(device.fd);
}

Result<int> Machine::CreateGuestMemfd(int vm, std::uint64_t pages, std::uint64_t flags) {
  uapi::kvm_create_guest_memfd args{};
  args.size = pages * page_size();
  args.flags = flags;
  return Descriptor(task_.Ioctl(vm, Request(uapi::Ioctl("KVM_CREATE_GUEST_MEMFD")), &args));
}

Result<std::int64_t> Machine::BindSlot(int vm, std::uint32_t slot, PageIndex gfn,
                                       std::uint64_t pages, int guest_memfd, PageIndex first) {
  uapi::kvm_userspace_memory_region2 region{};
  region.slot = slot;
  region.flags = uapi::kMemGuestMemfd;
  region.guest_phys_addr = gfn * page_size();
  region.memory_size = pages * page_size();
  region.guest_memfd = static_cast<std::uint32_t>(guest_memfd);
  region.guest_memfd_offset = first * page_size();
  return task_.Ioctl(vm, Request(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION2")), &region);
}

Result<std::int64_t> Machine::SetSlot(int vm, std::uint32_t slot, PageIndex gfn,
                                      std::uint64_t pages, std::uint64_t userspace_addr,
                                      std::uint32_t flags) {
  uapi::kvm_userspace_memory_region region{};
  region.slot = slot;
  region.flags = flags;
  region.guest_phys_addr = gfn * page_size();
  region.memory_size = pages * page_size();
  region.userspace_addr = userspace_addr;
  return task_.Ioctl(vm, Request(uapi::Ioctl("KVM_SET_USER_MEMORY_REGION")), &region);
}

Result<std::uint64_t> Machine::Map(int guest_memfd, std::uint64_t pages, PageIndex first) {
  return task_.Mmap(pages * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, guest_memfd,
                    first * page_size());
}

Result<std::int64_t> Machine::Convert(int fd, PageRange range, std::uint64_t attributes,
                                      std::uint64_t flags, uapi::kvm_memory_attributes2* left) {
  uapi::kvm_memory_attributes2 args{};
  args.offset = range.start * page_size();
  args.size = range.pages() * page_size();
  args.attributes = attributes;
  args.flags = flags;
  const Result<std::int64_t> answer =
      task_.Ioctl(fd, Request(uapi::Ioctl("KVM_SET_MEMORY_ATTRIBUTES2")), &args);
  if (left != nullptr) *left = args;
  return answer;
}

Result<> Machine::PunchHole(int guest_memfd, PageRange range) {
  return task_.Fallocate(guest_memfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
                         range.start * page_size(), range.pages() * page_size());
}

Result<> Machine::Allocate(int guest_memfd, PageRange range) {
  return task_.Fallocate(guest_memfd, FALLOC_FL_KEEP_SIZE, range.start * page_size(),
                         range.pages() * page_size());
}

std::shared_ptr<Vm> Machine::VmOf(int fd) {
  const auto file = FileOf<VmFile>(task_, fd);
  return file != nullptr ? file->vm() : nullptr;
}

std::shared_ptr<Vcpu> Machine::VcpuOf(int fd) { return FileOf<Vcpu>(task_, fd); }

std::shared_ptr<GuestMemfd> Machine::GuestMemfdOf(int fd) { return FileOf<GuestMemfd>(task_, fd); }

}  // namespace kvm_model
