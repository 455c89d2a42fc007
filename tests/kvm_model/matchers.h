// Matchers for the model's answers, and readable errnos in what GoogleTest prints.
//
//   EXPECT_THAT(task.Close(fd), Succeeds());
//   EXPECT_THAT(task.Ioctl(vm, request, arg), Answers(8));
//   EXPECT_THAT(task.Close(-1), FailsWith(uapi::Errno::kEBADF));
#ifndef KVM_MODEL_TESTS_KVM_MODEL_MATCHERS_H_
#define KVM_MODEL_TESTS_KVM_MODEL_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "kvm_model/mapping.h"
#include "kvm_model/page.h"
#include "uapi/errno.h"

namespace kvm_model {

inline void PrintTo(PageRange range, std::ostream* out) {
  *out << "[" << range.start << "," << range.end << ")";
}

inline void PrintTo(Signal signal, std::ostream* out) {
  *out << (signal == Signal::kSIGBUS ? "SIGBUS" : "SIGSEGV");
}

namespace uapi {

inline void PrintTo(Errno error, std::ostream* out) { *out << ErrnoName(error); }

}  // namespace uapi

// For a Result<T> or an Access, whatever its value's type.
MATCHER(Succeeds, negation ? "fails" : "succeeds") {
  if (arg.has_value()) return true;
  *result_listener << "which fails with " << ::testing::PrintToString(arg.error());
  return false;
}

MATCHER_P(FailsWith, error, "fails with " + ::testing::PrintToString(error)) {
  if (arg.has_value()) {
    *result_listener << "which succeeds";
    return false;
  }
  *result_listener << "which fails with " << ::testing::PrintToString(arg.error());
  return arg.error() == error;
}

MATCHER_P(Answers, value, "answers " + ::testing::PrintToString(value)) {
  if (!arg.has_value()) {
    *result_listener << "which fails with " << ::testing::PrintToString(arg.error());
    return false;
  }
  *result_listener << "which answers " << ::testing::PrintToString(*arg);
  return ::testing::Value(*arg, ::testing::Eq(value));
}

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_MATCHERS_H_
