// AttributeStore: what every store of memory attributes offers that is measured beside the others.
//
//   Store(pages, initial)      all of [0, pages) has `initial`; pages is in [1, kMaxPages]
//   Set(range, attributes)     gives the range's pages `attributes`; the range is not empty
//   Get(page)
//   RangeHas(range, a)         whether every page has exactly `a`; true for an empty range
//   ForEachRun(range, visit)   visit(const AttributeRun&) for each maximal run that meets the
//   range,
//                              in order, cut to it: the store's fastest way to go through runs.
//                              Nothing for an empty range
//   Runs()                     the runs of the whole file
//   Bytes()                    of memory that the store holds beside itself. It first lets go of
//   what
//                              is only waiting to be freed
//   CheckInvariants()          whether what it holds is in order: for tests, at any cost
//   kName                      what its measurements are called
//   kMaxPages                  the largest file that it can hold. Where no index limits it, what
//                              4 GiB of memory are enough for
//   kGoesByPage                where there is one, and true: a Set() takes time for each page, one
//   by
//                              one
//
// `attributes` are PRIVATE or 0, ranges within [0, pages). None of it is virtual, and what is
// measured can be inlined or is one call away. A store of a package that is not installed is a
// MissingStore.
#ifndef KVM_MODEL_BENCH_PEERS_STORE_H_
#define KVM_MODEL_BENCH_PEERS_STORE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

template <typename Store>
concept AttributeStore = std::constructible_from<Store, std::uint64_t, Attributes> &&
                         requires(Store& store, const Store& constant, PageRange range,
                                  Attributes attributes, void (&visit)(const AttributeRun&)) {
                           { store.Set(range, attributes) } -> std::same_as<void>;
                           { constant.Get(PageIndex{}) } -> std::same_as<Attributes>;
                           { constant.RangeHas(range, attributes) } -> std::same_as<bool>;
                           { constant.ForEachRun(range, visit) } -> std::same_as<void>;
                           { constant.Runs() } -> std::same_as<std::vector<AttributeRun>>;
                           { store.Bytes() } -> std::same_as<std::size_t>;
                           { constant.CheckInvariants() } -> std::same_as<bool>;
                           { Store::kName } -> std::convertible_to<const char*>;
                           { Store::kMaxPages } -> std::convertible_to<std::uint64_t>;
                         };

// Stands for a store whose package is not installed, so that a suite can say so.
template <typename Store>
concept MissingStore = requires {
  { Store::kName } -> std::convertible_to<const char*>;
  { Store::kMissingPackage } -> std::convertible_to<const char*>;
};

// Runs() of a store that has nothing better.
template <typename Store>
std::vector<AttributeRun> CollectRuns(const Store& store, std::uint64_t pages) {
  std::vector<AttributeRun> runs;
  store.ForEachRun({0, pages}, [&runs](const AttributeRun& run) { runs.push_back(run); });
  return runs;
}

// Whether the runs follow each other from the first page to the last and are maximal.
template <typename Store>
bool RunsAreInOrder(const Store& store, std::uint64_t pages) {
  AttributeRun last;
  bool in_order = true;
  store.ForEachRun({0, pages}, [&](const AttributeRun& run) {
    const bool differs = last.pages.empty() || run.attributes != last.attributes;
    in_order = in_order && !run.pages.empty() && run.pages.start == last.pages.end && differs;
    last = run;
  });
  return in_order && last.pages.end == pages;
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_PEERS_STORE_H_
