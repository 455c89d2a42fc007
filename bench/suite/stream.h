// Streams: what a workload does to a store, drawn once from a seed, and what an oracle says of it.
//
// A stream is a state to begin with and a list of conversions that is gone through again and again.
// Where it `alternates`, each conversion converts to the other attributes in every second pass; so
// a list in which no page comes twice changes something with each conversion, for ever.
//
// The oracle keeps one byte for each stretch of pages between which no conversion and no run ever
// begins or ends. It is slow, and it is obvious.
#ifndef KVM_MODEL_BENCH_SUITE_STREAM_H_
#define KVM_MODEL_BENCH_SUITE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

inline constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;

// A conversion in 16 bytes, as reading it is part of what is timed.
class Operation {
 public:
  Operation(PageRange range, bool to_private)
      : start_(range.start), pages_and_bit_(range.pages() << 1 | (to_private ? 1 : 0)) {}
  PageRange range() const { return {start_, start_ + (pages_and_bit_ >> 1)}; }
  // PRIVATE or 0; the other one with flip = 1.
  Attributes attributes(std::uint64_t flip = 0) const {
    return ((pages_and_bit_ ^ flip) & 1) * kPrivate;
  }

 private:
  PageIndex start_;
  std::uint64_t pages_and_bit_;
};

// What the pages of a file have: private in these ranges, which don't touch, shared elsewhere. A
// store is brought to it by setting them in this order.
struct FileState {
  std::uint64_t pages = 0;
  std::vector<PageRange> private_ranges = {};

  std::uint64_t RunCount() const;
};

// Sums up a file's runs, or answers to questions, in one number.
class Digest {
 public:
  void Add(std::uint64_t value) { number_ = (number_ ^ value) * 0x9e3779b97f4a7c15 + 1; }
  void Add(const AttributeRun& run) {
    Add(run.pages.start);
    Add(run.pages.end);
    Add(run.attributes);
  }
  std::uint64_t number() const { return number_; }

 private:
  std::uint64_t number_ = 0;
};

struct Stream {
  FileState state = {};
  std::vector<Operation> operations = {};
  bool alternates = false;
  // How many conversions are timed together; a divisor of the list's length.
  std::size_t batch = 1024;
  // Gone through before the clock starts, and compared with the oracle; a multiple of `batch`.
  std::size_t rehearsed = 0;

  // ---- What the oracle says ----
  std::uint64_t digest_before = 0;
  // After each so many conversions, a divisor of `rehearsed`, what the runs' digest is.
  std::size_t checked_every = 0;
  std::vector<std::uint64_t> digests = {};
};

// Fills in what the oracle says.
void AskOracle(Stream& stream);

// The oracle itself, for questions about one state.
class Oracle {
 public:
  // `boundaries`: pages at which something may begin or end later on.
  Oracle(const FileState& state, std::vector<PageIndex> boundaries);
  void Set(PageRange range, Attributes attributes);
  Attributes Get(PageIndex page) const;
  bool RangeHas(PageRange range, Attributes attributes) const;
  std::uint64_t DigestOfRuns() const;

 private:
  std::size_t StretchOf(PageIndex page) const;

  std::uint64_t pages_;
  std::vector<PageIndex> starts_;  // of the stretches
  std::vector<bool> is_private_;
};

// Something that the subjects of a case share, made when the first of them asks.
template <typename T>
class Shared {
 public:
  explicit Shared(std::function<T()> make) : make_(std::move(make)) {}
  const T& Get() {
    if (!made_) made_.emplace(make_());
    return *made_;
  }

 private:
  std::function<T()> make_;
  std::optional<T> made_;
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_STREAM_H_
