// LockOrderEnvironment: fails a test program in which any thread took locks out of their order.
//
//   const auto* const kLockOrder = testing::AddGlobalTestEnvironment(new LockOrderEnvironment);
#ifndef KVM_MODEL_TESTS_CONCURRENCY_LOCK_ORDER_ENVIRONMENT_H_
#define KVM_MODEL_TESTS_CONCURRENCY_LOCK_ORDER_ENVIRONMENT_H_

#include <gtest/gtest.h>

#include "kvm_model/mutex.h"

namespace kvm_model {

class LockOrderEnvironment : public testing::Environment {
 public:
  void TearDown() override { EXPECT_EQ(LockOrderViolations(), 0u) << "stderr names the locks"; }
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_CONCURRENCY_LOCK_ORDER_ENVIRONMENT_H_
