// XarrayStores: the kernel's xarray, which a VM's attributes are in (kvm->mem_attr_array). Peers
// that AttributeMap is measured against; MissingStores without Debian's package linux-source-6.12.
//
//   xarray_kvm   as KVM_SET_MEMORY_ATTRIBUTES sets: reserves each page, then stores each
//   xarray_xas   walks from page to page once
//
// One entry a private page: setting, going through runs and asking for a private range cost time
// that follows the pages. What surrounds the array favours it: see kernel/environment.h and
// kernel/memory.h. For the licence of a program with it see maple_store.h.
#ifndef KVM_MODEL_BENCH_PEERS_XARRAY_STORE_H_
#define KVM_MODEL_BENCH_PEERS_XARRAY_STORE_H_

#include "installed/linux_source.h"

#if KVM_MODEL_HAS_LINUX_SOURCE
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "bench/peers/kernel/run.h"
#include "bench/peers/kernel/xarray.h"
#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#endif

namespace kvm_model::bench {

#if KVM_MODEL_HAS_LINUX_SOURCE

// What the two have in common. `Variant` says kName and kTuned.
template <typename Variant>
class XarrayStore {
 public:
  static constexpr const char* kName = Variant::kName;
  static constexpr std::uint64_t kMaxPages = AttributeMap::kMaxPages;
  static constexpr bool kGoesByPage = true;

  XarrayStore(std::uint64_t pages, Attributes initial)
      : pages_(pages), array_(KernelXarrayCreate()) {
    if (initial != 0) Set({0, pages}, initial);
  }

  void Set(PageRange range, Attributes attributes) {
    if constexpr (Variant::kTuned) {
      KernelXarraySetTuned(array_.get(), range.start, range.end, attributes);
    } else {
      KernelXarraySet(array_.get(), range.start, range.end, attributes);
    }
  }
  Attributes Get(PageIndex page) const { return KernelXarrayGet(array_.get(), page); }
  bool RangeHas(PageRange range, Attributes attributes) const {
    return range.empty() || KernelXarrayRangeHas(array_.get(), range.start, range.end, attributes);
  }
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    KernelRun runs[64];
    while (!range.empty()) {
      const std::size_t count =
          KernelXarrayRuns(array_.get(), range.start, range.end, runs, std::size(runs));
      for (std::size_t i = 0; i < count; ++i) {
        visit(AttributeRun{{runs[i].start, runs[i].end}, runs[i].attributes});
      }
      range.start = runs[count - 1].end;
    }
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, pages_); }
  std::size_t Bytes() const { return KernelXarrayBytes(array_.get()); }
  bool CheckInvariants() const { return RunsAreInOrder(*this, pages_); }

 private:
  struct Destroy {
    void operator()(KernelXarray* array) const { KernelXarrayDestroy(array); }
  };

  std::uint64_t pages_;
  std::unique_ptr<KernelXarray, Destroy> array_;
};

#else

template <typename Variant>
struct XarrayStore {
  static constexpr const char* kName = Variant::kName;
  static constexpr const char* kMissingPackage = "linux-source-6.12";
};

#endif

struct XarrayKvm {
  static constexpr const char* kName = "xarray_kvm";
  static constexpr bool kTuned = false;
};
struct XarrayXas {
  static constexpr const char* kName = "xarray_xas";
  static constexpr bool kTuned = true;
};

using XarrayKvmStore = XarrayStore<XarrayKvm>;
using XarrayXasStore = XarrayStore<XarrayXas>;

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_XARRAY_STORE_H_
