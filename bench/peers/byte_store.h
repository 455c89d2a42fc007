// ByteStore: one byte a page, set where the page is private. Too simple to be wrong: the oracle
// that every other store is checked against.
//
// Every operation costs time that follows the pages of its range.
#ifndef KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_
#define KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "bench/peers/store.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

class ByteStore {
 public:
  static constexpr const char* kName = "bytes";
  static constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 32;

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
  template <typename Visit>
  void ForEachRun(PageRange range, Visit visit) const {
    const std::uint8_t* const begin = bytes_.data();
    for (PageIndex start = range.start; start < range.end;) {
      const void* change = std::memchr(begin + start, 1 - begin[start], range.end - start);
      const PageIndex end =
          change == nullptr
              ? range.end
              : static_cast<PageIndex>(static_cast<const std::uint8_t*>(change) - begin);
      visit(AttributeRun{{start, end}, Get(start)});
      start = end;
    }
  }
  std::vector<AttributeRun> Runs() const { return CollectRuns(*this, bytes_.size()); }
  std::size_t Bytes() const { return bytes_.capacity(); }
  // Whether each byte is 0 or 1.
  bool CheckInvariants() const {
    return std::ranges::all_of(bytes_, [](std::uint8_t byte) { return byte <= 1; });
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_BYTE_STORE_H_
