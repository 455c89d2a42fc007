// The answer of a modelled call: a value, or exactly one errno.
//
// Nothing is folded: the errno that comes back is the one that the kernel would return, never a
// class of errors.
#ifndef KVM_MODEL_KVM_MODEL_RESULT_H_
#define KVM_MODEL_KVM_MODEL_RESULT_H_

#include <expected>

#include "uapi/errno.h"

namespace kvm_model {

template <typename T = void>
using Result = std::expected<T, uapi::Errno>;

// The failing half of any Result.
using Failure = std::unexpected<uapi::Errno>;

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_RESULT_H_
