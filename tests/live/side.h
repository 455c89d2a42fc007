// Side: a process with /dev/kvm open, on the model or on the machine's kernel.
//
// Both take the same calls with the same pointers: the model reads this process's memory.
#ifndef KVM_MODEL_TESTS_LIVE_SIDE_H_
#define KVM_MODEL_TESTS_LIVE_SIDE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "tests/kvm_model/machine.h"

namespace kvm_model {

class Side {
 public:
  virtual ~Side() = default;

  // The descriptor of /dev/kvm; -1 when it can't be opened.
  virtual int kvm() const = 0;
  virtual Result<std::int64_t> Ioctl(int fd, std::uint32_t request, std::uint64_t arg) = 0;
  // The same for a call that changes nothing; Why() need not tell of it.
  virtual Result<std::int64_t> Ask(int fd, std::uint32_t request, std::uint64_t arg) {
    return Ioctl(fd, request, arg);
  }
  virtual void Close(int fd) = 0;
  // What tells how the last call came to its answer; empty when nothing does.
  virtual std::string Why() const = 0;
};

class ModelSide final : public Side {
 public:
  ModelSide(std::string_view arch, std::string_view revision,
            const std::vector<SettingAssignment>& settings, const Privileges& privileges = {});

  const Host& host() const { return machine_.host(); }
  void SetPrivileges(const Privileges& privileges) { machine_.task().SetPrivileges(privileges); }

  int kvm() const override { return machine_.kvm(); }
  Result<std::int64_t> Ioctl(int fd, std::uint32_t request, std::uint64_t arg) override;
  Result<std::int64_t> Ask(int fd, std::uint32_t request, std::uint64_t arg) override;
  void Close(int fd) override;
  // The model's trail.
  std::string Why() const override { return trail_.ToText(); }

 private:
  TrailRecorder trail_;
  Machine machine_;
};

class KernelSide final : public Side {
 public:
  KernelSide();
  ~KernelSide() override;
  KernelSide(const KernelSide&) = delete;
  KernelSide& operator=(const KernelSide&) = delete;

  // Why /dev/kvm can't be used; empty when it can.
  const std::string& problem() const { return problem_; }

  int kvm() const override { return kvm_; }
  Result<std::int64_t> Ioctl(int fd, std::uint32_t request, std::uint64_t arg) override;
  void Close(int fd) override;
  std::string Why() const override { return {}; }

 private:
  int kvm_;
  std::string problem_;
};

// What this process may do, as the kernel's capable() sees it: a capability that is held in a user
// namespace of its own doesn't count.
Privileges PrivilegesOfThisProcess();

// Gives CAP_SYS_BOOT up for as long as it lives.
class WithoutSysBoot {
 public:
  WithoutSysBoot();
  ~WithoutSysBoot();
  WithoutSysBoot(const WithoutSysBoot&) = delete;
  WithoutSysBoot& operator=(const WithoutSysBoot&) = delete;

 private:
  const bool held_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_LIVE_SIDE_H_
