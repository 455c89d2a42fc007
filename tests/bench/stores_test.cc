// The stores that are measured and need no package of their own, held to the store of one byte a
// page.
#include <cstddef>

#include "bench/peers/absl_btree_store.h"
#include "bench/peers/bitmap_store.h"
#include "bench/peers/byte_store.h"
#include "bench/peers/model_store.h"
#include "bench/peers/std_map_store.h"
#include "bench/peers/store.h"
#include "gtest/gtest.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "tests/bench/store_suite.h"

namespace kvm_model::bench {
namespace {

using Stores = testing::Types<ModelStore, AbslBtreeStore, StdMapStore, BitmapStore>;
INSTANTIATE_TYPED_TEST_SUITE_P(Stores, StoreTest, Stores, StoreName);

static_assert(AttributeStore<ByteStore>);

// With every second page private a tree holds each run, and after that, all shared, a node at most.
template <typename Store>
void ExpectMemoryToFollowRuns() {
  Store store(1000, 0);
  const std::size_t uniform = store.Bytes();
  for (PageIndex page = 0; page < 1000; page += 2) store.Set({page, page + 1}, kPrivate);
  EXPECT_GT(store.Bytes(), 999 * 2 * sizeof(PageIndex));
  store.Set({0, 1000}, 0);
  EXPECT_LE(store.Bytes(), uniform + 256);
}

TEST(BytesTest, ATreeHoldsWhatItsRunsNeed) {
  ExpectMemoryToFollowRuns<AbslBtreeStore>();
  ExpectMemoryToFollowRuns<StdMapStore>();
}

TEST(BytesTest, APageTakesABitOrAByte) {
  EXPECT_EQ(BitmapStore(1000, 0).Bytes(), 128U);
  EXPECT_EQ(ByteStore(1000, 0).Bytes(), 1000U);
}

}  // namespace
}  // namespace kvm_model::bench
