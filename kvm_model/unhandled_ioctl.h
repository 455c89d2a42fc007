// What happens to an ioctl that a file has no case for.
#ifndef KVM_MODEL_KVM_MODEL_UNHANDLED_IOCTL_H_
#define KVM_MODEL_KVM_MODEL_UNHANDLED_IOCTL_H_

#include <cstdint>
#include <optional>

#include "kvm_model/arch.h"
#include "kvm_model/result.h"
#include "kvm_model/trail.h"
#include "uapi/errno.h"
#include "uapi/ioctls.h"

namespace kvm_model {

// `unknown` for a number that the architecture has no ioctl for on this kind of descriptor. An
// ioctl that it does have but the model doesn't fails with ENOSYS, which no KVM ioctl answers, and
// a note in the trail: a model must not guess.
Result<std::int64_t> UnhandledIoctl(std::optional<uapi::IoctlId> id, uapi::FdKind kind,
                                    const ArchTraits& traits, uapi::Errno unknown,
                                    const Trail& trail);

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_UNHANDLED_IOCTL_H_
