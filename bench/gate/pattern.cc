#include "bench/gate/pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>

#include "kvm_model/attribute_map.h"
#include "kvm_model/attribute_run.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

constexpr std::uint64_t Power(unsigned exponent) { return std::uint64_t{1} << exponent; }

constexpr std::array<Pattern, 5> kPatterns = {{
    {.name = "few_runs",
     .pages = Power(24),
     .runs = 4,
     .stride = Power(22),
     .first = Power(20),
     .length = Power(19) + 3},
    {.name = "many_runs",
     .pages = Power(28),
     .runs = 500,
     .stride = Power(19),
     .first = Power(16),
     .length = Power(13) + 3},
    {.name = "sparse",
     .pages = Power(20),
     .runs = Power(11),
     .stride = Power(9),
     .first = 70,
     .length = 130,
     .extra_runs = true},
    {.name = "dense", .pages = Power(16), .runs = Power(15), .stride = 2, .first = 1, .length = 1},
    {.name = "three_words",
     .pages = Power(24),
     .runs = 500,
     .stride = Power(15),
     .first = Power(13),
     .length = Power(12) + 3,
     .third_word = true},
}};

}  // namespace

std::span<const Pattern> Patterns() { return kPatterns; }

const Pattern& PatternOf(std::string_view name) {
  return *std::ranges::find(kPatterns, name, &Pattern::name);
}

void MustStore(AttributeMap& map, PageRange range, Attributes attributes) {
  if (map.Store(range, attributes)) return;
  std::cerr << "A store found no memory\n";
  std::exit(1);
}

std::unique_ptr<AttributeMap> MakeMap(const Pattern& pattern) {
  auto map = std::make_unique<AttributeMap>(pattern.pages, 0);
  for (std::uint64_t i = 0; i < pattern.runs; ++i) {
    const PageRange run = pattern.Run(i);
    MustStore(*map, run, pattern.WordOf(i));
    if (!pattern.extra_runs || i % 4 != 0) continue;
    MustStore(*map, {run.end + 20, run.end + 21}, kPrivate);
    MustStore(*map, {run.end + 30, run.end + 31}, kPrivate);
  }
  return map;
}

}  // namespace kvm_model::bench
