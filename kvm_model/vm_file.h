// VmFile: an open VM descriptor: kvm_vm_ioctl().
//
// Every ioctl first asks whether the caller's address space is the VM's own (EIO otherwise); then
// copies its argument in (EFAULT), checks it in the kernel's order and acts. Models kvm_vm_ioctl()
// (linux-7.0, rfc-v4).
#ifndef KVM_MODEL_KVM_MODEL_VM_FILE_H_
#define KVM_MODEL_KVM_MODEL_VM_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "kvm_model/anonymous_file.h"
#include "kvm_model/file.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vm.h"

namespace kvm_model {

class VmFile final : public AnonymousFile {
 public:
  explicit VmFile(std::shared_ptr<Vm> vm)
      : AnonymousFile(vm->shared_kernel()), vm_(std::move(vm)) {}

  const std::shared_ptr<Vm>& vm() const { return vm_; }

  // File:
  std::string_view name() const override { return "kvm-vm"; }
  Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) override;

 private:
  Result<std::int64_t> CreateVcpu(Caller& caller, std::uint64_t id, const Trail& trail);
  Result<std::int64_t> EnableCapability(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> SetRegion(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> SetRegion2(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> ReadDirtyLog(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> CleanDirtyLog(Caller& caller, std::uint64_t arg, const Trail& trail);
  // `bytes` of the argument are copied in: those of struct kvm_memory_attributes or
  // kvm_memory_attributes2.
  Result<std::int64_t> SetAttributes(Caller& caller, std::uint64_t arg, std::size_t bytes,
                                     const Trail& trail);
  Result<std::int64_t> CreateDevice(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> CreateGuestMemfd(Caller& caller, std::uint64_t arg, const Trail& trail);

  const std::shared_ptr<Vm> vm_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VM_FILE_H_
