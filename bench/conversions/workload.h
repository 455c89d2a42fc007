// Workloads: the conversions that a benchmark times, drawn once, from a fixed seed.
//
// A round is a list of timed conversions, each of which changes the state, and the untimed ones
// that lead back to the state before, so that every round begins alike. What the file looks like
// before and after the timed conversions comes from a store of one byte a page.
//
//   uniform       [0, k * pages) is converted in ascending chunks, and then back: never more than
//                 three runs
//   every_second  in the first GiB every second page is private: 2^18 runs
//   random        in the first GiB each page is private or shared by a coin's toss: about 2^17 runs
//
// In the fragmented ones the timed chunks are drawn at random from that GiB, each at most once a
// round; the rest of the file is shared.
#ifndef KVM_MODEL_BENCH_CONVERSIONS_WORKLOAD_H_
#define KVM_MODEL_BENCH_CONVERSIONS_WORKLOAD_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

inline constexpr std::uint64_t kSeed = 4242;
inline constexpr std::uint64_t kFilePages = std::uint64_t{1} << 24;    // 64 GiB
inline constexpr std::uint64_t kWindowPages = std::uint64_t{1} << 18;  // 1 GiB
// Pages that are resident in a round with resident pages, over all of its conversions: 16 MiB.
inline constexpr std::uint64_t kResidentPages = 4096;

enum class Fragmentation : std::uint8_t { kUniform, kEverySecond, kRandom };
std::string_view ToString(Fragmentation fragmentation);

// Which way the timed conversions go.
enum class Direction : std::uint8_t { kBoth, kToShared };

struct Conversion {
  PageRange range;
  Attributes attributes = 0;
};

struct WorkloadSpec {
  Fragmentation fragmentation = Fragmentation::kUniform;
  std::uint64_t pages = 1;  // of each conversion: a power of two up to kWindowPages
  Direction direction = Direction::kBoth;
  friend bool operator==(const WorkloadSpec&, const WorkloadSpec&) = default;
};

struct Workload {
  std::vector<Conversion> timed;
  std::vector<Conversion> restore;
  // The whole file, as maximal runs.
  std::vector<AttributeRun> before;
  std::vector<AttributeRun> after;
  // In each distinct chunk that is converted, its first pages: kResidentPages of them together.
  std::vector<PageRange> resident;
};

Workload MakeWorkload(const WorkloadSpec& spec);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CONVERSIONS_WORKLOAD_H_
