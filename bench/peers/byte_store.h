// ByteStore: one byte a page, set where the page is private. Too simple to be wrong: the oracle
// that every other store is checked against.
//
// Every operation costs time that follows the pages of its range.
#ifndef KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_
#define KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

class ByteStore {
 public:
  // All of [0, pages) has `initial`: PRIVATE or 0, as everywhere here.
  ByteStore(std::uint64_t pages, Attributes initial) : bytes_(pages, initial != 0) {}

  void Set(PageRange range, Attributes attributes) {
    std::memset(bytes_.data() + range.start, attributes != 0, range.pages());
  }
  Attributes Get(PageIndex page) const {
    return bytes_[page] != 0 ? uapi::kMemoryAttributePrivate : 0;
  }
  bool RangeHas(PageRange range, Attributes attributes) const {
    for (PageIndex page = range.start; page < range.end; ++page) {
      if (Get(page) != attributes) return false;
    }
    return true;
  }
  std::vector<AttributeRun> Runs() const {
    std::vector<AttributeRun> runs;
    const std::uint8_t* const begin = bytes_.data();
    for (PageIndex start = 0; start < bytes_.size();) {
      const void* change = std::memchr(begin + start, 1 - begin[start], bytes_.size() - start);
      const PageIndex end =
          change == nullptr
              ? bytes_.size()
              : static_cast<PageIndex>(static_cast<const std::uint8_t*>(change) - begin);
      runs.push_back({{start, end}, Get(start)});
      start = end;
    }
    return runs;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_
