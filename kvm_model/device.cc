#include "kvm_model/device.h"

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "kvm_model/allocations.h"
#include "kvm_model/arch.h"
#include "kvm_model/capability.h"
#include "kvm_model/fd_table.h"
#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/unhandled_ioctl.h"
#include "kvm_model/vcpu.h"
#include "kvm_model/vm.h"
#include "kvm_model/vm_file.h"
#include "kvm_model/vm_type.h"
#include "uapi/constants.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {

using uapi::Errno;

FileStatus Device::Status() const { return {.mode = S_IFCHR | kernel_->device_mode()}; }

Result<> Device::ChangeMode(std::uint32_t mode) {
  kernel_->SetDeviceMode(mode & 07777);
  return {};
}

Result<std::shared_ptr<File>> Device::Reopen() const { return std::make_shared<Device>(kernel_); }

Result<std::int64_t> Device::Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) {
  const Trail trail = caller.trail.In("kvm_dev_ioctl");
  const Host& host = kernel_->host();
  const ArchTraits& traits = host.arch().traits();
  const std::optional<uapi::IoctlId> id = uapi::FindIoctl(request, traits.ioctl_encoding);
  if (!id.has_value()) {
    return UnhandledIoctl(id, uapi::FdKind::kSystem, traits, traits.unknown_device_ioctl, trail);
  }
  switch (*id) {
    case uapi::Ioctl("KVM_GET_API_VERSION"):
      if (trail.If("arg != 0", arg != 0, {{"arg", arg}})) return trail.Fail(Errno::kEINVAL);
      return trail.Answer(uapi::kApiVersion);
    case uapi::Ioctl("KVM_CREATE_VM"):
      return CreateVm(caller, arg, trail);
    case uapi::Ioctl("KVM_CHECK_EXTENSION"):
      return CheckExtension(host, nullptr, static_cast<std::int64_t>(arg), trail);
    case uapi::Ioctl("KVM_GET_VCPU_MMAP_SIZE"):
      if (trail.If("arg != 0", arg != 0, {{"arg", arg}})) return trail.Fail(Errno::kEINVAL);
      return trail.Answer(static_cast<std::int64_t>(Vcpu::MmapSize(host)));
    default:
      return UnhandledIoctl(id, uapi::FdKind::kSystem, traits, traits.unknown_device_ioctl, trail);
  }
}

Result<std::int64_t> Device::CreateVm(Caller& caller, std::uint64_t type, const Trail& outer) {
  const Trail trail = outer.In("kvm_dev_ioctl_create_vm");
  const Host& host = kernel_->host();
  Result<FdTable::Reservation> fd = caller.fds.Reserve(/*close_on_exec=*/true);
  if (trail.If("no free descriptor", !fd)) return trail.Fail(fd.error());
  if (const Result<> allocated =
          AllocateEach(*kernel_,
                       {{"memory for the VM is short"},
                        {"memory for its SRCU structs is short"},
                        {"memory for its empty routing table is short", host.facts().irq_routing},
                        {"memory for its I/O buses is short"}},
                       trail);
      !allocated) {
    return Failure(allocated.error());
  }
  const Result<VmType> vm_type =
      host.arch().InitVm(host, caller.privileges, type, trail.In("kvm_arch_init_vm"));
  if (!vm_type) return Failure(vm_type.error());
  if (const Result<> allocated =
          AllocateEach(*kernel_,
                       {{"memory for the MMU notifier is short"},
                        {"memory for the coalesced MMIO ring is short", host.facts().mmio},
                        {"memory for its files in debugfs is short"},
                        {"memory for the file is short"}},
                       trail);
      !allocated) {
    return Failure(allocated.error());
  }
  auto vm = std::make_shared<Vm>(kernel_, caller.shared_mm, *vm_type);
  return trail.Answer(std::move(*fd).Install(std::make_shared<VmFile>(std::move(vm))));
}

}  // namespace kvm_model
