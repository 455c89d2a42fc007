// Adds the cases that compare stores of attributes. `for_each_store` is such as ForEachPeer() of
// bench/peers/peers.h: it calls visit.operator()<Store>() for each.
//
// Before a store is timed it is brought to the workload's state, and what it says then is compared
// with the oracle; so are its state after a rehearsal of conversions, and its answers to every
// question. Subject `null` reads a workload's list and does nothing: what every time contains.
#ifndef KVM_MODEL_BENCH_SUITE_STORE_CASES_H_
#define KVM_MODEL_BENCH_SUITE_STORE_CASES_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/peers/store.h"
#include "bench/suite/stream.h"
#include "bench/suite/suite.h"
#include "bench/suite/workloads.h"
#include "benchmark/benchmark.h"
#include "kvm_model/attribute_map.h"
#include "kvm_model/page.h"

namespace kvm_model::bench {

// Whether a conversion touches each page, one by one.
template <typename Store>
concept GoesByPage = requires { requires Store::kGoesByPage; };

// Such a store is brought to no state of a larger file.
inline constexpr std::uint64_t kMostPagesByPage = std::uint64_t{1} << 24;

template <typename Store>
std::unique_ptr<Store> Build(const FileState& state) {
  auto store = std::make_unique<Store>(state.pages, 0);
  for (const PageRange& range : state.private_ranges) store->Set(range, kPrivate);
  return store;
}

template <typename Store>
std::uint64_t DigestOfRuns(const Store& store, std::uint64_t pages) {
  Digest digest;
  store.ForEachRun({0, pages}, [&digest](const AttributeRun& run) { digest.Add(run); });
  return digest.number();
}

inline void CountItems(benchmark::State& state, std::size_t items) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

// ---- Conversions ----

// A subject that has none of the pages' attributes.
class NullStore {
 public:
  static constexpr const char* kName = "null";
  void Set(PageRange range, Attributes attributes) {
    benchmark::DoNotOptimize(range.start);
    benchmark::DoNotOptimize(range.end);
    benchmark::DoNotOptimize(attributes);
  }
};

// A store in the middle of a stream.
template <typename Store>
class Player {
 public:
  Player(const Stream& stream, std::unique_ptr<Store> store)
      : stream_(stream), store_(std::move(store)) {}

  const Store& store() const { return *store_; }

  void PlayBatch() {
    Store& store = *store_;
    const std::uint64_t flip = flip_;
    const Operation* operation = stream_.operations.data() + at_;
    const Operation* const end = operation + stream_.batch;
    for (; operation != end; ++operation)
      store.Set(operation->range(), operation->attributes(flip));
    at_ += stream_.batch;
    if (at_ < stream_.operations.size()) return;
    at_ = 0;
    flip_ ^= stream_.alternates ? 1 : 0;
  }

 private:
  const Stream& stream_;
  std::unique_ptr<Store> store_;
  std::size_t at_ = 0;
  std::uint64_t flip_ = 0;
};

template <typename Store>
Measurement MeasurePlayer(std::shared_ptr<Player<Store>> player, std::size_t batch) {
  return {.run = [player = std::move(player), batch](benchmark::State& state) {
    for ([[maybe_unused]] const auto iteration : state) {
      player->PlayBatch();
      benchmark::ClobberMemory();
    }
    CountItems(state, batch);
  }};
}

template <typename Store>
std::expected<Measurement, std::string> MakeUpdates(const Stream& stream) {
  auto player = std::make_shared<Player<Store>>(stream, Build<Store>(stream.state));
  const auto digest = [&] { return DigestOfRuns(player->store(), stream.state.pages); };
  if (digest() != stream.digest_before) return std::unexpected("the first state is wrong");
  for (std::size_t done = stream.batch; done <= stream.rehearsed; done += stream.batch) {
    player->PlayBatch();
    if (done % stream.checked_every != 0) continue;
    if (digest() != stream.digests[done / stream.checked_every - 1]) {
      return std::unexpected(absl::StrFormat("wrong after %d conversions", done));
    }
  }
  return MeasurePlayer(std::move(player), stream.batch);
}

template <typename ForEachStore>
void AddUpdateCases(Suite& suite, ForEachStore for_each_store) {
  for (const NamedStream& named : UpdateStreams()) {
    const auto stream = std::make_shared<Shared<Stream>>([make = named.make] {
      Stream made = make();
      AskOracle(made);
      return made;
    });
    suite.Add(named.name, NullStore::kName, [stream] {
      return MeasurePlayer(
          std::make_shared<Player<NullStore>>(stream->Get(), std::make_unique<NullStore>()),
          stream->Get().batch);
    });
    for_each_store([&]<typename Store>() {
      if constexpr (AttributeStore<Store>) {
        if (GoesByPage<Store> && !named.suits_stores_by_page) return;
        if (named.pages > Store::kMaxPages) return;
        suite.Add(named.name, Store::kName, [stream] { return MakeUpdates<Store>(stream->Get()); });
      }
    });
  }
}

// ---- Questions ----

struct QuestionCase {
  FileState state = {};
  Questions any = {};
  Questions blocks = {};
  // What the oracle answers: to each question of the list by Get, by RangeHas, and of blocks.
  std::uint64_t gets = 0;
  std::uint64_t range_hases = 0;
  std::uint64_t block_hases = 0;
  std::uint64_t runs = 0;
};

inline QuestionCase MakeQuestionCase(FileState state) {
  QuestionCase made{.any = AnyQuestions(state.pages), .blocks = BlockQuestions(state.pages)};
  const Oracle oracle(state, {});
  Digest gets;
  Digest range_hases;
  Digest block_hases;
  for (const Operation& question : made.any) {
    gets.Add(oracle.Get(question.range().start));
    range_hases.Add(oracle.RangeHas(question.range(), question.attributes()));
  }
  for (const Operation& question : made.blocks) {
    block_hases.Add(oracle.RangeHas(question.range(), question.attributes()));
  }
  made.gets = gets.number();
  made.range_hases = range_hases.number();
  made.block_hases = block_hases.number();
  made.runs = oracle.DigestOfRuns();
  made.state = std::move(state);
  return made;
}

// Times `answer` for the whole list; what it answers must be what the oracle did.
template <typename Store, typename Answer>
std::expected<Measurement, std::string> MakeQuestions(std::shared_ptr<Store> store,
                                                      const Questions& questions,
                                                      std::uint64_t expected, Answer answer) {
  constexpr std::size_t kBatch = 1024;
  Digest digest;
  for (const Operation& question : questions) {
    digest.Add(static_cast<std::uint64_t>(answer(*store, question)));
  }
  if (digest.number() != expected) return std::unexpected("an answer is wrong");
  return Measurement{.run = [store, &questions, answer](benchmark::State& state) {
    std::size_t at = 0;
    std::uint64_t sum = 0;
    for ([[maybe_unused]] const auto iteration : state) {
      for (std::size_t i = at; i < at + kBatch; ++i) {
        sum += static_cast<std::uint64_t>(answer(*store, questions[i]));
      }
      at = (at + kBatch) % questions.size();
      benchmark::DoNotOptimize(sum);
    }
    CountItems(state, kBatch);
  }};
}

// Each question's page depends on the answer before.
template <typename Store>
Measurement MakeDependentGets(std::shared_ptr<Store> store, const QuestionCase& asked) {
  constexpr std::size_t kBatch = 1024;
  return {.run = [store, &asked](benchmark::State& state) {
    std::size_t at = 0;
    Attributes last = 0;
    const std::uint64_t mask = asked.state.pages - 1;
    for ([[maybe_unused]] const auto iteration : state) {
      for (std::size_t i = at; i < at + kBatch; ++i) {
        last = store->Get((asked.any[i].range().start + last) & mask);
      }
      at = (at + kBatch) % asked.any.size();
      benchmark::DoNotOptimize(last);
    }
    CountItems(state, kBatch);
  }};
}

template <typename Store>
std::expected<Measurement, std::string> MakeIteration(std::shared_ptr<Store> store,
                                                      const QuestionCase& asked) {
  if (DigestOfRuns(*store, asked.state.pages) != asked.runs) {
    return std::unexpected("the runs are wrong");
  }
  const auto runs = static_cast<std::size_t>(asked.state.RunCount());
  return Measurement{.run = [store, &asked, runs](benchmark::State& state) {
    std::uint64_t sum = 0;
    for ([[maybe_unused]] const auto iteration : state) {
      store->ForEachRun({0, asked.state.pages},
                        [&sum](const AttributeRun& run) { sum += run.pages.end ^ run.attributes; });
      benchmark::DoNotOptimize(sum);
    }
    CountItems(state, runs);
  }};
}

template <typename Store>
std::uint64_t AnswerGet(const Store& store, const Operation& question) {
  return store.Get(question.range().start);
}
template <typename Store>
bool AnswerRangeHas(const Store& store, const Operation& question) {
  return store.RangeHas(question.range(), question.attributes());
}

using SharedQuestions = std::shared_ptr<Shared<QuestionCase>>;

// `make` gets a store in the case's state, and the case.
template <typename Store, typename Make>
void AddQuestionCase(Suite& suite, std::string_view workload, std::string_view state_name,
                     const SharedQuestions& asked, Make make) {
  suite.Add(absl::StrFormat("%s/%s", workload, state_name), Store::kName,
            [asked, make]() -> std::expected<Measurement, std::string> {
              return make(std::shared_ptr<Store>(Build<Store>(asked->Get().state)), asked->Get());
            });
}

template <typename Store>
void AddQuestionCases(Suite& suite, std::string_view name, const SharedQuestions& asked) {
  using Made = std::shared_ptr<Store>;
  AddQuestionCase<Store>(suite, "W5", name, asked, [](Made store, const QuestionCase& on) {
    return MakeQuestions(std::move(store), on.any, on.gets, AnswerGet<Store>);
  });
  AddQuestionCase<Store>(suite, "W5L", name, asked, [](Made store, const QuestionCase& on) {
    return MakeDependentGets(std::move(store), on);
  });
  AddQuestionCase<Store>(suite, "W6", name, asked, [](Made store, const QuestionCase& on) {
    return MakeQuestions(std::move(store), on.any, on.range_hases, AnswerRangeHas<Store>);
  });
  AddQuestionCase<Store>(suite, "W6h", name, asked, [](Made store, const QuestionCase& on) {
    return MakeQuestions(std::move(store), on.blocks, on.block_hases, AnswerRangeHas<Store>);
  });
  AddQuestionCase<Store>(suite, "W7", name, asked, [](Made store, const QuestionCase& on) {
    return MakeIteration(std::move(store), on);
  });
}

template <typename ForEachStore>
void AddQuestionCases(Suite& suite, ForEachStore for_each_store) {
  for (const NamedState& named : QueryStates()) {
    const auto asked = std::make_shared<Shared<QuestionCase>>(
        [make = named.make] { return MakeQuestionCase(make()); });
    for_each_store([&]<typename Store>() {
      if constexpr (AttributeStore<Store>) AddQuestionCases<Store>(suite, named.name, asked);
    });
  }
  for (const NamedState& named : CurveQueryStates()) {
    const auto asked = std::make_shared<Shared<QuestionCase>>(
        [make = named.make] { return MakeQuestionCase(make()); });
    for_each_store([&]<typename Store>() {
      if constexpr (AttributeStore<Store> && !GoesByPage<Store>) {
        AddQuestionCase<Store>(suite, "curve_run_count_get", named.name, asked,
                               [](std::shared_ptr<Store> store, const QuestionCase& on) {
                                 return MakeQuestions(std::move(store), on.any, on.gets,
                                                      AnswerGet<Store>);
                               });
      }
    });
  }
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_STORE_CASES_H_
