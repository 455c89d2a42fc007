// A number that the environment asks for is taken, and what is no number fails the test.
#include "tests/concurrency/environment_number.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace kvm_model {
namespace {

constexpr char kVariable[] = "KVM_MODEL_ENVIRONMENT_NUMBER_TEST";

TEST(EnvironmentNumberTest, TheUsualOneUnlessAskedForAnother) {
  unsetenv(kVariable);
  EXPECT_EQ(EnvironmentNumber(kVariable, 7), 7u);
  setenv(kVariable, "50000", 1);
  EXPECT_EQ(EnvironmentNumber(kVariable, 7), 50000u);
}

TEST(EnvironmentNumberTest, WhatIsNoPositiveNumberFailsTheTest) {
  for (const char* const bad : {"", "many", "-3", "0", "12k", "99999999999999999999999"}) {
    setenv(kVariable, bad, 1);
    EXPECT_NONFATAL_FAILURE(EXPECT_EQ(EnvironmentNumber(kVariable, 7), 0u),
                            "the value must be a positive decimal number");
  }
}

}  // namespace
}  // namespace kvm_model
