// Rounds: runs a workload on a subject under Google Benchmark.
//
// A subject applies timed conversion i with Convert(i), and has Set, RangeHas, Runs and
// CheckInvariants for what is not timed. Before the clock starts, one round is rehearsed: each
// conversion must change what it is meant to change, and the whole file must look as the store of
// one byte a page says. After the last round the file must look as before the first. What fails
// any of it is an error, without a time.
//
// One iteration is one round. Only its timed conversions count: the steady clock is read before the
// first and after the last of them. A round of 262144 pages of a fragmented file is one conversion,
// so there the clock is read twice for each; `null` tells what that adds. Where the way back takes
// much longer than the round, as it does there, a repetition has as many rounds as fit in a fifth
// of a second with it, and else as many as fill the time that it is given.
#ifndef KVM_MODEL_BENCH_CONVERSIONS_ROUNDS_H_
#define KVM_MODEL_BENCH_CONVERSIONS_ROUNDS_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/conversions/workload.h"
#include "benchmark/benchmark.h"

namespace kvm_model::bench {

// Sets items_per_second (conversions) and pages_per_second.
inline void CountConversions(benchmark::State& state, const Workload& workload) {
  const auto conversions = static_cast<std::int64_t>(workload.timed.size());
  state.SetItemsProcessed(state.iterations() * conversions);
  const auto pages = static_cast<double>(workload.timed.front().range.pages());
  state.counters["pages_per_second"] = benchmark::Counter(
      static_cast<double>(state.iterations() * conversions) * pages, benchmark::Counter::kIsRate);
}

// Runs `timed` as the iterations of `state`, each followed by `untimed`.
template <typename Timed, typename Untimed>
void TimeRounds(benchmark::State& state, Timed timed, Untimed untimed) {
  using Clock = std::chrono::steady_clock;
  for ([[maybe_unused]] const auto iteration : state) {
    const Clock::time_point start = Clock::now();
    timed();
    benchmark::ClobberMemory();
    const Clock::time_point stop = Clock::now();
    state.SetIterationTime(std::chrono::duration<double>(stop - start).count());
    untimed();
  }
}

template <typename Subject>
void Restore(const Workload& workload, Subject& subject) {
  for (const Conversion& back : workload.restore) subject.Set(back.range, back.attributes);
  subject.RestoreContents();
}

// What is wrong with a round, or an empty string.
template <typename Subject>
std::string Rehearse(const Workload& workload, Subject& subject) {
  if (subject.Runs() != workload.before) return "the first state is wrong";
  for (std::size_t i = 0; i < workload.timed.size(); ++i) {
    const Conversion& conversion = workload.timed[i];
    if (subject.RangeHas(conversion.range, conversion.attributes)) return "nothing to convert";
    if (!subject.Convert(i)) return "a conversion failed";
    if (!subject.RangeHas(conversion.range, conversion.attributes)) return "nothing was converted";
  }
  if (subject.Runs() != workload.after) return "the state after a round is wrong";
  if (!subject.ContentsAreRight()) return "the bytes after a round are wrong";
  Restore(workload, subject);
  if (subject.Runs() != workload.before) return "a round doesn't lead back";
  return "";
}

// How many iterations a repetition is to have; 0: as many as the time asks for.
template <typename Subject>
std::int64_t CountIterations(const Workload& workload, Subject& subject) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < workload.timed.size(); ++i) subject.Convert(i);
  const Clock::duration timed = Clock::now() - start;
  Restore(workload, subject);
  const Clock::duration all = Clock::now() - start;
  if (all < 8 * timed) return 0;
  return std::max<std::int64_t>(1, std::chrono::milliseconds(200) / all);
}

// Runs rounds of a subject that was rehearsed.
template <typename Subject>
void RunRounds(benchmark::State& state, const Workload& workload, Subject& subject) {
  std::size_t converted = 0;
  TimeRounds(
      state,
      [&] {
        for (std::size_t i = 0; i < workload.timed.size(); ++i) converted += subject.Convert(i);
      },
      [&] { Restore(workload, subject); });
  CountConversions(state, workload);
  if (converted != workload.timed.size() * static_cast<std::size_t>(state.iterations())) {
    state.SkipWithError("a timed conversion failed");
  } else if (subject.Runs() != workload.before || !subject.CheckInvariants()) {
    state.SkipWithError("the last state is wrong");
  }
}

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_CONVERSIONS_ROUNDS_H_
