#include "tests/live/side.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "kvm_model/host.h"
#include "kvm_model/privileges.h"
#include "kvm_model/result.h"
#include "tests/kvm_model/machine.h"
#include "uapi/errno.h"

namespace kvm_model {
namespace {

struct Capabilities {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
};

bool Get(Capabilities& capabilities) {
  return syscall(SYS_capget, &capabilities.header, capabilities.data) == 0;
}

bool Holds(unsigned capability) {
  Capabilities capabilities;
  if (!Get(capabilities)) return false;
  return (capabilities.data[capability / 32].effective >> (capability % 32) & 1) != 0;
}

void SetSysBoot(bool held) {
  Capabilities capabilities;
  const bool known = Get(capabilities);
  const std::uint32_t bit = std::uint32_t{1} << CAP_SYS_BOOT;
  std::uint32_t& effective = capabilities.data[0].effective;
  effective = held ? effective | bit : effective & ~bit;
  if (!known || syscall(SYS_capset, &capabilities.header, capabilities.data) != 0) {
    absl::FPrintF(stderr, "this process can't change its own capabilities\n");
    std::abort();
  }
}

// The first user namespace maps every id to itself.
bool InFirstUserNamespace() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 1;
  std::uint64_t outside = 1;
  std::uint64_t length = 0;
  map >> inside >> outside >> length;
  return inside == 0 && outside == 0 && length == 0xffffffff;
}

}  // namespace

ModelSide::ModelSide(std::string_view arch, std::string_view revision,
                     const std::vector<SettingAssignment>& settings, const Privileges& privileges)
    : machine_(arch, settings, revision) {
  machine_.task().SetTrailListener(&trail_);
  machine_.task().SetPrivileges(privileges);
}

Result<std::int64_t> ModelSide::Ioctl(int fd, std::uint32_t request, std::uint64_t arg) {
  trail_.Clear();
  return machine_.task().Ioctl(fd, request, arg);
}

Result<std::int64_t> ModelSide::Ask(int fd, std::uint32_t request, std::uint64_t arg) {
  machine_.task().SetTrailListener(nullptr);
  const Result<std::int64_t> answer = machine_.task().Ioctl(fd, request, arg);
  machine_.task().SetTrailListener(&trail_);
  return answer;
}

void ModelSide::Close(int fd) { machine_.task().Close(fd).value(); }

KernelSide::KernelSide() : kvm_(open("/dev/kvm", O_RDWR | O_CLOEXEC)) {
  if (kvm_ >= 0) return;
  problem_ = absl::StrFormat("/dev/kvm can't be opened: %s",
                             uapi::ErrnoName(static_cast<uapi::Errno>(errno)));
}

KernelSide::~KernelSide() {
  if (kvm_ >= 0) close(kvm_);
}

Result<std::int64_t> KernelSide::Ioctl(int fd, std::uint32_t request, std::uint64_t arg) {
  const int answer = ioctl(fd, request, arg);
  if (answer < 0) return Failure(static_cast<uapi::Errno>(errno));
  return answer;
}

void KernelSide::Close(int fd) { close(fd); }

Privileges PrivilegesOfThisProcess() {
  const bool first = InFirstUserNamespace();
  return {.sys_admin = first && Holds(CAP_SYS_ADMIN), .sys_boot = first && Holds(CAP_SYS_BOOT)};
}

WithoutSysBoot::WithoutSysBoot() : held_(Holds(CAP_SYS_BOOT)) {
  if (held_) SetSysBoot(false);
}

WithoutSysBoot::~WithoutSysBoot() {
  if (held_) SetSysBoot(true);
}

}  // namespace kvm_model
