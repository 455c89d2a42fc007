#include "kvm_model/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace kvm_model {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr std::array<std::string_view, 4> kNames = {"hw.cpus", "hw.vendor", "kvm.tdp_mmu",
                                                    "CONFIG_PAGE_SHIFT"};

TEST(NearestTest, ATypingErrorFindsTheNameThatWasMeant) {
  EXPECT_THAT(Nearest("hw.cpu", kNames), Optional(Eq("hw.cpus")));
  EXPECT_THAT(Nearest("hw.vender", kNames), Optional(Eq("hw.vendor")));
  EXPECT_THAT(Nearest("CONFIG_PAGESHIFT", kNames), Optional(Eq("CONFIG_PAGE_SHIFT")));
}

TEST(NearestTest, SeveralAreNearestFirstAndEachOnce) {
  constexpr std::array<std::string_view, 5> kCalls = {"pin", "unpin", "pins", "mmap", "pin"};
  EXPECT_THAT(NearestFew("pims", kCalls, 3), ElementsAre("pins"));
  EXPECT_THAT(NearestFew("pins", kCalls, 3), ElementsAre("pins", "pin"));
  EXPECT_THAT(NearestFew("pins", kCalls, 1), ElementsAre("pins"));
  EXPECT_THAT(NearestFew("xyzzy", kCalls, 3), IsEmpty());
}

TEST(NearestTest, CaseDoesNotCount) {
  EXPECT_THAT(Nearest("config_page_shift", kNames), Optional(Eq("CONFIG_PAGE_SHIFT")));
}

TEST(NearestTest, SomethingElseEntirelyFindsNothing) {
  EXPECT_EQ(Nearest("xyzzy", kNames), std::nullopt);
  EXPECT_EQ(Nearest("", kNames), std::nullopt);
}

TEST(NearestTest, TwoLettersThatChangedPlacesAreOneMistake) {
  constexpr std::array<std::string_view, 2> kFormats = {"open", "form"};
  EXPECT_THAT(Nearest("fomr", kFormats), Optional(Eq("form")));
  constexpr std::array<std::string_view, 1> kShort = {"run"};
  EXPECT_THAT(Nearest("rnu", kShort), Optional(Eq("run")));
}

TEST(NearestTest, NothingIsLeftOfAShortName) {
  constexpr std::array<std::string_view, 1> kShort = {"a"};
  EXPECT_EQ(Nearest("b", kShort), std::nullopt);
}

TEST(NearestTest, ANameBeyond64BytesIsNoTypingMistake) {
  const std::string just(64, 'x');
  const std::string beyond(65, 'x');
  const std::array<std::string_view, 1> names = {just};
  EXPECT_THAT(Nearest(just, names), Optional(Eq(just)));
  EXPECT_EQ(Nearest(beyond, names), std::nullopt);
}

TEST(DidYouMeanTest, AsksOrSaysNothing) {
  EXPECT_EQ(DidYouMean("hw.cpu", kNames), "; did you mean hw.cpus?");
  EXPECT_EQ(DidYouMean("xyzzy", kNames), "");
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
