// ChunkEntry: what 512 pages have, each one of two values, in four bytes: the first page's value
// and up to three changes; or that it takes a leaf, of one bit a page, to say it.
//
//   pages 7 and 8 set:  first 0, changes at 7 and 9
#ifndef KVM_MODEL_KVM_MODEL_CHUNK_ENTRY_H_
#define KVM_MODEL_KVM_MODEL_CHUNK_ENTRY_H_

#include <array>
#include <cstdint>

namespace kvm_model {

class ChunkEntry {
 public:
  static constexpr std::uint64_t kPages = 512;
  static constexpr std::uint32_t kMostChanges = 3;

  explicit ChunkEntry(std::uint32_t bits) : bits_(bits) {}
  // The chunk's leaf says it; in a pool of leaves it has this index.
  static ChunkEntry WithLeaf(std::uint32_t index) { return ChunkEntry(kLeaf | index); }
  // `count` changes, ascending, each in [1, kPages), and `first` before the first one.
  static ChunkEntry WithChanges(bool first, const std::uint64_t* changes, std::uint32_t count) {
    std::uint32_t bits = kNoChange;
    for (std::uint32_t i = 0; i < count; ++i) {
      bits &= ~(kChangeMask << (i * kChangeBits));
      bits |= static_cast<std::uint32_t>(changes[i] - 1) << (i * kChangeBits);
    }
    return ChunkEntry(bits | (first ? kFirst : 0));
  }
  // Pages [start, end) have the value, of which there are some, and the others, of which there are
  // some too, haven't.
  static ChunkEntry WithRun(std::uint64_t start, std::uint64_t end, bool value) {
    const bool from_start = start == 0;
    const std::uint64_t one = from_start ? end : start;
    const std::uint64_t two = from_start ? kPages : end;
    return ChunkEntry((kChangeMask << (2 * kChangeBits)) |
                      static_cast<std::uint32_t>(two - 1) << kChangeBits |
                      static_cast<std::uint32_t>(one - 1) | (value == from_start ? kFirst : 0));
  }

  std::uint32_t bits() const { return bits_; }
  bool HasLeaf() const { return (bits_ & kLeaf) != 0; }
  std::uint32_t leaf_index() const { return bits_ & ~kLeaf; }

  // ---- Without a leaf ----

  bool first() const { return (bits_ & kFirst) != 0; }
  // kPages: there are no more.
  std::uint64_t Change(std::uint32_t i) const { return BeforeChange(i) + 1; }
  std::array<std::uint64_t, kMostChanges> Changes() const {
    return {Change(0), Change(1), Change(2)};
  }
  // Whether what the first page hasn't is one run that lies in [start, end).
  bool IsOneRunIn(std::uint64_t start, std::uint64_t end) const {
    return start <= Change(0) && Change(1) <= end && Change(2) == kPages;
  }
  bool At(std::uint64_t offset) const {
    return first() ^ (offset > BeforeChange(0)) ^ (offset > BeforeChange(1)) ^
           (offset > BeforeChange(2));
  }

 private:
  static constexpr std::uint32_t kLeaf = std::uint32_t{1} << 31;
  static constexpr std::uint32_t kFirst = std::uint32_t{1} << 27;
  static constexpr std::uint32_t kChangeBits = 9;
  static constexpr std::uint32_t kChangeMask = kPages - 1;
  static constexpr std::uint32_t kNoChange = kFirst - 1;

  std::uint64_t BeforeChange(std::uint32_t i) const {
    return bits_ >> (i * kChangeBits) & kChangeMask;
  }

  std::uint32_t bits_;
};

}  // namespace kvm_model

#endif  // KVM_MODEL_KVM_MODEL_CHUNK_ENTRY_H_
