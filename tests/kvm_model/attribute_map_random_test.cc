// Long random runs against the naive twin: at the bottom, and at the very top of the largest map.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "tests/kvm_model/attribute_map_twin.h"
#include "tests/kvm_model/btree_attribute_map.h"

namespace kvm_model {
namespace {

constexpr std::uint64_t kWindow = std::uint64_t{1} << 20;
constexpr int kStores = 100000;
constexpr int kFullComparisonEvery = 10000;

struct Place {
  std::uint64_t pages;
  // Stores happen in [start, start + kWindow).
  PageIndex start;
};

// Lengths of every magnitude: many short stores, and some that wipe out half the window.
PageRange RandomRange(std::mt19937_64& random) {
  const std::uint64_t longest = std::uint64_t{1} << random() % 20;
  const PageIndex start = random() % kWindow;
  return {start, std::min(kWindow, start + 1 + random() % longest)};
}

PageRange Shifted(PageRange range, PageIndex by) { return {range.start + by, range.end + by}; }

AttributeRun Shifted(AttributeRun run, PageIndex by) {
  return {Shifted(run.pages, by), run.attributes};
}

template <typename Map>
class AttributeMapRandomTest : public ::testing::Test {};

using Maps = ::testing::Types<AttributeMap, BtreeAttributeMap>;
TYPED_TEST_SUITE(AttributeMapRandomTest, Maps);

template <typename Map>
void MakeManyStores(const Place& place) {
  for (const std::uint64_t seed : {1u, 20260326u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Map map(place.pages, 8);
    AttributeMapTwin twin(kWindow, 8);
    for (int i = 0; i < kStores / 2; ++i) {
      const PageRange range = RandomRange(random);
      const Attributes attributes = random() % 3 * 8;
      auto store = map.Prepare(Shifted(range, place.start), attributes);
      ASSERT_TRUE(store.has_value());
      map.Commit(*std::move(store));
      twin.Store(range, attributes);

      const PageIndex page = random() % kWindow;
      ASSERT_EQ(map.Get(page + place.start), twin.Get(page)) << "store " << i;
      const PageRange asked = RandomRange(random);
      const Attributes value = twin.Get(asked.start);
      ASSERT_EQ(map.RangeHas(Shifted(asked, place.start), value),
                twin.RangeHas(asked, value, ~Attributes{0}))
          << "store " << i;
      ASSERT_TRUE(map.RangeHas(Shifted(range, place.start), attributes)) << "store " << i;
      if (i % kFullComparisonEvery != 0 && i != kStores / 2 - 1) continue;

      std::string why;
      ASSERT_TRUE(map.CheckInvariants(&why)) << why;
      std::vector<AttributeRun> expected = twin.RunsIn({0, kWindow});
      std::vector<AttributeRun> actual;
      map.ForEachRun(Shifted(PageRange{0, kWindow}, place.start),
                     [&](const AttributeRun& run) { actual.push_back(run); });
      for (AttributeRun& run : expected) run = Shifted(run, place.start);
      ASSERT_EQ(actual.size(), expected.size()) << "store " << i;
      ASSERT_TRUE(actual == expected) << "store " << i;
    }
  }
}

TYPED_TEST(AttributeMapRandomTest, ManyStoresAtTheBottomAnswerAsTheTwin) {
  MakeManyStores<TypeParam>({kWindow, 0});
}
TYPED_TEST(AttributeMapRandomTest, ManyStoresAtTheTopAnswerAsTheTwin) {
  MakeManyStores<TypeParam>({AttributeMap::kMaxPages, AttributeMap::kMaxPages - kWindow});
}

}  // namespace
}  // namespace kvm_model
