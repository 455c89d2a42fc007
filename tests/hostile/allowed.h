// Which errnos each ioctl may answer, and what becomes of those that a kind of descriptor lacks.
#ifndef KVM_MODEL_TESTS_HOSTILE_ALLOWED_H_
#define KVM_MODEL_TESTS_HOSTILE_ALLOWED_H_

#include <cstdint>
#include <string>

#include "kvm_model/host.h"
#include "kvm_model/result.h"
#include "uapi/ioctls.h"

namespace kvm_model::hostile {

// Empty when `answer` is one that the specification allows for this request on this kind of
// descriptor of this host; otherwise what is wrong with it. The process is the VM's own.
std::string WhyNotAllowed(const Host& host, uapi::FdKind kind, std::uint32_t request,
                          const Result<std::int64_t>& answer);

}  // namespace kvm_model::hostile

#endif  // KVM_MODEL_TESTS_HOSTILE_ALLOWED_H_
