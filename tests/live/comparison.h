// Comparison: the same calls made on two sides, and what they answered differently.
//
// A side's answer is a number, or an errno; of a call that makes a descriptor only success counts.
// Nothing is returned as a difference in words, empty where there is none: the call, both answers,
// why the model answered so, and the calls that led there.
#ifndef KVM_MODEL_TESTS_LIVE_COMPARISON_H_
#define KVM_MODEL_TESTS_LIVE_COMPARISON_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/live/side.h"
#include "uapi/ioctls.h"

namespace kvm_model {

// One call on a VM or on its vCPU.
struct Step {
  enum class Call : std::uint8_t {
    kEnableCap,
    kEnableVcpuCap,  // on the vCPU that was made last
    kCreateVcpu,
    kCreateIrqchip,
    kSetBootCpuId,
  };
  // What stands in args[0]: the number, or what has another value on each side. kNothing: the
  // struct itself can't be read.
  enum class Argument : std::uint8_t { kNumber, kVmDescriptor, kKvmDescriptor, kBuffer, kNothing };

  Call call = Call::kEnableCap;
  std::uint64_t arg = 0;  // args[0], or the ioctl's own argument
  std::uint32_t capability = 0;
  std::uint32_t flags = 0;
  Argument argument = Argument::kNumber;
  // What stands in every byte of args[1..] and pad[], which no call may look at.
  std::uint8_t rest = 0;

  std::string ToText() const;
};

class Comparison {
 public:
  // `about` ends every difference: what the hosts are. Both sides must outlive this.
  Comparison(Side& model, Side& kernel, uapi::Encoding encoding, std::string about);
  ~Comparison();
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  // A call on /dev/kvm that makes nothing.
  std::string OnSystem(uapi::IoctlId id, std::uint64_t arg);
  // KVM_CREATE_VM in place of the VM before, if any.
  std::string NewVm(std::uint64_t type);
  // Whether both sides have a VM now, and a vCPU.
  bool has_vm() const { return model_vm_ >= 0 && kernel_vm_ >= 0; }
  bool has_vcpu() const { return !vcpus_.empty(); }
  // One more call on the VM. A step on a vCPU that isn't there makes no call.
  std::string Make(const Step& step);
  // Whether both sides answered the last call alike, and with success.
  bool succeeded() const { return succeeded_; }

  // KVM_CHECK_EXTENSION with every number of Numbers(), on /dev/kvm and, if there is one, on the
  // VM.
  std::string EveryCapability();

  // -1 to 1023, and what lies at the edges of 32 and 64 bits.
  static const std::vector<std::int64_t>& Numbers();

 private:
  struct Answers {
    Result<std::int64_t> model;
    Result<std::int64_t> kernel;
  };

  // Notes the call and compares; `why` is the model's.
  std::string Judge(const std::string& call, const Answers& answers, bool descriptor);
  std::string Difference(const std::string& call, const Answers& answers) const;
  std::string CapabilitiesOf(const std::string& what, int model_fd, int kernel_fd);
  Answers EnableCap(const Step& step, int model_fd, int kernel_fd);
  void CloseVm();

  Side& model_;
  Side& kernel_;
  const uapi::Encoding encoding_;
  const std::string about_;
  int model_vm_ = -1;
  int kernel_vm_ = -1;
  std::vector<std::pair<int, int>> vcpus_;  // the model's and the kernel's
  std::vector<std::string> transcript_;     // of the calls on this VM, with the kernel's answers
  bool succeeded_ = false;
  std::uint64_t buffer_ = 0;  // what a call may write to
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_LIVE_COMPARISON_H_
