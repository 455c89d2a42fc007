// Every input that the fuzzer kept, one after the other.
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "tests/lockstep/fuzz.h"
#include "tools/lockstep/lockstep.h"

namespace kvm_model::lockstep {
namespace {

TEST(CorpusTest, TheModelAndItsTwinAgreeOnEveryInput) {
  std::ifstream corpus("tests/lockstep/corpus.txt");
  int inputs = 0;
  Counts counts;
  for (std::string line; std::getline(corpus, line);) {
    if (line.starts_with("#")) continue;
    const std::string bytes = absl::HexStringToBytes(line);
    ++inputs;
    EXPECT_EQ(FuzzOne({bytes.begin(), bytes.end()}, &counts), "") << line;
  }
  EXPECT_GE(inputs, 10);
  EXPECT_GT(counts.successes, counts.operations / 10);
  EXPECT_LT(counts.left_out, counts.operations / 10);
}

TEST(CorpusTest, AnyBytesAreAnInput) {
  EXPECT_EQ(FuzzOne({}), "");
  EXPECT_EQ(FuzzOne(std::vector<std::uint8_t>(4096, 0xff)), "");
}

}  // namespace
}  // namespace kvm_model::lockstep
