#include "tests/concurrency/environment_number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace kvm_model {

std::uint64_t EnvironmentNumber(const char* variable, std::uint64_t usual) {
  const char* const wanted = std::getenv(variable);
  if (wanted == nullptr) return usual;
  std::uint64_t number = 0;
  if (absl::SimpleAtoi(wanted, &number) && number != 0) return number;
  ADD_FAILURE() << variable << "=" << wanted << ": the value must be a positive decimal number";
  return 0;
}

}  // namespace kvm_model
