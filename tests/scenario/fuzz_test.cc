// The parser on random bytes and on damaged scenarios: it ends, it doesn't crash, and what it
// accepts survives being printed.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenario/fake_backend.h"
#include "tests/scenario/parsing.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"
#include "tools/scenario/printer.h"
#include "tools/scenario/runner.h"

namespace kvm_model::scenario {
namespace {

// The seed is fixed, so that a failure comes back; KVM_MODEL_SEED tries another.
std::uint32_t Seed() {
  const char* seed = std::getenv("KVM_MODEL_SEED");
  return seed == nullptr ? 20260923 : static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 0));
}

constexpr std::string_view kSeedText = R"(# An opening comment.
rule A-RULE
host x86 rfc-v4 hw.snp=1
kvm = open() -> fd
vm = create_vm(kvm, type=SW_PROTECTED) -> {fd, not EINVAL}
check_extension(vm, KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS) -> ZERO|PRESERVE
enable_cap(vm, 168, args=[1, 0x2p, -3]) -> not {0, 1}
g = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)
m = mmap(g, 0, 4p, rw) # trailing
set_memory_attributes2(g, 1p, 1p, PRIVATE, PRESERVE) -> EAGAIN error_offset=unwritten
guest_read(vm, 4G+1p|8, as=private) -> MEMORY_FAULT gpa=4G size=1p flags=PRIVATE errno=EFAULT
pre_fault(vm, 0, 1p) -> 0 gpa=1p size=0
attributes(g) -> [0,1) 0  [1,2) PRIVATE
resident(g) -> [0,2)
child = fork()
child: host_write(m, 0, '\'') -> SIGBUS
repeat 2 {
  host_read(m, $ip) -> 'A'+$i
  repeat 2 { host_read(BAD, 0) }
}
)";

constexpr auto kPieces = std::to_array<std::string_view>({
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "->",
    "=",
    ",",
    ":",
    "+",
    "|",
    "-",
    "$i",
    "$ip",
    "'",
    "'A'",
    "\\",
    "#",
    "\n",
    "repeat 3 {",
    "not ",
    "any",
    "NULL",
    "BAD",
    "PRIVATE",
    "host x86 rfc-v4\n",
    "rule R\n",
    "child: ",
    "x = ",
    "open()",
    "0xffffffffffffffff",
    "99999999999999999999",
    "1p",
    "4Q",
    "\t",
    "\r",
    " ",
    "none",
    "[0,1)",
    "gpa=1",
    "unwritten",
    "\xff",
    "\0",
});

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string RandomBytes() {
    std::string text(Below(200), '\0');
    for (char& c : text) c = static_cast<char>(Below(256));
    return text;
  }
  std::string RandomPieces() {
    std::string text = Below(2) == 0 ? "host x86 rfc-v4\n" : "";
    for (std::size_t i = Below(60); i > 0; --i) text += kPieces[Below(kPieces.size())];
    return text;
  }
  std::string Damaged() {
    std::string text(kSeedText);
    for (std::size_t i = Below(6) + 1; i > 0; --i) Damage(text);
    return text;
  }

 private:
  std::size_t Below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  void Damage(std::string& text) {
    const std::size_t at = Below(text.size() + 1);
    const std::size_t length = Below(12);
    switch (Below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, kPieces[Below(kPieces.size())]);
        break;
      case 2:
        text.insert(at, text.substr(Below(text.size() + 1), length * 4));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(Below(256));
    }
  }

  std::mt19937 random_;
};

// True if the text was a scenario.
bool Try(const std::string& text) {
  const auto parsed = Parse("t", text);
  if (!parsed) {
    EXPECT_FALSE(parsed.error().empty()) << text;
    return false;
  }
  const std::string printed = PrintScenario(*parsed);
  const auto again = Parse("t", printed);
  EXPECT_TRUE(again.has_value()) << printed << "\nfrom\n" << text;
  if (again) {
    EXPECT_TRUE(*again == *parsed) << printed << "\nfrom\n" << text;
    EXPECT_EQ(PrintScenario(*again), printed);
  }
  // An errno keeps most runs short; `any` and errnos let others go on.
  FakeBackend backend(
      {answer::Fd{3}, answer::Fd{4}, answer::Number{3, std::nullopt}, answer::Ok{}});
  RunScenario(*parsed, backend);
  return true;
}

class FuzzTest : public testing::Test {
 protected:
  void SetUp() override { RecordProperty("seed", std::to_string(Seed())); }
  testing::ScopedTrace trace_{__FILE__, __LINE__, "KVM_MODEL_SEED=" + std::to_string(Seed())};
  Mutator mutator_{Seed()};
};

TEST_F(FuzzTest, RandomBytesEndInErrors) {
  for (int i = 0; i < 3000; ++i) Try(mutator_.RandomBytes());
}

TEST_F(FuzzTest, RandomPiecesAreHandled) {
  for (int i = 0; i < 5000; ++i) Try(mutator_.RandomPieces());
}

TEST_F(FuzzTest, DamagedScenariosAreHandled) {
  int good = 0;
  for (int i = 0; i < 5000; ++i) good += Try(mutator_.Damaged()) ? 1 : 0;
  // Both sides of the parser are being tested.
  EXPECT_GT(good, 50);
  EXPECT_LT(good, 4000);
}

TEST_F(FuzzTest, LongTextsAreHandledInTime) {
  const std::string host = "host x86 rfc-v4\n";
  Try(host + std::string(1'000'000, '{'));
  Try(host + std::string(1'000'000, 'a'));
  Try(host + "open() -> " + std::string(100'000, '{'));
  std::string nots = host + "open() -> ";
  std::string sums = host + "close(1";
  std::string repeats = host;
  for (int i = 0; i < 100'000; ++i) {
    nots += "not ";
    sums += "+1";
    repeats += "repeat 1 {\n";
  }
  Try(nots + "0");
  EXPECT_TRUE(Try(sums + ")"));
  Try(repeats);
}

TEST(PrinterTest, WhatIsPrintedReadsTheSame) { EXPECT_TRUE(Try(std::string(kSeedText))); }

TEST(PrinterTest, KeepsSpellingAndMakesSpacingUniform) {
  EXPECT_EQ(PrintScenario(Parsed("#One\n# two\n\n# three\nhost x86 rfc-v4   a=1 # x\n"
                                 "  k=open( )->fd\n"
                                 "repeat 2 {close(k)}\n"
                                 "repeat 0x2 { check_extension(fd=k,cap=0x1f+-1p|'\\n') -> "
                                 "{ 0 , not 1 } }")),
            "# One\n# two\nhost x86 rfc-v4 a=1\n\n"
            "k = open() -> fd\n"
            "repeat 2 {\n  close(k)\n}\n"
            "repeat 2 {\n  check_extension(fd=k, cap=0x1f+-1p|'\\x0a') -> {0, not 1}\n}\n");
}

}  // namespace
}  // namespace kvm_model::scenario
