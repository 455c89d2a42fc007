// What is asked of a map beside its writer, and which answers can be right.
//
// Each kind of question has
//   kPages          how many pages one is about
//   kCount          how many of them are drawn, and asked in one go
//   Ask(map, q)     asks, and says whether the answer can be right as far as that costs nothing:
//                   for what is timed
//   Check(map, q)   asks, and says whether the answer can be right as far as that can be known
#ifndef KVM_MODEL_BENCH_BESIDE_WRITER_QUESTIONS_H_
#define KVM_MODEL_BENCH_BESIDE_WRITER_QUESTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/beside_writer/writing.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"
#include "uapi/constants.h"

namespace kvm_model::bench {

struct GetQuestion {
  static constexpr std::string_view kName = "get";
  static constexpr std::uint64_t kPages = 1;
  static constexpr std::size_t kCount = 4096;

  template <typename Map>
  static bool Ask(const Map& map, const Question& question) {
    const Attributes word = map.Get(question.pages.start);
    if (question.answer.has_value()) return word == *question.answer;
    return word == 0 || word == uapi::kMemoryAttributePrivate;
  }
  template <typename Map>
  static bool Check(const Map& map, const Question& question) {
    return Ask(map, question);
  }
};

// Whether all of the pages are private.
struct RangeHasQuestion {
  static constexpr std::string_view kName = "range_has";
  static constexpr std::uint64_t kPages = 512;
  static constexpr std::size_t kCount = 4096;

  template <typename Map>
  static bool Ask(const Map& map, const Question& question) {
    const bool has = map.RangeHas(question.pages, uapi::kMemoryAttributePrivate);
    return !question.answer.has_value() || has == (*question.answer != 0);
  }
  template <typename Map>
  static bool Check(const Map& map, const Question& question) {
    return Ask(map, question);
  }
};

struct RunsInQuestion {
  static constexpr std::string_view kName = "runs_in";
  static constexpr std::uint64_t kPages = 512;
  static constexpr std::size_t kCount = 512;

  template <typename Map>
  static bool Ask(const Map& map, const Question& question) {
    const std::vector<AttributeRun> runs = map.RunsIn(question.pages);
    if (runs.empty() || runs.front().pages.start != question.pages.start) return false;
    if (runs.back().pages.end != question.pages.end) return false;
    return !question.answer.has_value() ||
           (runs.size() == 1 && runs.front().attributes == *question.answer);
  }
  // The runs are maximal and follow each other.
  template <typename Map>
  static bool Check(const Map& map, const Question& question) {
    if (!Ask(map, question)) return false;
    PageIndex end = question.pages.start;
    std::optional<Attributes> before;
    for (const AttributeRun& run : map.RunsIn(question.pages)) {
      if (run.pages.start != end || run.pages.empty() || run.attributes == before) return false;
      end = run.pages.end;
      before = run.attributes;
    }
    return end == question.pages.end;
  }
};

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_BESIDE_WRITER_QUESTIONS_H_
