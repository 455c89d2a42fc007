// Every store of attributes that is measured, as types: those whose package is not installed too,
// as MissingStores, so that a suite says what it leaves out.
//
//   ForEachPeer([]<typename Store>() {
//     if constexpr (AttributeStore<Store>) Measure<Store>();
//   });
//
// A program that uses this header links the kernel's code in where its source is installed: it must
// not be distributed (see maple_store.h).
#ifndef KVM_MODEL_BENCH_PEERS_PEERS_H_
#define KVM_MODEL_BENCH_PEERS_PEERS_H_

#include <string>

#include "bench/peers/absl_btree_store.h"
#include "bench/peers/bitmap_store.h"
#include "bench/peers/byte_store.h"
#include "bench/peers/icl_store.h"
#include "bench/peers/llvm_store.h"
#include "bench/peers/maple_store.h"
#include "bench/peers/model_store.h"
#include "bench/peers/roaring_store.h"
#include "bench/peers/std_map_store.h"
#include "bench/peers/store.h"
#include "bench/peers/xarray_store.h"

namespace kvm_model::bench {

// Calls visit.operator()<Store>() for each, the model first.
template <typename Visit>
void ForEachPeer(Visit visit) {
  const auto visit_all = [&visit]<typename... Stores>() {
    (visit.template operator()<Stores>(), ...);
  };
  visit_all.template
  operator()<ModelStore, MapleRcuStore, MapleStore, MapleTunedRcuStore, MapleTunedStore,
             XarrayKvmStore, XarrayXasStore, LlvmStore, AbslBtreeStore, StdMapStore, IclStore,
             RoaringStore, BitmapStore, ByteStore>();
}

// A line for each peer that is left out, such as "peer croaring: libroaring-dev is not installed".
inline std::string MissingPeers() {
  std::string missing;
  ForEachPeer([&missing]<typename Store>() {
    static_assert(AttributeStore<Store> || MissingStore<Store>);
    if constexpr (MissingStore<Store>) {
      missing += std::string("peer ") + Store::kName + ": " + Store::kMissingPackage +
                 " is not installed\n";
    }
  });
  return missing;
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_PEERS_H_
