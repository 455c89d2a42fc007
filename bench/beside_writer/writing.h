// Writings: what a writer does to a map without pause, and what can be asked of the map beside it.
//
// The map has 2^24 pages. The last 2^15 of them, the still pages, are never written: the first half
// of them is private, the rest shared. So what is asked of still pages alone has one right answer,
// whatever the writer does.
//
//   W1      single pages are toggled, 2^15 of them at random; half of all pages are private, by a
//           coin's toss each
//   W4      ranges of 1 to 2^18 pages, log-uniform, are set to random values
//   narrow  eight ranges of 1 to 2^18 pages are toggled, so that there are few runs and the map
//           stays in its narrow form
//
// A writing is a list of stores that is gone through again and again, drawn from a fixed seed.
#ifndef KVM_MODEL_BENCH_BESIDE_WRITER_WRITING_H_
#define KVM_MODEL_BENCH_BESIDE_WRITER_WRITING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

inline constexpr std::uint64_t kMapPages = std::uint64_t{1} << 24;
inline constexpr PageRange kStillPages = {kMapPages - (std::uint64_t{1} << 15), kMapPages};

enum class WriterKind : std::uint8_t { kW1, kW4, kNarrow };
std::string_view ToString(WriterKind kind);

// The ranges that are private before the first store, in order; all other pages are shared.
void ForEachPrivateRange(WriterKind kind, absl::FunctionRef<void(PageRange)> visit);

std::vector<AttributeRun> DrawStores(WriterKind kind);

// Something to ask about: some pages, and what all of them have, if they are still pages and alike.
struct Question {
  PageRange pages;
  std::optional<Attributes> answer;
};

// So many ranges of `pages` pages, at random; every sixteenth is of still pages.
std::vector<Question> DrawQuestions(std::size_t count, std::uint64_t pages);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_BESIDE_WRITER_WRITING_H_
