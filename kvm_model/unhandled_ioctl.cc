#include "kvm_model/unhandled_ioctl.h"

#include <cstdint>
#include <optional>

#include "kvm_model/arch.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {
namespace {

bool Takes(const uapi::IoctlDef& ioctl, uapi::FdKind kind, const ArchTraits& traits) {
  if (ioctl.fds.Contains(kind)) {
    return ioctl.arch == uapi::IoctlArch::kAll || ioctl.arch == traits.ioctl_arch;
  }
  return ioctl.x86_fds.Contains(kind) && traits.ioctl_arch == uapi::IoctlArch::kX86;
}

}  // namespace

Result<std::int64_t> UnhandledIoctl(std::optional<uapi::IoctlId> id, uapi::FdKind kind,
                                    const ArchTraits& traits, uapi::Errno unknown,
                                    const Trail& trail) {
  if (id.has_value() && Takes(uapi::GetIoctl(*id), kind, traits)) {
    trail.Note(Certainty::kNotModelled, uapi::GetIoctl(*id).name);
    return trail.Fail(uapi::Errno::kENOSYS);
  }
  trail.If("the ioctl is unknown here", true);
  return trail.Fail(unknown);
}

}  // namespace kvm_model
