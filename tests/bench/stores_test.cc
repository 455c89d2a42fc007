// Every store that is measured, held to the store of one byte a page.
#include <algorithm>
#include <cstdint>
#include <random>

#include "bench/peers/bitmap_store.h"
#include "bench/peers/byte_store.h"
#include "bench/peers/model_store.h"
#include "bench/peers/std_map_store.h"
#include "gtest/gtest.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t kSeed = 20240607;
constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

template <typename Store>
class StoreTest : public testing::Test {};

using Stores = testing::Types<ModelStore, StdMapStore, BitmapStore>;
TYPED_TEST_SUITE(StoreTest, Stores);

// Small and large ranges, many of them at the edges of the file and of 64 pages.
PageRange AnyRange(std::uint64_t pages, std::mt19937_64& random) {
  const auto edge = [&]() -> PageIndex {
    switch (random() % 4) {
      case 0:
        return random() % 2 == 0 ? 0 : pages;
      case 1:
        return std::min<PageIndex>(pages, random() % (pages / 64 + 1) * 64);
      default:
        return random() % (pages + 1);
    }
  };
  const PageIndex a = edge();
  const PageIndex b = random() % 2 == 0 ? edge() : std::min(pages, a + random() % 3);
  return {std::min(a, b), std::max(a, b)};
}

template <typename Store>
void CompareOn(std::uint64_t pages, Attributes initial, int steps) {
  SCOPED_TRACE(testing::Message() << pages << " pages, initially " << initial << ", seed "
                                  << kSeed);
  std::mt19937_64 random(kSeed + pages);
  Store store(pages, initial);
  ByteStore oracle(pages, initial);
  ASSERT_EQ(store.Runs(), oracle.Runs());
  for (int step = 0; step < steps; ++step) {
    const PageRange range = AnyRange(pages, random);
    const Attributes attributes = random() % 2 == 0 ? kPrivate : 0;
    ASSERT_EQ(store.RangeHas(range, attributes), oracle.RangeHas(range, attributes))
        << "step " << step << " [" << range.start << ", " << range.end << ")";
    if (range.empty()) continue;
    store.Set(range, attributes);
    oracle.Set(range, attributes);
    ASSERT_EQ(store.Runs(), oracle.Runs())
        << "step " << step << " [" << range.start << ", " << range.end << ") " << attributes;
    ASSERT_TRUE(store.CheckInvariants()) << "step " << step;
    const PageIndex page = random() % pages;
    ASSERT_EQ(store.Get(page), oracle.Get(page)) << "step " << step << " page " << page;
  }
}

TYPED_TEST(StoreTest, AnswersAsOneByteAPageDoes) {
  for (const std::uint64_t pages : {1U, 2U, 63U, 64U, 65U, 200U, 1024U}) {
    for (const Attributes initial : {Attributes{0}, kPrivate}) {
      CompareOn<TypeParam>(pages, initial, 1500);
    }
  }
}

TYPED_TEST(StoreTest, ManySinglePagesAndTheirMerging) {
  constexpr std::uint64_t kPages = 512;
  std::mt19937_64 random(kSeed);
  TypeParam store(kPages, 0);
  ByteStore oracle(kPages, 0);
  for (int step = 0; step < 4000; ++step) {
    const PageIndex page = random() % kPages;
    const Attributes toggled = oracle.Get(page) ^ kPrivate;
    store.Set({page, page + 1}, toggled);
    oracle.Set({page, page + 1}, toggled);
    ASSERT_EQ(store.Get(page), toggled) << "step " << step << ", seed " << kSeed;
  }
  EXPECT_EQ(store.Runs(), oracle.Runs()) << "seed " << kSeed;
  store.Set({0, kPages}, kPrivate);
  oracle.Set({0, kPages}, kPrivate);
  EXPECT_EQ(store.Runs(), oracle.Runs());
  EXPECT_TRUE(store.CheckInvariants());
}

}  // namespace
}  // namespace kvm_model::bench
