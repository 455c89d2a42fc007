// MapleStores: the kernel's maple tree, which guest_memfd's in-place conversion keeps attributes
// in. Peers that AttributeMap is measured against; MissingStores without Debian's package
// linux-source-6.12.
//
//   maple_rcu, maple              the series' way to convert, in a tree with MT_FLAGS_USE_RCU, as
//                                 the series has it, and without
//   maple_tuned_rcu, maple_tuned  the same with as few walks as the tree's interface allows
//
// What surrounds the tree favours it: see kernel/environment.h and kernel/memory.h.
//
// The kernel's code is under the GPL, version 2. A program that it is linked into must not be
// distributed with this project, which is under another licence: build it and use it.
#ifndef KVM_MODEL_BENCH_PEERS_MAPLE_STORE_H_
#define KVM_MODEL_BENCH_PEERS_MAPLE_STORE_H_

#include "installed/linux_source.h"

#if KVM_MODEL_HAS_LINUX_SOURCE
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "bench/peers/kernel/maple.h"
#include "bench/peers/kernel/run.h"
#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#endif

namespace kvm_model::bench {

#if KVM_MODEL_HAS_LINUX_SOURCE

// What the four have in common. `Variant` says kName, kRcu and kTuned.
template <typename Variant>
class MapleTreeStore {
 public:
  static constexpr const char* kName = Variant::kName;
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  MapleTreeStore(std::uint64_t pages, Attributes initial)
      : pages_(pages), tree_(KernelMapleCreate(pages, initial, Variant::kRcu)) {}

  void Set(PageRange range, Attributes attributes) {
    if constexpr (Variant::kTuned) {
      KernelMapleConvertTuned(tree_.get(), range.start, range.end, attributes);
    } else {
      KernelMapleConvert(tree_.get(), range.start, range.end, attributes);
    }
  }
  Attributes Get(PageIndex page) const { return KernelMapleGet(tree_.get(), page); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return range.empty() || KernelMapleRangeHas(tree_.get(), range.start, range.end, attributes);
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    KernelRun runs[64];
    while (!range.empty()) {
      const std::size_t count =
          KernelMapleRuns(tree_.get(), range.start, range.end, runs, std::size(runs));
      for (std::size_t i = 0; i < count; ++i) {
        visit(AttributeRun{{runs[i].start, runs[i].end}, runs[i].attributes});
      }
      range.start = runs[count - 1].end;
    }
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return KernelMapleBytes(tree_.get()); }
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  struct Destroy {
    void operator()(KernelMaple* tree) const { KernelMapleDestroy(tree); }
  };

  std::uint64_t pages_;
  std::unique_ptr<KernelMaple, Destroy> tree_;
};

#else

template <typename Variant>
struct MapleTreeStore {
  static constexpr const char* kName = Variant::kName;
  static constexpr const char* kMissingPackage = "linux-source-6.12";
};

#endif

struct MapleRcu {
  static constexpr const char* kName = "maple_rcu";
  static constexpr bool kRcu = true;
  static constexpr bool kTuned = false;
};
struct Maple {
  static constexpr const char* kName = "maple";
  static constexpr bool kRcu = false;
  static constexpr bool kTuned = false;
};
struct MapleTunedRcu {
  static constexpr const char* kName = "maple_tuned_rcu";
  static constexpr bool kRcu = true;
  static constexpr bool kTuned = true;
};
struct MapleTuned {
  static constexpr const char* kName = "maple_tuned";
  static constexpr bool kRcu = false;
  static constexpr bool kTuned = true;
};

using MapleRcuStore = MapleTreeStore<MapleRcu>;
using MapleStore = MapleTreeStore<Maple>;
using MapleTunedRcuStore = MapleTreeStore<MapleTunedRcu>;
using MapleTunedStore = MapleTreeStore<MapleTuned>;

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_MAPLE_STORE_H_
