// Every input that the fuzzer kept, one after the other.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/lockstep/fuzz.h"

namespace kvm_model::lockstep {
namespace {

TEST(CorpusTest, TheModelAndItsTwinAgreeOnEveryInput) {
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/lockstep/corpus")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    ++inputs;
    EXPECT_EQ(FuzzOne(bytes), "") << entry.path();
  }
  EXPECT_GE(inputs, 10);
}

TEST(CorpusTest, AnyBytesAreAnInput) {
  EXPECT_EQ(FuzzOne({}), "");
  const std::vector<std::uint8_t> ones(4096, 0xff);
  EXPECT_EQ(FuzzOne(ones), "");
}

}  // namespace
}  // namespace kvm_model::lockstep
