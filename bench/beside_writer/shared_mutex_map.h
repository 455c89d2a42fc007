// SharedMutexMap: an AttributeMap behind a std::shared_mutex, as one would keep it that knows
// nothing of readers beside the writer.
#ifndef KVM_MODEL_BENCH_BESIDE_WRITER_SHARED_MUTEX_MAP_H_
#define KVM_MODEL_BENCH_BESIDE_WRITER_SHARED_MUTEX_MAP_H_

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

class SharedMutexMap {
 public:
  SharedMutexMap(std::uint64_t pages, Attributes initial) : map_(pages, initial) {}

  bool Store(PageRange range, Attributes attributes) {
    const std::scoped_lock lock(mutex_);
    return map_.Store(range, attributes);
  }
  Attributes Get(PageIndex page) const {
    const std::shared_lock lock(mutex_);
    return map_.Get(page);
  }
  bool RangeHas(PageRange range, Attributes attributes) const {
    const std::shared_lock lock(mutex_);
    return map_.RangeHas(range, attributes);
  }
  std::vector<AttributeRun> RunsIn(PageRange range) const {
    const std::shared_lock lock(mutex_);
    return map_.RunsIn(range);
  }
  // These need the writer to be away.
  std::string_view form() const { return map_.form(); }
  bool CheckInvariants() const { return map_.CheckInvariants(); }

 private:
  mutable std::shared_mutex mutex_;
  AttributeMap map_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_BESIDE_WRITER_SHARED_MUTEX_MAP_H_
