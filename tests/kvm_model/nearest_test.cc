#include "kvm_model/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string_view>

namespace kvm_model {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr std::array<std::string_view, 4> kNames = {"hw.cpus", "hw.vendor", "kvm.tdp_mmu",
                                                    "CONFIG_PAGE_SHIFT"};

TEST(NearestTest, ATypingErrorFindsTheNameThatWasMeant) {
  EXPECT_THAT(Nearest("hw.cpu", kNames), Optional(Eq("hw.cpus")));
  EXPECT_THAT(Nearest("hw.vender", kNames), Optional(Eq("hw.vendor")));
  EXPECT_THAT(Nearest("CONFIG_PAGESHIFT", kNames), Optional(Eq("CONFIG_PAGE_SHIFT")));
}

TEST(NearestTest, CaseDoesNotCount) {
  EXPECT_THAT(Nearest("config_page_shift", kNames), Optional(Eq("CONFIG_PAGE_SHIFT")));
}

TEST(NearestTest, SomethingElseEntirelyFindsNothing) {
  EXPECT_EQ(Nearest("xyzzy", kNames), std::nullopt);
  EXPECT_EQ(Nearest("", kNames), std::nullopt);
}

TEST(NearestTest, WithoutCandidatesThereIsNone) { EXPECT_EQ(Nearest("hw.cpus", {}), std::nullopt); }

TEST(NearestTest, AnEmptyCandidateIsFarFromALongName) {
  constexpr std::array<std::string_view, 1> kEmpty = {""};
  EXPECT_EQ(Nearest("hw.cpus", kEmpty), std::nullopt);
}

TEST(NearestTest, TheFirstOfEquallyNearNamesIsTaken) {
  constexpr std::array<std::string_view, 2> kTwins = {"cat", "car"};
  EXPECT_THAT(Nearest("cab", kTwins), Optional(Eq("cat")));
}

}  // namespace
}  // namespace kvm_model
