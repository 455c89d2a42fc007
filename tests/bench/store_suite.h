// The tests of a store of attributes, each holding it to the store of one byte a page. Instantiated
// with the stores of a test program:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Any, StoreTest, testing::Types<...>, StoreName);
//
// A store whose package is not installed is skipped.
#ifndef KVM_MODEL_TESTS_BENCH_STORE_SUITE_H_
#define KVM_MODEL_TESTS_BENCH_STORE_SUITE_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bench/peers/byte_store.h"
#include "bench/peers/store.h"
#include "gtest/gtest.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

inline constexpr std::uint64_t kSuiteSeed = 20240607;
inline constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

template <typename Store>
class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (MissingStore<Store>) GTEST_SKIP() << Store::kMissingPackage << " is missing";
  }
};

class StoreName {
 public:
  template <typename Store>
  static std::string GetName(int) {
    return Store::kName;
  }
};

inline std::string ToString(PageRange range) {
  return "[" + std::to_string(range.start) + ", " + std::to_string(range.end) + ")";
}

template <typename Store>
std::vector<AttributeRun> RunsIn(const Store& store, PageRange range) {
  std::vector<AttributeRun> runs;
  store.ForEachRun(range, [&runs](const AttributeRun& run) { runs.push_back(run); });
  return runs;
}

// Small and large ranges, many of them at the edges of the file and of 64 pages.
inline PageRange AnyRange(std::uint64_t pages, std::mt19937_64& random) {
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

// A range whose length is as likely to be 1 as to be between 2^k and 2^(k+1) for any k that the
// file has room for. The longest are the whole file.
inline PageRange LogUniformRange(std::uint64_t pages, std::mt19937_64& random) {
  const auto powers = static_cast<unsigned>(std::bit_width(pages));
  const std::uint64_t shortest = std::uint64_t{1} << random() % powers;
  const std::uint64_t length = std::min(pages, shortest + random() % shortest);
  const PageIndex start = random() % (pages - length + 1);
  return {start, start + length};
}

// What a store and the oracle answer to a set, and about some page and range, must be alike.
template <typename Store>
void SetAndCompare(Store& store, ByteStore& oracle, PageRange range, Attributes attributes,
                   std::uint64_t pages, std::mt19937_64& random) {
  ASSERT_EQ(store.RangeHas(range, attributes), oracle.RangeHas(range, attributes));
  if (!range.empty()) {
    store.Set(range, attributes);
    oracle.Set(range, attributes);
  }
  const PageIndex page = random() % pages;
  ASSERT_EQ(store.Get(page), oracle.Get(page)) << "page " << page;
  const PageRange asked = AnyRange(pages, random);
  ASSERT_EQ(store.RangeHas(asked, kPrivate), oracle.RangeHas(asked, kPrivate)) << ToString(asked);
  ASSERT_EQ(store.RangeHas(asked, 0), oracle.RangeHas(asked, 0)) << ToString(asked);
  ASSERT_EQ(RunsIn(store, asked), RunsIn(oracle, asked)) << ToString(asked);
}

// The store and the oracle after `steps` random sets, `any_range` at a time.
template <typename Store, typename AnyRange>
void CompareOn(std::uint64_t pages, Attributes initial, int steps, int steps_between_runs,
               AnyRange any_range) {
  SCOPED_TRACE(testing::Message() << pages << " pages, initially " << initial << ", seed "
                                  << kSuiteSeed);
  std::mt19937_64 random(kSuiteSeed + pages);
  Store store(pages, initial);
  ByteStore oracle(pages, initial);
  ASSERT_EQ(store.Runs(), oracle.Runs());
  for (int step = 0; step < steps; ++step) {
    const PageRange range = any_range(pages, random);
    const Attributes attributes = random() % 2 == 0 ? kPrivate : 0;
    SCOPED_TRACE(testing::Message()
                 << "step " << step << ": " << ToString(range) << " " << attributes);
    SetAndCompare(store, oracle, range, attributes, pages, random);
    if (testing::Test::HasFatalFailure()) return;
    if (step % steps_between_runs != 0) continue;
    ASSERT_EQ(store.Runs(), oracle.Runs());
    ASSERT_TRUE(store.CheckInvariants());
  }
}

// Whether the store answers each question about a file of few pages as the oracle does.
template <typename Store>
void CompareEveryAnswer(const Store& store, const ByteStore& oracle, std::uint64_t pages) {
  ASSERT_EQ(store.Runs(), oracle.Runs());
  ASSERT_TRUE(store.CheckInvariants());
  for (PageIndex start = 0; start < pages; ++start) {
    ASSERT_EQ(store.Get(start), oracle.Get(start)) << "page " << start;
    for (PageIndex end = start; end <= pages; ++end) {
      const PageRange range{start, end};
      ASSERT_EQ(store.RangeHas(range, 0), oracle.RangeHas(range, 0)) << ToString(range);
      ASSERT_EQ(store.RangeHas(range, kPrivate), oracle.RangeHas(range, kPrivate))
          << ToString(range);
      ASSERT_EQ(RunsIn(store, range), RunsIn(oracle, range)) << ToString(range);
    }
  }
}

// Makes page i private where bit i of `state` is set, and then sets the range.
template <typename Store>
void CompareFrom(std::uint64_t state, std::uint64_t pages, PageRange range, Attributes attributes) {
  Store store(pages, attributes);
  ByteStore oracle(pages, attributes);
  for (PageIndex page = 0; page < pages; ++page) {
    const Attributes wanted = (state >> page & 1) != 0 ? kPrivate : 0;
    store.Set({page, page + 1}, wanted);
    oracle.Set({page, page + 1}, wanted);
  }
  store.Set(range, attributes);
  oracle.Set(range, attributes);
  SCOPED_TRACE(testing::Message() << "state " << state << " of " << pages << " pages, set "
                                  << ToString(range) << " " << attributes);
  CompareEveryAnswer(store, oracle, pages);
}

TYPED_TEST_SUITE_P(StoreTest);

TYPED_TEST_P(StoreTest, EverySetInEveryStateOfAFewPages) {
  if constexpr (AttributeStore<TypeParam>) {
    for (const std::uint64_t pages : {1U, 2U, 3U, 7U}) {
      for (std::uint64_t state = 0; state < std::uint64_t{1} << pages; ++state) {
        for (PageIndex start = 0; start < pages; ++start) {
          for (PageIndex end = start + 1; end <= pages; ++end) {
            CompareFrom<TypeParam>(state, pages, {start, end}, 0);
            CompareFrom<TypeParam>(state, pages, {start, end}, kPrivate);
            if (this->HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TYPED_TEST_P(StoreTest, AnswersAsOneByteAPageDoes) {
  if constexpr (AttributeStore<TypeParam>) {
    for (const std::uint64_t pages : {1U, 2U, 63U, 64U, 65U, 200U, 1024U}) {
      for (const Attributes initial : {Attributes{0}, kPrivate}) {
        CompareOn<TypeParam>(pages, initial, 1500, 1, AnyRange);
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST_P(StoreTest, RangesOfAllLengths) {
  if constexpr (AttributeStore<TypeParam>) {
    CompareOn<TypeParam>((1U << 17) + 3, 0, 5000, 100, LogUniformRange);
  }
}

TYPED_TEST_P(StoreTest, ManySinglePagesAndTheirMerging) {
  if constexpr (AttributeStore<TypeParam>) {
    constexpr std::uint64_t kPages = 512;
    std::mt19937_64 random(kSuiteSeed);
    TypeParam store(kPages, 0);
    ByteStore oracle(kPages, 0);
    for (int step = 0; step < 4000; ++step) {
      const PageIndex page = random() % kPages;
      const Attributes toggled = oracle.Get(page) ^ kPrivate;
      store.Set({page, page + 1}, toggled);
      oracle.Set({page, page + 1}, toggled);
      ASSERT_EQ(store.Get(page), toggled) << "step " << step << ", seed " << kSuiteSeed;
    }
    EXPECT_EQ(store.Runs(), oracle.Runs()) << "seed " << kSuiteSeed;
    store.Set({0, kPages}, kPrivate);
    oracle.Set({0, kPages}, kPrivate);
    EXPECT_EQ(store.Runs(), oracle.Runs());
    EXPECT_TRUE(store.CheckInvariants());
  }
}

// Deep trees lose large parts at once: from the middle, from an edge, all.
TYPED_TEST_P(StoreTest, LargeSetsInAFragmentedFile) {
  if constexpr (AttributeStore<TypeParam>) {
    constexpr std::uint64_t kPages = 1U << 16;
    std::mt19937_64 random(kSuiteSeed);
    TypeParam store(kPages, 0);
    ByteStore oracle(kPages, 0);
    for (const PageRange range : {PageRange{0, kPages}, PageRange{kPages / 7, kPages / 2},
                                  PageRange{kPages / 3, kPages}, PageRange{0, kPages - 1}}) {
      for (PageIndex page = 0; page < kPages; ++page) {
        store.Set({page, page + 1}, page % 2 * kPrivate);
        oracle.Set({page, page + 1}, page % 2 * kPrivate);
      }
      ASSERT_EQ(store.Runs(), oracle.Runs());
      ASSERT_GE(store.Bytes(), kPages / 8);
      SetAndCompare(store, oracle, range, kPrivate, kPages, random);
      ASSERT_EQ(store.Runs(), oracle.Runs());
    }
    ASSERT_TRUE(store.CheckInvariants());
  }
}

REGISTER_TYPED_TEST_SUITE_P(StoreTest, EverySetInEveryStateOfAFewPages, AnswersAsOneByteAPageDoes,
                            RangesOfAllLengths, ManySinglePagesAndTheirMerging,
                            LargeSetsInAFragmentedFile);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_TESTS_BENCH_STORE_SUITE_H_
