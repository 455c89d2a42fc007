// A scenario's answers, from what the model's calls give back.
#ifndef KVM_MODEL_TOOLS_BACKENDS_MODEL_ANSWERS_H_
#define KVM_MODEL_TOOLS_BACKENDS_MODEL_ANSWERS_H_

#include <cstdint>

#include "kvm_model/result.h"
#include "tools/scenario/answer.h"
#include "uapi/errno.h"

namespace kvm_model::scenario {

inline answer::Errno Error(uapi::Errno error) { return {.error = error}; }

inline Answer NumberOr(const Result<std::int64_t>& result) {
  if (!result) return Error(result.error());
  return answer::Number{.value = static_cast<std::uint64_t>(*result)};
}
inline Answer FdOr(const Result<std::int64_t>& result) {
  if (!result) return Error(result.error());
  return answer::Fd{static_cast<int>(*result)};
}
inline Answer ZeroOr(const Result<>& result) {
  if (!result) return Error(result.error());
  return answer::Number{.value = 0};
}

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TOOLS_BACKENDS_MODEL_ANSWERS_H_
