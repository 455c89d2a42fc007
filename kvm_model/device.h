// Device: an open /dev/kvm: kvm_dev_ioctl().
//
// Any process may use it, whoever opened it. Models kvm_dev_ioctl() and kvm_dev_ioctl_create_vm()
// (linux-7.0).
#ifndef KVM_MODEL_KVM_MODEL_DEVICE_H_
#define KVM_MODEL_KVM_MODEL_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "kvm_model/file.h"
#include "kvm_model/kernel.h"
#include "kvm_model/mm.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"

namespace kvm_model {

class Device final : public File {
 public:
  explicit Device(std::shared_ptr<Kernel> kernel) : kernel_(std::move(kernel)) {}

  // File:
  std::string_view name() const override { return "/dev/kvm"; }
  FileStatus Status() const override;
  // /dev is usually mounted without noexec.
  bool noexec() const override { return false; }
  Result<std::int64_t> Ioctl(Caller& caller, std::uint32_t request, std::uint64_t arg) override;
  // As the superuser, who owns /dev/kvm.
  Result<> ChangeMode(std::uint32_t mode) override;
  Result<std::shared_ptr<File>> Reopen() const override;

 private:
  // EMFILE, ENOMEM, then what the architecture says of the type, then ENOMEM for the rest of the
  // VM.
  Result<std::int64_t> CreateVm(Caller& caller, std::uint64_t type, const Trail& trail);

  const std::shared_ptr<Kernel> kernel_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_DEVICE_H_
