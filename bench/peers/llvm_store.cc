#include "bench/peers/llvm_store.h"

#if KVM_MODEL_HAS_LLVM

#include <algorithm>
#include <cstddef>

#include "kvm_model/page.h"
#include "llvm/ADT/IntervalMap.h"

namespace kvm_model::bench {
namespace {

// IntervalMap takes its nodes from an allocator whose type it fixes and which tells nobody how much
// it holds; its private member knows. An explicit instantiation may name a private member.
template <typename Nodes, typename Memory, Memory Nodes::* kMember>
struct PrivateMember {
  friend const Memory& MemoryOf(const Nodes& nodes) { return nodes.*kMember; }
};

using Nodes = LlvmPrivateRanges::Allocator;
const llvm::BumpPtrAllocator& MemoryOf(const Nodes& nodes);
template struct PrivateMember<Nodes, llvm::BumpPtrAllocator, &Nodes::Allocator>;

}  // namespace

void LlvmStore::Add(PageRange range) {
  auto it = private_.find(range.start);
  if (it.valid() && it.start() <= range.start && it.stop() >= range.end) return;
  while (it.valid() && it.start() < range.end) {
    range.start = std::min(range.start, it.start());
    range.end = std::max(range.end, it.stop());
    it.erase();
  }
  it.insert(range.start, range.end, 1);
}

void LlvmStore::Remove(PageRange range) {
  auto it = private_.find(range.start);
  if (!it.valid() || it.start() >= range.end) return;
  if (it.start() < range.start) {
    const PageIndex stop = it.stop();
    it.setStop(range.start);
    ++it;
    if (stop > range.end) {
      it.insert(range.end, stop, 1);
      return;
    }
  }
  while (it.valid() && it.stop() <= range.end) it.erase();
  if (it.valid() && it.start() < range.end) it.setStart(range.end);
}

std::size_t LlvmStore::Bytes() const { return MemoryOf(nodes_).getTotalMemory(); }

}  // namespace kvm_model::bench

#endif
