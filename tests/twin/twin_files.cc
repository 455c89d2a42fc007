// Descriptors, what makes them, and processes.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "tests/twin/page.h"
#include "tests/twin/state.h"
#include "tests/twin/twin.h"
#include "uapi/capabilities.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model::twin {
namespace {

using enum uapi::Errno;

constexpr int kFirstFd = 3;  // The first three are the program's input and output.
constexpr int kFdLimit = 1024;
constexpr auto kCapManualDirtyLogProtect2 =
    static_cast<std::uint32_t>(uapi::Cap("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"));
constexpr unsigned kLeastGpaBits = 32;  // Where VMs choose.
constexpr unsigned kUsualGpaBits = 40;

// The bits of guest addresses that a VM of the type has; nullopt: there is no such type.
std::optional<unsigned> GpaBits(const Host& host, std::uint64_t type) {
  if (host.arch.types_are_address_bits) {
    if (type == 0) return kUsualGpaBits;
    if (type < kLeastGpaBits || type > host.gpa_bits) return std::nullopt;
    return static_cast<unsigned>(type);
  }
  if (type >= 32 || ((host.vm_types >> type) & 1) == 0) return std::nullopt;
  return host.gpa_bits;
}

}  // namespace

// ---- Looking up ----

Result<std::shared_ptr<OpenFile>> Twin::FileOf(ProcessId process, int fd) const {
  const auto& fds = processes_.at(process).fds;
  const auto file = fds.find(fd);
  if (file == fds.end()) return Failure(kEBADF);
  return file->second;
}

uapi::Errno Twin::UnknownIoctl(ProcessId process, const OpenFile& file) const {
  if (const auto* vm = dynamic_cast<const VmFile*>(&file)) {
    return vm->vm->owner != process ? kEIO : host_.arch.unknown_vm_ioctl;
  }
  if (const auto* vcpu = dynamic_cast<const VcpuFile*>(&file)) {
    return vcpu->vm->owner != process ? kEIO : kEINVAL;
  }
  return dynamic_cast<const Device*>(&file) != nullptr ? kEINVAL : kENOTTY;
}

Result<std::shared_ptr<Vm>> Twin::VmForIoctl(ProcessId process, int fd) const {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto vm = std::dynamic_pointer_cast<VmFile>(*file);
  // Another process's VM answers EIO to everything, known or not.
  if (vm == nullptr || vm->vm->owner != process) return Failure(UnknownIoctl(process, **file));
  return vm->vm;
}

Result<std::shared_ptr<Vm>> Twin::VmOf(ProcessId process, int fd) const {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto vm = std::dynamic_pointer_cast<VmFile>(*file);
  if (vm == nullptr) return Failure(kENOTTY);
  if (vm->vm->owner != process) return Failure(kEIO);
  return vm->vm;
}

Result<std::shared_ptr<GuestMemfd>> Twin::GuestMemfdOf(ProcessId process, int fd) const {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto guest_memfd = std::dynamic_pointer_cast<GuestMemfd>(*file);
  if (guest_memfd == nullptr) return Failure(kENOTTY);
  return guest_memfd;
}

// ---- Making and dropping descriptors ----

bool Twin::FdsAreFull(ProcessId process) const {
  return processes_.at(process).fds.size() == kFdLimit - kFirstFd;
}

Result<int> Twin::NewFd(ProcessId process, std::shared_ptr<OpenFile> file) {
  if (FdsAreFull(process)) return Failure(kEMFILE);
  auto& fds = processes_.at(process).fds;
  int fd = kFirstFd;
  while (fds.contains(fd)) ++fd;  // The lowest free number.
  fds[fd] = std::move(file);
  return fd;
}

Result<int> Twin::Open(ProcessId process) { return NewFd(process, std::make_shared<Device>()); }

Result<int> Twin::Dup(ProcessId process, int fd) {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  return NewFd(process, *file);
}

Result<> Twin::Close(ProcessId process, int fd) {
  if (processes_.at(process).fds.erase(fd) == 0) return Failure(kEBADF);
  return {};
}

// ---- What ioctls make ----

Result<int> Twin::CreateVm(ProcessId process, int kvm, std::uint64_t type) {
  const auto file = FileOf(process, kvm);
  if (!file) return Failure(file.error());
  const bool is_device = std::dynamic_pointer_cast<Device>(*file) != nullptr;
  if (!is_device) return Failure(UnknownIoctl(process, **file));
  if (FdsAreFull(process)) return Failure(kEMFILE);  // The descriptor comes first,
  const auto gpa_bits = GpaBits(host_, type);        // then the type.
  if (!gpa_bits) return Failure(kEINVAL);
  auto vm = std::make_shared<Vm>();
  vm->type = type;
  vm->owner = process;
  vm->files_zap_both_kinds = host_.files_zap_both_kinds;
  vm->gpa_bits = *gpa_bits;
  vms_.push_back(vm);
  return NewFd(process, std::make_shared<VmFile>(vm));
}

Result<int> Twin::CreateVcpu(ProcessId process, int fd, std::uint64_t id) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  const bool is_tdx = (*vm)->type == uapi::kX86TdxVm;
  const std::uint64_t max_vcpus = is_tdx ? host_.cpus : host_.arch.max_vcpus;
  if (id >= host_.arch.vcpu_ids) return Failure(kEINVAL);
  if ((*vm)->vcpu_ids.size() >= max_vcpus) return Failure(kEINVAL);
  if ((*vm)->vcpu_ids.contains(id)) return Failure(kEEXIST);
  const auto made = NewFd(process, std::make_shared<VcpuFile>(*vm));
  if (made) (*vm)->vcpu_ids.insert(id);  // For good: closing the descriptor doesn't free it.
  return made;
}

// INIT_SHARED: not where a VM with private memory tracks attributes itself.
std::uint64_t Twin::FileFlags(const Vm* vm) const {
  if (host_.rules.files_are_private) return 0;
  const bool init_shared = vm == nullptr || host_.tracked_in_files() || !vm->has_private_memory();
  return uapi::kGuestMemfdFlagMmap | (init_shared ? uapi::kGuestMemfdFlagInitShared : 0);
}

// KVM_CREATE_GUEST_MEMFD. Its reserved words are not looked at.
Result<int> Twin::CreateGuestMemfd(ProcessId process, int fd, std::uint64_t size,
                                   std::uint64_t flags) {
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  if ((flags & ~FileFlags(vm->get())) != 0) return Failure(kEINVAL);
  if (static_cast<std::int64_t>(size) <= 0) return Failure(kEINVAL);
  if (size % kPageSize != 0) return Failure(kEINVAL);
  return NewFd(process, std::make_shared<GuestMemfd>(*vm, size, flags));
}

// KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2; the twin enables no other capability.
Result<> Twin::EnableCap(ProcessId process, int fd, std::uint32_t cap, std::uint32_t flags,
                         std::uint64_t argument) {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const auto vcpu = std::dynamic_pointer_cast<VcpuFile>(*file);
  if (vcpu != nullptr && vcpu->vm->owner == process) return Failure(kENOSYS);
  const auto vm = VmForIoctl(process, fd);
  if (!vm) return Failure(vm.error());
  if (cap != kCapManualDirtyLogProtect2) return Failure(kENOSYS);
  const std::uint64_t enable = uapi::kDirtyLogManualProtectEnable;
  const std::uint64_t both = enable | uapi::kDirtyLogInitiallySet;
  const std::uint64_t allowed = (argument & enable) != 0 ? both : enable;
  if (flags != 0) return Failure(kEINVAL);
  if ((argument & ~allowed) != 0) return Failure(kEINVAL);
  (*vm)->manual_dirty_log = argument;
  return {};
}

// ---- Ioctls with a bad pointer ----

// The order is: the descriptor, the owner, whether the ioctl is known, and only then the pointer.
Result<> Twin::IoctlWithBadPointer(ProcessId process, int fd, std::uint32_t request) {
  const auto file = FileOf(process, fd);
  if (!file) return Failure(file.error());
  const uapi::Errno unknown = UnknownIoctl(process, **file);
  if (unknown == kEIO) return Failure(kEIO);
  const auto known = uapi::FindIoctl(request, uapi::Encoding::kGeneric);
  if (!known) return Failure(kENOSYS);
  if (std::dynamic_pointer_cast<GuestMemfd>(*file) != nullptr) {
    const bool has_it = request == uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2");
    return Failure(has_it && host_.tracked_in_files() ? kEFAULT : kENOTTY);
  }
  if (std::dynamic_pointer_cast<VmFile>(*file) != nullptr) return IoctlOnVm(request);
  if (std::dynamic_pointer_cast<VcpuFile>(*file) != nullptr) {
    if (request == uapi::RequestOf("KVM_PRE_FAULT_MEMORY")) {
      return Failure(host_.arch.has_pre_fault ? kEFAULT : unknown);
    }
    if (request == uapi::RequestOf("KVM_ENABLE_CAP")) {
      return Failure(host_.arch.has_enable_cap_on_vcpus ? kEFAULT : unknown);
    }
  }
  const auto kind = std::dynamic_pointer_cast<Device>(*file) != nullptr ? uapi::FdKind::kSystem
                                                                        : uapi::FdKind::kVcpu;
  const uapi::IoctlDef& ioctl = uapi::GetIoctl(*known);
  const bool takes_it = ioctl.fds.Contains(kind) || ioctl.x86_fds.Contains(kind);
  return Failure(takes_it ? kENOSYS : unknown);
}

Result<> Twin::IoctlOnVm(std::uint32_t request) const {
  const uapi::Errno unknown = host_.arch.unknown_vm_ioctl;
  switch (request) {
    case uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES"):
      return Failure(host_.vms_take_attributes ? kEFAULT : unknown);
    case uapi::RequestOf("KVM_SET_MEMORY_ATTRIBUTES2"):
      return Failure(VmsTakeAttributes2() ? kEFAULT : unknown);
    case uapi::RequestOf("KVM_CREATE_GUEST_MEMFD"):
    case uapi::RequestOf("KVM_SET_USER_MEMORY_REGION"):
    case uapi::RequestOf("KVM_SET_USER_MEMORY_REGION2"):
    case uapi::RequestOf("KVM_GET_DIRTY_LOG"):
    case uapi::RequestOf("KVM_CLEAR_DIRTY_LOG"):
    case uapi::RequestOf("KVM_ENABLE_CAP"):
      return Failure(kEFAULT);
    case uapi::RequestOf("KVM_PRE_FAULT_MEMORY"):
      return Failure(unknown);  // A vCPU's.
    default:
      return Failure(kENOSYS);
  }
}

// ---- Processes and signals ----

// A child has the same open files under the same numbers, and a copy of the address space. What a
// file or shared memory stands behind stays the same memory; the rest is copied. Nothing is in the
// child's page tables.
ProcessId Twin::Fork(ProcessId parent) {
  const ProcessId child = processes_.rbegin()->first + 1;
  Process copy = processes_.at(parent);
  copy.mapped.clear();
  copy.pins.clear();
  for (auto& [start, area] : copy.areas) {
    if (area.memory == nullptr || area.memory->shared) continue;
    area.memory = std::make_shared<Anonymous>(*area.memory);
    for (auto& [number, page] : area.memory->pages) {
      page = std::make_shared<Page>(*page);
      page->pins = 0;  // Pins are the parent's, on the parent's page.
    }
  }
  processes_.emplace(child, std::move(copy));
  return child;
}

bool Twin::SignalIsPending() {
  if (looks_until_signal_ == 0) return false;
  --looks_until_signal_;
  return looks_until_signal_ == 0;
}

}  // namespace kvm_model::twin
