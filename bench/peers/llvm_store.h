// LlvmStore: the private ranges of a file in an llvm::IntervalMap of half-open intervals, which
// merges touching ones; overwriting is done here, as it has none. A peer that AttributeMap is
// measured against; a MissingStore without Debian's package llvm-16-dev.
//
// Costs, with r runs and k runs inside the range: Get and RangeHas O(log r); Set O(log r + k). It
// keeps one attribute and not a word of them. Its memory grows only: emptied nodes are reused.
#ifndef KVM_MODEL_BENCH_PEERS_LLVM_STORE_H_
#define KVM_MODEL_BENCH_PEERS_LLVM_STORE_H_

#include "installed/llvm.h"

#if KVM_MODEL_HAS_LLVM

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "llvm/ADT/IntervalMap.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

// Any value stands for PRIVATE: a byte leaves the most room for intervals in a node.
using LlvmPrivateRanges =
    llvm::IntervalMap<PageIndex, std::uint8_t,
                      llvm::IntervalMapImpl::NodeSizer<PageIndex, std::uint8_t>::LeafSize,
                      llvm::IntervalMapHalfOpenInfo<PageIndex>>;

class LlvmStore {
 public:
  static constexpr const char* kName = "llvm_interval_map";
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;

  LlvmStore(std::uint64_t pages, Attributes initial) : pages_(pages), private_(nodes_) {
    Set({0, pages}, initial);
  }
  LlvmStore(const LlvmStore&) = delete;
  LlvmStore& operator=(const LlvmStore&) = delete;

  void Set(PageRange range, Attributes attributes) {
    if (attributes != 0) {
      Add(range);
    } else {
      Remove(range);
    }
  }
  Attributes Get(PageIndex page) const {
    return private_.lookup(page, 0) != 0 ? uapi::kMemoryAttributePrivate : 0;
  }
  bool RangeHas(PageRange range, Attributes attributes) const {
    if (range.empty()) return true;
    const auto it = private_.find(range.start);
    if (attributes == 0) return !it.valid() || it.start() >= range.end;
    return it.valid() && it.start() <= range.start && it.stop() >= range.end;
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    PageIndex page = range.start;
    for (auto it = private_.find(page); page < range.end && it.valid(); ++it) {
      const PageIndex start = std::clamp(it.start(), page, range.end);
      const PageIndex end = std::min(it.stop(), range.end);
      if (page < start) visit(AttributeRun{{page, start}, 0});
      if (start == range.end) return;
      visit(AttributeRun{{start, end}, uapi::kMemoryAttributePrivate});
      page = end;
    }
    if (page < range.end) visit(AttributeRun{{page, range.end}, 0});
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const;
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  void Add(PageRange range);
  void Remove(PageRange range);

  std::uint64_t pages_;
  LlvmPrivateRanges::Allocator nodes_;
  LlvmPrivateRanges private_;
};

}  // namespace kvm_model::bench

#else

namespace kvm_model::bench {

struct LlvmStore {
  static constexpr const char* kName = "llvm_interval_map";
  static constexpr const char* kMissingPackage = "llvm-16-dev";
};

}  // namespace kvm_model::bench

#endif

#endif  // KVM_MODEL_BENCH_PEERS_LLVM_STORE_H_
