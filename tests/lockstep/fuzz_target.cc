// libFuzzer's entry: built with clang by tools/workspace/fuzz.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/lockstep/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string difference = kvm_model::lockstep::FuzzOne({data, data + size});
  if (difference.empty()) return 0;
  std::cerr << difference;
  std::abort();
}
