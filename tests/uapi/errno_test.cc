#include "uapi/errno.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace kvm_model::uapi {
namespace {

constexpr int kHighest = 133;

TEST(ErrnoTest, NamesEveryNumberAsThisMachinesLibraryDoes) {
  for (int number = 0; number <= kHighest + 10; ++number) {
    const char* const name = number == 0 ? nullptr : strerrorname_np(number);
    // The library calls EOPNOTSUPP by its other name.
    const std::string expected = name == nullptr                  ? ""
                                 : std::string(name) == "ENOTSUP" ? "EOPNOTSUPP"
                                                                  : name;
    EXPECT_EQ(ErrnoName(Errno{number}), expected) << number;
  }
}

TEST(ErrnoTest, NameLeadsBackToTheNumber) {
  int names = 0;
  for (int number = 1; number <= kHighest; ++number) {
    const std::string_view name = ErrnoName(Errno{number});
    if (name.empty()) continue;
    ++names;
    EXPECT_EQ(ErrnoByName(name), Errno{number}) << name;
  }
  EXPECT_EQ(names, kHighest - 2);  // 41 and 58 have no name of their own.
}

TEST(ErrnoTest, AliasesMeanTheNumberThatTheyShare) {
  EXPECT_EQ(ErrnoByName("EWOULDBLOCK"), Errno{EWOULDBLOCK});
  EXPECT_EQ(ErrnoByName("EDEADLOCK"), Errno{EDEADLOCK});
  EXPECT_EQ(ErrnoByName("ENOTSUP"), Errno{ENOTSUP});
}

TEST(ErrnoTest, UnknownNamesHaveNoNumber) {
  for (const std::string_view name : {"", "E", "einval", "EINVAL ", "ENOSUCH", "kEINVAL"}) {
    EXPECT_EQ(ErrnoByName(name), std::nullopt) << name;
  }
}

TEST(ErrnoTest, NumbersOutsideTheTableHaveNoName) {
  for (const int number : {-22, -1, 0, 41, 58, 134, 512, 4095}) {
    EXPECT_EQ(ErrnoName(Errno{number}), "") << number;
  }
}

}  // namespace
}  // namespace kvm_model::uapi
