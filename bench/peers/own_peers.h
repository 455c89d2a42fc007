// The stores of attributes that need no package beside the project's own, as types.
#ifndef KVM_MODEL_BENCH_PEERS_OWN_PEERS_H_
#define KVM_MODEL_BENCH_PEERS_OWN_PEERS_H_

#include "bench/peers/absl_btree_store.h"
#include "bench/peers/bitmap_store.h"
#include "bench/peers/byte_store.h"
#include "bench/peers/model_store.h"
#include "bench/peers/std_map_store.h"

namespace kvm_model::bench {

// Calls visit.operator()<Store>() for each, the model first.
template <typename Visit>
void ForEachOwnPeer(Visit visit) {
  const auto visit_all = [&visit]<typename... Stores>() {
    (visit.template operator()<Stores>(), ...);
  };
  visit_all.template operator()<ModelStore, AbslBtreeStore, StdMapStore, BitmapStore, ByteStore>();
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_OWN_PEERS_H_
