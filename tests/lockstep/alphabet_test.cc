#include "tools/lockstep/alphabet.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/lockstep/alphabets.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/printer.h"

namespace kvm_model::lockstep {
namespace {

using ::testing::HasSubstr;

scenario::HostLine Host() {
  scenario::HostLine host;
  host.arch = "x86";
  host.revision = "rfc-v4";
  return host;
}

constexpr auto kRows = std::to_array<AlphabetRow>({
    {1, "{gm0;gm1} = create_guest_memfd({vm0;-1}, size={4p;1p;0}, flags=MMAP)"},
    {3, "host_read({map0;map1}, {0;1p})"},
    {1, "{c0} = fork()"},
    {1, "enable_cap(vm0, cap=168, args=[{1;3}])"},
    {1, "c0: host_read(map0, {2p;3p})"},
});

Alphabet Rows() { return *Alphabet::Parse(kRows, Host()); }

Operation Op(std::uint16_t row, std::vector<std::uint8_t> choices, std::uint8_t process = 0) {
  Operation operation{.row = row, .process = process, .choices = {}};
  for (std::size_t i = 0; i < choices.size(); ++i) operation.choices[i] = choices[i];
  return operation;
}

// The calls that the operations mean, one after the other.
std::vector<std::string> Meanings(const std::vector<Operation>& operations) {
  const Alphabet alphabet = Rows();
  Names names;
  std::vector<std::string> texts;
  for (const Operation& operation : operations) {
    const scenario::Call call = alphabet.Meaning(operation, names);
    names.Note(call);
    texts.push_back(PrintCall(call));
  }
  return texts;
}

TEST(AlphabetTest, AnOperationMeansTheCallOfItsChoices) {
  EXPECT_EQ(Meanings({Op(0, {1, 1, 2})}).front(),
            "gm1 = create_guest_memfd(-1, size=0, flags=MMAP)");
  EXPECT_EQ(Meanings({Op(3, {0, 1})}).front(), "enable_cap(-1, cap=168, args=[3])");
}

TEST(AlphabetTest, WhatNothingIsNamedYetIsMinusOne) {
  EXPECT_EQ(Meanings({Op(0, {0, 0, 0})}).front(),
            "gm0 = create_guest_memfd(-1, size=4p, flags=MMAP)");
}

TEST(AlphabetTest, AnyNumbersAreChoices) {
  EXPECT_EQ(Meanings({Op(5 + 1, {0, 255, 254})}).front(), "host_read(-1, 0)");
}

TEST(AlphabetTest, CallsAreTheFirstProcesssUntilThereIsAnother) {
  EXPECT_EQ(Meanings({Op(1, {}, 7)}).front(), "host_read(-1, 0)");
  EXPECT_EQ(Meanings({Op(2, {}), Op(1, {}, 1)}).back(), "c0: host_read(-1, 0)");
}

TEST(AlphabetTest, ARowsOwnProcessMakesItsCallsOnceItIsThere) {
  EXPECT_EQ(Meanings({Op(4, {0, 1})}).front(), "host_read(-1, 3p)");
  EXPECT_EQ(Meanings({Op(2, {}), Op(4, {0, 1})}).back(), "c0: host_read(-1, 3p)");
  EXPECT_EQ(Meanings({Op(2, {}), Op(2, {}), Op(4, {}, 2)}).back(), "c0: host_read(-1, 2p)");
}

TEST(AlphabetTest, TheCodecGivesBackWhatItWasGiven) {
  const std::vector<Operation> operations = {Op(258, {1, 2, 3}, 4), Op(0, {9})};
  std::vector<std::uint8_t> bytes = Encode(operations);
  EXPECT_EQ(bytes.size(), 2 * kEncodedBytes);
  bytes.push_back(77);
  EXPECT_EQ(Decode(bytes), operations);
}

TEST(AlphabetTest, RowsAreTakenByTheirWeight) {
  const Alphabet alphabet = Rows();
  ASSERT_EQ(alphabet.weights(), 7);
  std::array<int, 5> taken = {};
  for (std::uint64_t i = 0; i < alphabet.weights(); ++i) ++taken[alphabet.RowOf(i)];
  EXPECT_EQ(taken, (std::array{1, 3, 1, 1, 1}));
}

TEST(AlphabetTest, AllAreEachOperationOnce) {
  const Alphabet alphabet = Rows();
  std::set<std::string> texts;
  Names names;
  for (const Operation& operation : alphabet.All()) {
    texts.insert(PrintCall(alphabet.Meaning(operation, names)));
  }
  EXPECT_EQ(alphabet.All().size(), 12 + 4 + 1 + 2 + 2);
  EXPECT_EQ(alphabet.Count(0), 12);
  // Without names a map is a map: -1.
  EXPECT_THAT(texts, ::testing::Contains("host_read(-1, 1p)"));
}

TEST(AlphabetTest, ARowThatCannotBeReadIsTold) {
  const auto wrong = [](std::string_view text) {
    const std::array<AlphabetRow, 1> rows = {{{1, text}}};
    const auto alphabet = Alphabet::Parse(rows, Host());
    return alphabet.has_value() ? "" : alphabet.error();
  };
  EXPECT_THAT(wrong("clos(gm0)"), HasSubstr("there is no call 'clos'"));
  EXPECT_THAT(wrong("close({gm0;})"), HasSubstr("close()"));
  EXPECT_THAT(wrong("close({gm0;gm0})"), HasSubstr("choice 1 is none"));
}

TEST(AlphabetTest, TheKernelsAlphabetCanBeRead) {
  const auto alphabet = Alphabet::Parse(KernelAlphabet(), Host());
  ASSERT_TRUE(alphabet.has_value()) << alphabet.error();
  EXPECT_EQ(alphabet->rows(), KernelAlphabet().size());
}

}  // namespace
}  // namespace kvm_model::lockstep
