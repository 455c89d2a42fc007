// ModelStore: kvm_model::AttributeMap with the operations of its peers.
//
// A set is a prepare and a commit at once. Memory is not short here.
#ifndef KVM_MODEL_BENCH_PEERS_MODEL_STORE_H_
#define KVM_MODEL_BENCH_PEERS_MODEL_STORE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class ModelStore {
 public:
  static constexpr const char* kName = "model";
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  ModelStore(std::uint64_t pages, Attributes initial) : map_(pages, initial) {}

  void Set(PageRange range, Attributes attributes) { (void)map_.Store(range, attributes); }
  Attributes Get(PageIndex page) const { return map_.Get(page); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return map_.RangeHas(range, attributes);
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    map_.ForEachRun(range, visit);
  }
  std::vector<AttributeRun> Runs() const { return map_.Runs(); }
  std::size_t Bytes() {
    map_.Trim();
    return map_.allocated_bytes();
  }
  bool CheckInvariants() const { return map_.CheckInvariants(); }

 private:
  AttributeMap map_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_MODEL_STORE_H_
