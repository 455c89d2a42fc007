// Vcpu: an open vCPU file. It performs single guest accesses; it executes no instructions.
//
// An access that ends in an exit leaves it in the run structure, as KVM_RUN would, where a mapping
// of the descriptor shows it. Models struct kvm_vcpu, kvm_vcpu_ioctl() and kvm_vcpu_mmap()
// (linux-7.0).
#ifndef KVM_MODEL_KVM_MODEL_VCPU_H_
#define KVM_MODEL_KVM_MODEL_VCPU_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kvm_model/anonymous_file.h"
#include "kvm_model/file.h"
#include "kvm_model/guest_fault.h"
#include "kvm_model/mapping.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "kvm_model/vcpu_run_pages.h"
#include "kvm_model/vm.h"
#include "uapi/structs.h"

namespace kvm_model {

class Vcpu final : public AnonymousFile {
 public:
  // Bytes that a mapping of a vCPU has: KVM_GET_VCPU_MMAP_SIZE.
  static std::uint64_t MmapSize(const Host& host);

  Vcpu(std::shared_ptr<Vm> vm, std::uint64_t id);

  Vm& vm() const { return *vm_; }
  std::uint64_t id() const { return id_; }
  uapi::kvm_run run() const { return run_pages_->Get(); }

  GuestAccessResult Read(std::uint64_t gpa, GuestAddressing addressing, const Trail& trail);
  GuestAccessResult Write(std::uint64_t gpa, std::byte value, GuestAddressing addressing,
                          const Trail& trail);

  // File:
  std::string_view name() const override { return name_; }
  Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) override;
  bool has_mmap() const override { return true; }
  Result<std::shared_ptr<Mapping>> Mmap(Caller& caller, const MmapRequest& request) override;

 private:
  // Leaves an exit in the run structure.
  void Record(const GuestAccessResult& result, std::byte written);
  Result<std::int64_t> Run(std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> EnableCapability(Caller& caller, std::uint64_t arg, const Trail& trail);
  Result<std::int64_t> PreFault(Caller& caller, std::uint64_t arg, const Trail& trail);

  const std::shared_ptr<Vm> vm_;
  const std::uint64_t id_;
  const std::string name_;
  const std::shared_ptr<VcpuRunPages> run_pages_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_VCPU_H_
