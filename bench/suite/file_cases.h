// Adds the cases about files as a whole:
//
//   W8    all of a file of 2^28 pages to the same attributes, which held 1e6 runs
//   W8a   one of the conversions that built those runs, in random order
//   W8u   all of a file of 2^28 pages, which has the other attributes throughout
//   W9    no time: the bytes a run that a store takes in a state, `bytes_per_run`, and `bytes`;
//         beside them the store itself is `object_bytes`. What only waits to be freed is freed
//         before
#ifndef KVM_MODEL_BENCH_SUITE_FILE_CASES_H_
#define KVM_MODEL_BENCH_SUITE_FILE_CASES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/peers/store.h"
#include "bench/suite/store_cases.h"
#include "bench/suite/stream.h"
#include "bench/suite/suite.h"
#include "bench/suite/workloads.h"
#include "benchmark/benchmark.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

// A state, and the digest of its runs as the oracle has them.
struct CheckedState {
  FileState state = {};
  std::uint64_t digest = 0;
};
using SharedState = std::shared_ptr<Shared<CheckedState>>;

template <typename Make>
SharedState ShareState(Make make) {
  return std::make_shared<Shared<CheckedState>>([make] {
    CheckedState checked{.state = make()};
    checked.digest = Oracle(checked.state, {}).DigestOfRuns();
    return checked;
  });
}

// As long as the iteration of `timed` takes.
template <typename Timed>
void TimeIteration(benchmark::State& state, Timed timed) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  timed();
  benchmark::ClobberMemory();
  state.SetIterationTime(std::chrono::duration<double>(Clock::now() - begin).count());
}

template <typename Store>
bool IsUniform(const Store& store, std::uint64_t pages, Attributes attributes) {
  Digest uniform;
  uniform.Add(AttributeRun{{0, pages}, attributes});
  return DigestOfRuns(store, pages) == uniform.number();
}

template <typename Store>
std::expected<Measurement, std::string> MakeFlips(const CheckedState& checked) {
  const auto run = [&checked](benchmark::State& state) {
    const PageRange whole{0, checked.state.pages};
    for ([[maybe_unused]] const auto iteration : state) {
      const auto store = Build<Store>(checked.state);
      TimeIteration(state, [&] { store->Set(whole, kPrivate); });
    }
    CountItems(state, 1);
  };
  const auto store = Build<Store>(checked.state);
  const std::uint64_t pages = checked.state.pages;
  if (DigestOfRuns(*store, pages) != checked.digest) return std::unexpected("built wrong");
  store->Set({0, pages}, kPrivate);
  if (!IsUniform(*store, pages, kPrivate)) return std::unexpected("the file isn't uniform");
  return Measurement{.run = run, .sets_time = true, .iterations = 2};
}

// Only timed: MakeFlips() checks the same.
template <typename Store>
Measurement MakeBuilds(const CheckedState& checked) {
  const auto run = [&checked](benchmark::State& state) {
    for ([[maybe_unused]] const auto iteration : state) {
      Store store(checked.state.pages, 0);
      TimeIteration(state, [&] {
        for (const PageRange& range : checked.state.private_ranges) store.Set(range, kPrivate);
      });
    }
    CountItems(state, checked.state.private_ranges.size());
  };
  return {.run = run, .sets_time = true, .iterations = 1};
}

template <typename Store>
std::expected<Measurement, std::string> MakeUniformFlips(std::uint64_t pages) {
  auto store = std::make_shared<Store>(pages, 0);
  for (const Attributes attributes : {kPrivate, Attributes{0}}) {
    store->Set({0, pages}, attributes);
    if (!IsUniform(*store, pages, attributes)) return std::unexpected("the file isn't uniform");
  }
  return Measurement{.run = [store, pages](benchmark::State& state) {
    constexpr std::size_t kBatch = 16;
    for ([[maybe_unused]] const auto iteration : state) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        store->Set({0, pages}, i % 2 == 0 ? kPrivate : 0);
        benchmark::ClobberMemory();
      }
    }
    CountItems(state, kBatch);
  }};
}

template <typename Store>
std::expected<Measurement, std::string> MakeMemory(const CheckedState& checked) {
  const auto store = Build<Store>(checked.state);
  const auto bytes = static_cast<double>(store->Bytes());
  if (DigestOfRuns(*store, checked.state.pages) != checked.digest) {
    return std::unexpected("built wrong");
  }
  const auto runs = static_cast<double>(checked.state.RunCount());
  return Measurement{.run =
                         [bytes, runs](benchmark::State& state) {
                           for ([[maybe_unused]] const auto iteration : state) {
                           }
                           state.counters["bytes"] = bytes;
                           state.counters["bytes_per_run"] = bytes / runs;
                           state.counters["object_bytes"] = sizeof(Store);
                           state.counters["runs"] = runs;
                         },
                     .iterations = 1};
}

template <typename ForEachStore>
void AddFileCases(Suite& suite, ForEachStore for_each_store) {
  const SharedState large = ShareState(WholeFileState);
  for_each_store([&]<typename Store>() {
    if constexpr (AttributeStore<Store> && !GoesByPage<Store>) {
      suite.Add("W8", Store::kName, [large] { return MakeFlips<Store>(large->Get()); });
      suite.Add("W8a", Store::kName, [large] { return MakeBuilds<Store>(large->Get()); });
      suite.Add("W8u", Store::kName,
                [large] { return MakeUniformFlips<Store>(large->Get().state.pages); });
    }
  });
}

template <typename ForEachStore>
void AddMemoryCases(Suite& suite, ForEachStore for_each_store) {
  for (const NamedState& named : MemoryStates()) {
    const SharedState shared = ShareState(named.make);
    for_each_store([&]<typename Store>() {
      if constexpr (AttributeStore<Store>) {
        if (named.pages > (GoesByPage<Store> ? kMostPagesByPage : Store::kMaxPages)) return;
        suite.Add(absl::StrFormat("W9/%s", named.name), Store::kName,
                  [shared] { return MakeMemory<Store>(shared->Get()); });
      }
    });
  }
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_FILE_CASES_H_
