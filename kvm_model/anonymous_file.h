// AnonymousFile: what KVM's files without a name have in common, but for guest_memfds: they share
// one inode of the kernel's.
//
// Models: files of anon_inode_getfile() (linux-6.12 and linux-6.18).
#ifndef KVM_MODEL_KVM_MODEL_ANONYMOUS_FILE_H_
#define KVM_MODEL_KVM_MODEL_ANONYMOUS_FILE_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "kvm_model/file.h"
#include "kvm_model/host.h"
#include "kvm_model/kernel.h"
#include "kvm_model/result.h"
#include "kvm_model/revision.h"
#include "uapi/errno.h"

namespace kvm_model {

class AnonymousFile : public File {
 public:
  explicit AnonymousFile(std::shared_ptr<Kernel> kernel) : kernel_(std::move(kernel)) {}

  FileStatus Status() const override { return {.mode = kernel_->anonymous_mode()}; }
  bool noexec() const override { return special(); }
  // EOPNOTSUPP where these inodes are special; otherwise every other such file has the mode too.
  Result<> ChangeMode(std::uint32_t mode) override {
    if (special()) return Failure(uapi::Errno::kEOPNOTSUPP);
    kernel_->SetAnonymousMode(mode & 07777);
    return {};
  }

 private:
  bool special() const { return kernel_->host().revision().anonymous_inodes_are_special; }

  const std::shared_ptr<Kernel> kernel_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_ANONYMOUS_FILE_H_
