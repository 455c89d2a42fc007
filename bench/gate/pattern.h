// Patterns: maps of attributes in known states, which the operations of the gate begin with.
//
//   few_runs     9 runs in 2^24 pages
//   many_runs    1001 runs, far apart, in 2^28 pages
//   sparse       2^20 pages, one private run in each 2 MiB; in every fourth 2 MiB three of them
//   dense        2^16 pages, every second one private
//   three_words  1001 runs of three words in 2^24 pages
//
// They say what the pages are, not which form the map takes for them: that is the map's to choose.
#ifndef KVM_MODEL_BENCH_GATE_PATTERN_H_
#define KVM_MODEL_BENCH_GATE_PATTERN_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

inline constexpr Attributes kPrivate = uapi::kMemoryAttributePrivate;
// A word that no kernel knows, as KVM_SET_MEMORY_ATTRIBUTES takes none but PRIVATE: a third one for
// the map.
inline constexpr Attributes kThirdWord = kPrivate | 1;

// Runs that aren't 0, each at the same place of its part of the file; the other pages are 0.
struct Pattern {
  std::string_view name;
  std::uint64_t pages = 0;
  std::uint64_t runs = 0;
  std::uint64_t stride = 0;  // pages from one run to the next
  std::uint64_t first = 0;   // of a run in its stride
  std::uint64_t length = 0;
  // Every second run has kThirdWord; else all have kPrivate.
  bool third_word = false;
  // In the strides of every fourth run there are two more runs, of a page each.
  bool extra_runs = false;

  PageRange Run(std::uint64_t i) const {
    const PageIndex start = i * stride + first;
    return {start, start + length};
  }
  Attributes WordOf(std::uint64_t i) const {
    return third_word && i % 2 != 0 ? kThirdWord : kPrivate;
  }
  // The pages behind a run, up to the next one or the file's end.
  PageRange Gap(std::uint64_t i) const {
    return {Run(i).end, i + 1 < runs ? Run(i + 1).start : pages};
  }
};

std::span<const Pattern> Patterns();
// Requires a name that there is.
const Pattern& PatternOf(std::string_view name);

// Stores, which can't fail here: the program ends if it does.
void MustStore(AttributeMap& map, PageRange range, Attributes attributes);

std::unique_ptr<AttributeMap> MakeMap(const Pattern& pattern);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_GATE_PATTERN_H_
