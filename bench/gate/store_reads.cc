// The questions that a map answers. None changes it, so one map of each pattern serves them all.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/gate/operation.h"
#include "bench/gate/pattern.h"
#include "bench/gate/store_operations.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

// Made when an operation that asks it is first done.
using Map = std::shared_ptr<std::unique_ptr<const AttributeMap>>;

constexpr std::size_t kPlaces = 64;

// What is computed and not used would not be computed.
template <typename T>
void Keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// Pages all over the file, in no order: multiples of the golden ratio, modulo the file.
std::array<PageIndex, kPlaces> ScatteredPages(const Pattern& pattern) {
  std::array<PageIndex, kPlaces> pages{};
  const auto shift = 65 - static_cast<unsigned>(std::bit_width(pattern.pages));
  for (std::size_t i = 0; i < kPlaces; ++i) pages[i] = (i + 1) * 0x9e3779b97f4a7c15 >> shift;
  return pages;
}

class Reads {
 public:
  explicit Reads(const Pattern& pattern)
      : pattern_(pattern),
        map_(std::make_shared<Map::element_type>()),
        pages_(ScatteredPages(pattern)) {}

  void AppendTo(std::vector<Operation>& operations) {
    AppendQuestionsOfPages();
    AppendQuestionsOfRanges();
    AppendRuns();
    for (Operation& operation : operations_) operations.push_back(std::move(operation));
  }

 private:
  template <typename Ask>
  void Append(std::string_view what, Ask ask) {
    operations_.push_back({.name = absl::StrFormat("store/%s/%s", pattern_.name, what),
                           .before =
                               [map = map_, &pattern = pattern_] {
                                 if (*map == nullptr) *map = MakeMap(pattern);
                               },
                           .run = [map = map_, ask = std::move(ask)] { ask(**map); },
                           .bytes = [map = map_] { return (*map)->allocated_bytes(); }});
  }
  // Asks `ask(map, page)` of each page.
  template <typename Ask>
  void AppendOfPages(std::string_view what, Ask ask) {
    Append(what, [pages = pages_, ask](const AttributeMap& map) {
      for (const PageIndex page : pages) Keep(ask(map, page));
    });
  }
  // Whether the ranges have `attributes`.
  void AppendOfRanges(std::string_view what, std::vector<PageRange> ranges, Attributes attributes,
                      Attributes mask = ~Attributes{0}) {
    Append(what, [ranges = std::move(ranges), attributes, mask](const AttributeMap& map) {
      for (const PageRange& range : ranges) Keep(map.RangeHas(range, attributes, mask));
    });
  }

  void AppendQuestionsOfPages() {
    AppendOfPages("get", [](const AttributeMap& map, PageIndex page) { return map.Get(page); });
    AppendOfPages("mixed_block",
                  [](const AttributeMap& map, PageIndex page) { return map.MixedBlock(page); });
    AppendOfPages("run_containing", [](const AttributeMap& map, PageIndex page) {
      return map.RunContaining(page).pages.start;
    });
    AppendOfPages("next_change",
                  [](const AttributeMap& map, PageIndex page) { return map.NextChange(page); });
  }

  void AppendQuestionsOfRanges() {
    std::vector<PageRange> single;
    std::vector<PageRange> blocks;
    for (const PageIndex page : pages_) {
      const PageIndex block = page / AttributeMap::kBlockPages * AttributeMap::kBlockPages;
      single.push_back({page, page + 1});
      blocks.push_back({block, block + AttributeMap::kBlockPages});
    }
    std::vector<PageRange> gaps;   // which are 0
    std::vector<PageRange> mixed;  // from one run into the next, with the gap between them
    for (std::uint64_t i = 0; i + 1 < pattern_.runs && i < kPlaces; ++i) {
      gaps.push_back(pattern_.Gap(i));
      mixed.push_back({pattern_.Run(i).start, pattern_.Run(i + 1).end});
    }
    AppendOfRanges("range_has/page", single, 0);
    AppendOfRanges("range_has/2m", blocks, 0);
    AppendOfRanges("range_has/long", gaps, 0);
    AppendOfRanges("range_has/mixed", mixed, kPrivate);
    AppendOfRanges("range_has/file_masked", {{0, pattern_.pages}}, 0, Attributes{1} << 60);
  }

  void AppendRuns() {
    // Two runs a stride, the gap before a run and the run.
    const auto append = [this](std::string_view what, std::uint64_t strides) {
      if (strides > pattern_.runs) return;
      Append(what, [range = PageRange{0, strides * pattern_.stride}](const AttributeMap& map) {
        map.ForEachRun(range, [](const AttributeRun& run) { Keep(run.pages.end); });
      });
    };
    append("for_each_run/10", 5);
    append("for_each_run/1000", 500);
    Append("runs_in/4", [range = PageRange{0, 2 * pattern_.stride}](const AttributeMap& map) {
      Keep(map.RunsIn(range).size());
    });
  }

  const Pattern& pattern_;
  const Map map_;
  const std::array<PageIndex, kPlaces> pages_;
  std::vector<Operation> operations_;
};

}  // namespace

std::vector<Operation> StoreReadOperations() {
  std::vector<Operation> operations;
  for (const Pattern& pattern : Patterns()) Reads(pattern).AppendTo(operations);
  return operations;
}

}  // namespace kvm_model::bench
