// What makes a map take another form, give memory back, begin and end.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/gate/operation.h"
#include "bench/gate/pattern.h"
#include "bench/gate/store_operations.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {
namespace {

// `run` gets a map that `make` made, and may destroy it.
Operation OfNewMap(std::string name, std::function<std::unique_ptr<AttributeMap>()> make,
                   std::function<void(std::unique_ptr<AttributeMap>&)> run) {
  const auto map = std::make_shared<std::unique_ptr<AttributeMap>>();
  return {.name = std::move(name),
          .before =
              [map, make = std::move(make)] {
                map->reset();
                *map = make();
              },
          .run = [map, run = std::move(run)] { run(*map); },
          .bytes = [map] { return *map == nullptr ? 0 : (*map)->allocated_bytes(); }};
}

void AppendEnds(const Pattern& pattern, std::vector<Operation>& operations) {
  operations.push_back(OfNewMap(
      absl::StrFormat("store/%s/build", pattern.name), [] { return nullptr; },
      [&pattern](std::unique_ptr<AttributeMap>& map) { map = MakeMap(pattern); }));
  operations.push_back(OfNewMap(
      absl::StrFormat("store/%s/destroy", pattern.name), [&pattern] { return MakeMap(pattern); },
      [](std::unique_ptr<AttributeMap>& map) { map.reset(); }));
  operations.push_back(OfNewMap(
      absl::StrFormat("store/%s/trim_when_uniform", pattern.name),
      [&pattern] {
        auto map = MakeMap(pattern);
        MustStore(*map, {0, pattern.pages}, 0);
        return map;
      },
      [](std::unique_ptr<AttributeMap>& map) { map->Trim(); }));
  // All runs but the last page's go: few are left, and the form may change.
  operations.push_back(OfNewMap(
      absl::StrFormat("store/%s/clear_all_but_a_page", pattern.name),
      [&pattern] {
        auto map = MakeMap(pattern);
        MustStore(*map, {pattern.pages - 1, pattern.pages}, kPrivate);
        return map;
      },
      [&pattern](std::unique_ptr<AttributeMap>& map) {
        MustStore(*map, {0, pattern.pages - 1}, 0);
      }));
  // Not in so many runs that it takes seconds.
  if (pattern.runs > 4096) return;
  operations.push_back(OfNewMap(
      absl::StrFormat("store/%s/another_word", pattern.name),
      [&pattern] { return MakeMap(pattern); },
      [&pattern](std::unique_ptr<AttributeMap>& map) {
        MustStore(*map, {pattern.pages - 1, pattern.pages}, kPrivate | 2);
      }));
}

// Private pages, far apart, as many as that.
std::unique_ptr<AttributeMap> MapOfPages(std::uint64_t pages, std::uint64_t stride,
                                         std::uint64_t count) {
  auto map = std::make_unique<AttributeMap>(pages, 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    MustStore(*map, {i * stride + 5, i * stride + 6}, kPrivate);
  }
  return map;
}

// A new map's form changes with the store of one page more than that.
std::uint64_t PagesBeforeAnotherForm(std::uint64_t pages, std::uint64_t stride) {
  AttributeMap map(pages, 0);
  const std::string_view form = map.form();
  for (std::uint64_t i = 0; i < pages / stride; ++i) {
    MustStore(map, {i * stride + 5, i * stride + 6}, kPrivate);
    if (map.form() != form) return i;
  }
  return pages / stride - 1;
}

// The store that is one too many for the form that a map begins with.
Operation GrowOutOfForm() {
  constexpr std::uint64_t kPages = std::uint64_t{1} << 20;
  constexpr std::uint64_t kStride = std::uint64_t{1} << 12;
  const std::uint64_t count = PagesBeforeAnotherForm(kPages, kStride);
  return OfNewMap(
      "store/form/too_many_runs", [count] { return MapOfPages(kPages, kStride, count); },
      [count](std::unique_ptr<AttributeMap>& map) {
        MustStore(*map, {count * kStride + 5, count * kStride + 6}, kPrivate);
      });
}

// Of three words two are left, and after many stores a Trim() finds that.
Operation TrimToTwoWords() {
  constexpr std::uint64_t kStores = 20'000;
  const Pattern& pattern = PatternOf("three_words");
  return OfNewMap(
      "store/form/trim_to_two_words",
      [&pattern] {
        auto map = MakeMap(pattern);
        for (std::uint64_t i = 1; i < pattern.runs; i += 2) {
          MustStore(*map, pattern.Run(i), kPrivate);
        }
        for (std::uint64_t i = 0; i < kStores; ++i) {
          MustStore(*map, {1, 2}, i % 2 == 0 ? kPrivate : 0);
        }
        return map;
      },
      [](std::unique_ptr<AttributeMap>& map) { map->Trim(); });
}

Operation CreateAndDestroy() {
  return {.name = "store/form/create_and_destroy",
          .run =
              [] {
                for (int i = 0; i < 64; ++i) {
                  const AttributeMap map(std::uint64_t{1} << 24, kPrivate);
                  asm volatile("" : : "r"(&map) : "memory");
                }
              },
          .bytes = [] { return AttributeMap(std::uint64_t{1} << 24, 0).allocated_bytes(); }};
}

}  // namespace

std::vector<Operation> StoreFormOperations() {
  std::vector<Operation> operations;
  for (const Pattern& pattern : Patterns()) AppendEnds(pattern, operations);
  operations.push_back(GrowOutOfForm());
  operations.push_back(TrimToTwoWords());
  operations.push_back(CreateAndDestroy());
  return operations;
}

}  // namespace kvm_model::bench
