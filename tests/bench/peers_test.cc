// The peers that are made of packages which may be missing, held to the store of one byte a page.
// Skipped, with the package's name, where they are.
#include "bench/peers/peers.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/peers/icl_store.h"
#include "bench/peers/llvm_store.h"
#include "bench/peers/maple_store.h"
#include "bench/peers/roaring_store.h"
#include "bench/peers/store.h"
#include "bench/peers/xarray_store.h"
#include "gtest/gtest.h"
#include "kvm_model/page.h"
#include "tests/bench/store_suite.h"

namespace kvm_model::bench {
namespace {

using Peers = testing::Types<MapleRcuStore, MapleStore, MapleTunedRcuStore, MapleTunedStore,
                             XarrayKvmStore, XarrayXasStore, LlvmStore, IclStore, RoaringStore>;
INSTANTIATE_TYPED_TEST_SUITE_P(Peers, StoreTest, Peers, StoreName);

template <typename Store>
class PeerTest : public StoreTest<Store> {};
TYPED_TEST_SUITE(PeerTest, Peers, StoreName);

TYPED_TEST(PeerTest, KeepsLittleOfAFileThatIsUniformAgain) {
  if constexpr (AttributeStore<TypeParam>) {
    constexpr std::uint64_t kPages = 1U << 16;
    TypeParam store(kPages, 0);
    const std::size_t uniform = store.Bytes();
    for (PageIndex page = 0; page < kPages; page += 2) store.Set({page, page + 1}, kPrivate);
    const std::size_t fragmented = store.Bytes();
    EXPECT_GT(fragmented, uniform + kPages / 8 - 1);
    store.Set({0, kPages}, 0);
    // IntervalMap keeps its nodes for reuse.
    EXPECT_LE(store.Bytes(), TypeParam::kName == LlvmStore::kName ? fragmented : uniform + 64);
  }
}

TYPED_TEST(PeerTest, HoldsTheLargestFile) {
  if constexpr (AttributeStore<TypeParam>) {
    TypeParam store(TypeParam::kMaxPages, 0);
    const PageRange last{TypeParam::kMaxPages - 1, TypeParam::kMaxPages};
    store.Set(last, kPrivate);
    EXPECT_EQ(store.Get(last.start), kPrivate);
    EXPECT_TRUE(store.RangeHas({0, last.start}, 0));
    EXPECT_EQ(store.Runs().size(), 2U);
  }
}

TEST(MissingPeersTest, ALineForEachThatIsLeftOut) {
  const std::string missing = MissingPeers();
  ForEachPeer([&missing]<typename Store>() {
    const std::string start = std::string("peer ") + Store::kName + ": ";
    EXPECT_EQ(missing.find(start) != std::string::npos, MissingStore<Store>) << missing;
  });
}

}  // namespace
}  // namespace kvm_model::bench
